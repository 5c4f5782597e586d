"""Outbound rows: queued once, claimed before the call, marked by its outcome."""

import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    not_,
    null,
    or_,
    select,
    update,
)

from smsgw.messages import events, looks, pacing, pauses, spending, states, unreadable
from smsgw.messages.events import Step
from smsgw.messages.reroutes import Leaving
from smsgw.messages.rows import LIFE_MS, PRIORITY, Draft, Kind, OutboundRow
from smsgw.messages.tables import CODE_CHARS, STATUS_CHARS, outbound
from smsgw.messages.terms import FREE, Terms
from smsgw.store import db_now
from smsgw.store.sql import dialect_of, each, given, insert_each, locked, spelled

MAX_ATTEMPTS = 14  # of a reply: at the longest waits between them it is too old before it comes to so many
LEASE_MS = 60_000  # longer than a job (30 s), which is longer than a call (3 s + 10 s)
HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Mark:
    """What a call made of a claimed row: its next state and what the carrier said, cut to what the columns hold."""

    outbound_id: int
    state: str
    carrier_id: str | None = None
    carrier_status: str | None = None
    error_code: str | None = None
    error_text: str | None = None
    wait_ms: int = 0
    begun: bool = True  # whether the call has begun: where it has not, it does not count as an attempt
    first: bool = False  # whether it was the first attempt, where the call has not begun
    refused_by: str | None = None  # the carrier, where it refuses our account
    leaving: Leaving | None = None  # where another carrier may take it
    opted_out: str | None = None  # the phone, where it has told the carrier to stop

    def __post_init__(self) -> None:
        if self.carrier_status is not None and len(self.carrier_status) > STATUS_CHARS:
            object.__setattr__(self, "carrier_status", self.carrier_status[:STATUS_CHARS])
        if self.error_code is not None and len(self.error_code) > CODE_CHARS:
            object.__setattr__(self, "error_code", self.error_code[:CODE_CHARS])

    @property
    def is_plain(self) -> bool:
        """Whether writing it changes nothing but its own row."""
        return not (self.first or self.refused_by or self.leaving or self.opted_out)


def queue(connection: Connection, drafts: Sequence[Draft]) -> list[OutboundRow]:
    """Queue messages. One that stands already (same inbound, kind, resend number) stays as it is. None is claimed."""
    if drafts:
        each(connection, _queue(dialect_of(connection)), [queued_row(draft) for draft in drafts])
    return []


def queue_claimed(
    connection: Connection, drafts: Sequence[Draft], token: str, terms: Terms = FREE
) -> list[OutboundRow]:
    """Queue messages that are claimed under `token` in the same step, for whoever sends them after the commit.

    It saves a claim of its own. A message that stands already stays as it is, and is not among the rows; nor is one
    whose carrier is paused, whose number has a pace, or for which the day has no room: it is queued, and waits.
    """
    if terms.paces:
        queue(connection, [draft for draft in drafts if draft.from_phone in terms.paced])
        drafts = [draft for draft in drafts if draft.from_phone not in terms.paced]
    if terms.per_day and drafts:
        return _queue_within(connection, drafts, token, terms.per_day)
    return _queue_claimed(connection, drafts, token)


def _queue_within(connection: Connection, drafts: Sequence[Draft], token: str, per_day: int) -> list[OutboundRow]:
    day = spending.today(connection)
    drafts = sorted(drafts, key=lambda draft: PRIORITY[draft.kind])
    room = max(0, per_day - day.sent)
    queue(connection, drafts[room:])
    claimed = _queue_claimed(connection, drafts[:room], token)
    spending.count(connection, day, len(claimed))
    return claimed


