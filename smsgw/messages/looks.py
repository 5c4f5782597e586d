"""Looks: a message whose call ended in the dark is looked for in its carrier's list (reliability §4.3, rule 8)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, case, exists, func, literal_column, select, update

from smsgw.messages import events, states
from smsgw.messages.events import Step
from smsgw.messages.tables import STATUS_CHARS, outbound
from smsgw.store import db_now
from smsgw.store.sql import spelled

HOUR_MS: Final = 3_600_000
WAITS_MS: Final = (15_000, 45_000, 240_000)  # from look to look: 15 s, 60 s and 5 min after the call
TRIES: Final = len(WAITS_MS)  # looks without a find, after which a message is given up
LOOKS: Final = TRIES + 24  # an hourly one for a day, after that; tables.py has the number too
AGAIN_MS: Final = 60_000  # to a look that comes to nothing: the carrier is silent, or the looker died
EARLY_MS: Final = 5_000  # a carrier's clock may be behind the database's, and it tells whole seconds
LATE_MS: Final = 300_000  # a call ends within half a minute of its claim: what is this late is another's


@dataclass(frozen=True, slots=True)
class Look:
    """A row that is to be looked for. `claimed_at` is when its call was claimed, by the database's clock."""

    id: int
    carrier: str
    from_phone: str
    to_phone: str
    claimed_at: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A message in a carrier's list. `created_ms` is epoch milliseconds, by the carrier's clock."""

    carrier_id: str
    body: str
    status: str
    created_ms: int


@dataclass(frozen=True, slots=True)
class Settled:
    """The rows that were found, and those that were given up."""

    found: Sequence[int]
    given_up: Sequence[int]


_watched = and_(
    outbound.c.state.in_([spelled(states.UNKNOWN), spelled(states.FAILED_UNKNOWN)]),
    outbound.c.looks < literal_column(str(LOOKS)),
)
_due = and_(_watched, outbound.c.next_attempt_at <= db_now())
_given_up = outbound.c.state == spelled(states.FAILED_UNKNOWN)
_called_at = func.coalesce(outbound.c.claimed_at, outbound.c.created_at)


def is_due(connection: Connection) -> bool:
    """Whether any row is to be looked for now."""
    return bool(connection.scalar(select(exists().where(_due))))


def claim(connection: Connection, limit: int) -> list[Look]:
    """Rows whose look is due. Nobody else gets them for a while; commit before asking a carrier."""
    return [Look(*row) for row in connection.execute(_CLAIM, {"limit": limit})]


_first = (
    select(outbound.c.id)
    .where(_due)
    .order_by(outbound.c.next_attempt_at)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
    .cte("due")
)
_CLAIM = (
    update(outbound)
    .where(outbound.c.id.in_(select(_first.c.id)))
    .values(
        next_attempt_at=db_now() + case((_given_up, HOUR_MS), else_=AGAIN_MS),
        looks=outbound.c.looks + case((_given_up, 1), else_=0),  # an hourly look counts whatever comes of it
    )
    .returning(outbound.c.id, outbound.c.carrier, outbound.c.from_phone, outbound.c.to_phone, _called_at)
)


def settle(connection: Connection, looked: Sequence[Look], entries: Sequence[Entry]) -> Settled:
    """Lay what a carrier has over the rows of one pair of phones, of which `looked` were claimed.

    The oldest row takes the oldest entry of its text that no message of ours has. While another message of the same
    text is under way nobody can tell whose an entry is: the look comes to nothing and is made again.
    """
    rows = _open(connection, looked[0])
    under_way = {row.body for row in rows if row.state == states.SENDING}
    watched = sorted((row for row in rows if row.body not in under_way), key=lambda row: (row.called_at, row.id))
    found = _match(watched, _free(connection, looked[0].carrier, entries))
    _accept(connection, [row for row in watched if row.id in found], found)
    mine = {look.id for look in looked} - found.keys()
    missed = [row for row in watched if row.id in mine and row.state == states.UNKNOWN]
    return Settled([*found], _count(connection, missed))


_OPEN = (
    select(
        outbound.c.id,
        outbound.c.state,
        outbound.c.looks,
        outbound.c.body,
        _called_at.label("called_at"),
    )
    .where(
        outbound.c.carrier == bindparam("carrier"),
        outbound.c.from_phone == bindparam("from_phone"),
        outbound.c.to_phone == bindparam("to_phone"),
        outbound.c.state.in_([spelled(s) for s in (states.SENDING, states.UNKNOWN, states.FAILED_UNKNOWN)]),
        outbound.c.looks < literal_column(str(LOOKS)),
    )
    .order_by(outbound.c.id)
    .with_for_update()
)


def _open(connection: Connection, look: Look) -> Sequence[Any]:
    ends = {"carrier": look.carrier, "from_phone": look.from_phone, "to_phone": look.to_phone}
    return connection.execute(_OPEN, ends).all()


def _free(connection: Connection, carrier: str, entries: Sequence[Entry]) -> list[Entry]:
    """The entries that no message of ours has, oldest first."""
    ids = [entry.carrier_id for entry in entries]
    ours = select(outbound.c.carrier_id).where(outbound.c.carrier == carrier, outbound.c.carrier_id.in_(ids))
    known = set(connection.scalars(ours)) if ids else set()
    free = (entry for entry in entries if entry.carrier_id not in known)
    return sorted(free, key=lambda entry: (entry.created_ms, entry.carrier_id))


def _match(rows: Sequence[Any], free: list[Entry]) -> dict[int, Entry]:
    found: dict[int, Entry] = {}
    for row in rows:
        entry = next((entry for entry in free if _may_be(entry, row)), None)
        if entry is not None:
            found[row.id] = entry
            free.remove(entry)
    return found


def _may_be(entry: Entry, row: Any) -> bool:
    after = entry.created_ms - row.called_at
    return bool(entry.body == row.body and -EARLY_MS <= after <= LATE_MS)


def _accept(connection: Connection, rows: Sequence[Any], found: Mapping[int, Entry]) -> None:
    if rows:
        entries = ((row.id, found[row.id]) for row in rows)
        values = [
            {"row_id": i, "given": entry.carrier_id, "status": entry.status[:STATUS_CHARS]} for i, entry in entries
        ]
        connection.execute(_ACCEPT, values)
    for before in (states.UNKNOWN, states.FAILED_UNKNOWN):
        ids = [row.id for row in rows if row.state == before]
        events.add(connection, ids, "list", "found", Step(before, states.ACCEPTED))


_ACCEPT = (
    update(outbound)
    .where(outbound.c.id == bindparam("row_id"))
    .values(
        state=states.ACCEPTED,
        carrier_id=bindparam("given"),
        carrier_status=bindparam("status"),
        error_code=None,
        error_text=None,
        updated_at=db_now(),
    )
)


def _count(connection: Connection, rows: Sequence[Any]) -> list[int]:
    """Count a look that found nothing; the rows for which it was the last one."""
    if rows:
        connection.execute(_COUNT, [_counted(row) for row in rows])
    given_up = [row.id for row in rows if row.looks + 1 >= TRIES]
    events.add(connection, given_up, "list", "missing", Step(states.UNKNOWN, states.FAILED_UNKNOWN))
    return given_up


def _counted(row: Any) -> dict[str, Any]:
    looks = row.looks + 1
    if looks >= TRIES:
        return {"row_id": row.id, "count": looks, "after": states.FAILED_UNKNOWN, "wait_ms": HOUR_MS}
    return {"row_id": row.id, "count": looks, "after": states.UNKNOWN, "wait_ms": WAITS_MS[looks]}


_COUNT = (
    update(outbound)
    .where(outbound.c.id == bindparam("row_id"))
    .values(
        state=bindparam("after"),
        looks=bindparam("count"),
        next_attempt_at=db_now() + bindparam("wait_ms"),
        updated_at=db_now(),
    )
)