def _queue_claimed(connection: Connection, drafts: Sequence[Draft], token: str) -> list[OutboundRow]:
    if not drafts:
        return []
    rows = {row["new_callback_token"]: (row, draft) for draft in drafts for row in (queued_row(draft),)}
    dialect = dialect_of(connection)
    added = each(connection, _queue(dialect, claimed=True), [row for row, _ in rows.values()], token=token)
    if dialect == "sqlite":  # which returns nothing for many rows; nobody else can have added any meanwhile
        added = connection.execute(_NEWEST, {"token": token, "limit": len(drafts)})
    claimed = claimed_rows(added, token, {key: draft for key, (_, draft) in rows.items()})
    events.add(connection, [row.id for row in claimed], "claim", token, Step(states.QUEUED, states.SENDING))
    return claimed


def claimed_rows(added: Iterable[Any], token: str, drafts: Mapping[str, Draft]) -> list[OutboundRow]:
    """Those of the ADDED rows that are claimed under `token`; `drafts` by their callback token."""
    mine = sorted((row_id, key) for row_id, key, claim_token in added if claim_token == token)
    return [_claimed_row(row_id, key, drafts[key]) for row_id, key in mine]


def _claimed_row(row_id: int, callback_token: str, draft: Draft) -> OutboundRow:
    life_ms = LIFE_MS[draft.kind]
    return OutboundRow(row_id, draft.carrier, draft.from_phone, draft.to_phone, draft.body, callback_token, 1, life_ms)


@cache
def _queue(dialect: str, *, claimed: bool = False) -> Any:
    new = given(dialect, **GIVEN)
    statement = insert_each(dialect, outbound, queued_values(new, claimed=claimed))
    return statement.returning(*ADDED) if claimed and dialect != "sqlite" else statement


def queued_values(new: Mapping[str, ColumnElement[Any]], *, claimed: bool) -> dict[str, Any]:
    """The columns of a message that is queued with these GIVEN values; `claimed`: under the parameter `token`."""
    values: dict[str, Any] = {name: new[f"new_{name}"] for name in _GIVEN}
    values |= {name: db_now() for name in ("created_at", "updated_at", "next_attempt_at")}
    values |= {
        "expires_at": db_now() + new["life_ms"],
        "state": spelled(states.QUEUED),
        "resend_no": literal_column("0"),
    }
    if claimed:
        waits = pauses.stands(new["new_carrier"])
        values |= {"state": case((waits, spelled(states.QUEUED)), else_=spelled(states.SENDING))}
        values |= {"attempts": case((waits, literal_column("0")), else_=literal_column("1"))}
        values |= {"claimed_at": case((waits, null()), else_=db_now())}
        values |= {"claim_token": case((waits, null()), else_=bindparam("token", type_=outbound.c.claim_token.type))}
    return values


_GIVEN = (
    "inbound_id",
    "kind",
    "carrier",
    "from_phone",
    "to_phone",
    "body",
    "septets",
    "template",
    "language",
    "priority",
    "callback_token",
)
GIVEN: Final = {**{f"new_{name}": outbound.c[name] for name in _GIVEN}, "life_ms": outbound.c.expires_at}
"""What differs between messages to be queued, and its types: what `queued_row` gives."""
_last = select(func.max(outbound.c.id)).scalar_subquery()
ADDED: Final = outbound.c.id, outbound.c.callback_token, outbound.c.claim_token
_NEWEST = select(*ADDED).where(outbound.c.id > _last - bindparam("limit"), outbound.c.claim_token == bindparam("token"))


def queued_row(draft: Draft) -> dict[str, Any]:
    """The GIVEN values of a draft, its callback token among them."""
    return {
        "new_inbound_id": draft.inbound_id,
        "new_kind": draft.kind,
        "new_carrier": draft.carrier,
        "new_from_phone": draft.from_phone,
        "new_to_phone": draft.to_phone,
        "new_body": draft.body,
        "new_septets": draft.septets,
        "new_template": draft.template,
        "new_language": draft.language,
        "new_priority": PRIORITY[draft.kind],
        "life_ms": LIFE_MS[draft.kind],
        "new_callback_token": secrets.token_urlsafe(16),
    }


def told(connection: Connection, phones: Sequence[str], templates: Sequence[str]) -> Counter[tuple[str, str]]:
    """How often each of these templates went to each of these phones within the last hour."""
    columns = outbound.c.to_phone, outbound.c.template
    lately = outbound.c.created_at > db_now() - HOUR_MS
    found = select(*columns, func.count()).where(columns[0].in_(phones), columns[1].in_(templates), lately)
    rows = connection.execute(found.group_by(*columns))
    return Counter({(phone, template): count for phone, template, count in rows})


def claim(connection: Connection, token: str, limit: int, terms: Terms = FREE) -> list[OutboundRow]:
    """Claim due rows for sending under `token`, in order of priority. Commit before calling anyone."""
    if terms.per_day:
        return _claim_within(connection, token, limit, terms)
    return _claim_at_pace(connection, token, limit, terms)


def _claim_within(connection: Connection, token: str, limit: int, terms: Terms) -> list[OutboundRow]:
    day = spending.today(connection)
    limit, least = day.room(terms.per_day, limit)
    claimed = _claim_at_pace(connection, token, limit, terms, least=least) if limit else []
    spending.count(connection, day, sum(row.attempts == 1 for row in claimed))
    return claimed


def _claim_at_pace(
    connection: Connection, token: str, limit: int, terms: Terms, least: int = spending.EVERY
) -> list[OutboundRow]:
    rooms = pacing.rooms(connection, terms.paces)
    others = bool(rooms) and pacing.others_wait(connection, terms.paces)
    values = {"token": token, "limit": limit, **pacing.limits(rooms, terms.paces)}
    values |= {"least": least} if terms.per_day else {}
    rows = connection.execute(_claim(terms, others=others), values).all()
    if rooms:
        pacing.take(connection, rooms, (row.from_phone for row in rows))
    claimed = [OutboundRow(*row) for row in sorted(rows, key=lambda row: row.id)]
    events.add(connection, [row.id for row in claimed], "claim", token, Step(states.QUEUED, states.SENDING))
    return claimed


WORN_OUT: Final = and_(outbound.c.attempts >= MAX_ATTEMPTS, outbound.c.priority <= PRIORITY[Kind.REPLY])
"""Whether a row was tried often enough. What nobody asked for waits as long as it lives, whatever a carrier does."""

_waiting = and_(
    outbound.c.state == spelled(states.QUEUED),
    outbound.c.next_attempt_at <= db_now(),
    outbound.c.expires_at > db_now(),
    not_(WORN_OUT),
    pauses.allows(outbound.c.id, outbound.c.carrier),
)


def _first(waiting: ColumnElement[bool]) -> CTE:
    found = select(outbound.c.id).where(waiting).order_by(outbound.c.priority, outbound.c.id)
    return found.limit(bindparam("limit")).with_for_update(skip_locked=True).cte("due")


@cache
def _claim(terms: Terms, *, others: bool) -> Any:
    waiting = and_(_waiting, terms.by_the_hour())
    if terms.per_day:
        waiting = and_(waiting, outbound.c.priority <= bindparam("least"))
    due = pacing.due(waiting, terms.paces, others=others) if terms.paces else _first(waiting)
    return (
        update(outbound)
        .where(outbound.c.id.in_(select(due.c.id)))
        .values(
            state=states.SENDING,
            claim_token=bindparam("token"),
            claimed_at=db_now(),
            attempts=outbound.c.attempts + 1,
            updated_at=db_now(),
        )
        .returning(
            outbound.c.id,
            outbound.c.carrier,
            outbound.c.from_phone,
            outbound.c.to_phone,
            outbound.c.body,
            outbound.c.callback_token,
            outbound.c.attempts,
            (outbound.c.expires_at - db_now()).label("expires_in_ms"),
        )
    )


def set_aside(connection: Connection, token: str) -> list[int]:
    """Put off what `claim` under `token` could not open; the ids of it."""
    sealed = outbound.c.from_phone, outbound.c.to_phone, outbound.c.body
    read = select(*sealed).where(outbound.c.id.in_(bindparam("ids", expanding=True)))
    return unreadable.set_aside(connection, outbound, read, _waiting, token)


def mark(connection: Connection, token: str, marks: Sequence[Mark]) -> None:
    """Write the outcomes of calls made under claim `token`.

    A callback may have overtaken the call's own answer: then the state stays as high as it is and
    only the carrier's id is filled in. A lost lease does not lose an acceptance either.
    """
    if marks:
        rows = [_mark_row(m) for m in sorted(marks, key=lambda m: m.outbound_id)]
        dialect = dialect_of(connection)
        for statement in _mark(dialect):
            each(connection, statement, rows, token=token, cause_key=f"call:{token}")


# Spelled out: an expanding IN cannot be used with a list of parameters.
_open = or_(*(outbound.c.state == spelled(state) for state in (states.SENDING, states.UNKNOWN, states.FAILED_UNKNOWN)))


@cache
def _mark(dialect: str) -> tuple[Any, ...]:
    """What writes the outcomes and tells of them: two statements, or one that does both where there is such a thing."""
    new = given(
        dialect,
        row_id=outbound.c.id,
        new_state=outbound.c.state,
        new_carrier_id=outbound.c.carrier_id,
        new_status=outbound.c.carrier_status,
        new_error_code=outbound.c.error_code,
        new_error_text=outbound.c.error_text,
        wait_ms=outbound.c.next_attempt_at,
        unbegun=outbound.c.attempts,
    )
    accepted = new["new_state"] == spelled(states.ACCEPTED)
    write = (
        update(outbound)
        .where(outbound.c.id == new["row_id"], outbound.c.claim_token == bindparam("token"))
        .where(or_(outbound.c.state == spelled(states.SENDING), accepted))
        .values(
            state=case((_open, new["new_state"]), else_=outbound.c.state),
            carrier_id=func.coalesce(outbound.c.carrier_id, new["new_carrier_id"]),
            carrier_status=func.coalesce(outbound.c.carrier_status, new["new_status"]),
            error_code=case((_open, new["new_error_code"]), else_=outbound.c.error_code),
            error_text=case((_open, new["new_error_text"]), else_=outbound.c.error_text),
            next_attempt_at=db_now() + new["wait_ms"],
            attempts=outbound.c.attempts - new["unbegun"],
            updated_at=db_now(),
        )
    )
    if dialect != "sqlite":
        write = write.where(outbound.c.id == locked(new, outbound.c.id, "row_id").c.row_id)
    tell = events.each_of(dialect, "call", new["row_id"], states.SENDING, new["new_state"], new["new_error_code"])
    return (write, tell) if dialect == "sqlite" else (tell.add_cte(write.cte("written")),)


def _mark_row(m: Mark) -> dict[str, Any]:
    return {
        "row_id": m.outbound_id,
        "new_state": m.state,
        "new_carrier_id": m.carrier_id,
        "new_status": m.carrier_status,
        "new_error_code": m.error_code,
        "new_error_text": m.error_text,
        "wait_ms": looks.WAITS_MS[0] if m.state == states.UNKNOWN else m.wait_ms,
        "unbegun": int(not m.begun),
    }


def is_due(connection: Connection, terms: Terms = FREE) -> bool:
    """Whether any outbound row waits to be sent now."""
    return bool(connection.scalar(select(exists().where(_waiting, terms.by_the_hour()))))


def wait_ms(connection: Connection, terms: Terms) -> int | None:
    """Until what waits for its number's pace may be claimed; None where nothing does."""
    if terms.per_day and spending.sent_today(connection) >= terms.per_day:
        return None
    return pacing.wait_ms(connection, and_(_waiting, terms.by_the_hour()), terms.paces)
