"""Inbound rows: recorded once for ever, claimed for answering, finished."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, func, or_, select, true, update

from smsgw.clock import OFFSET
from smsgw.messages import states, twice, unreadable
from smsgw.messages.rows import Answer, Arrival, InboundRow, Kind
from smsgw.messages.tables import contact, inbound, outbound, seen_id
from smsgw.store import Store, db_now
from smsgw.store.sql import dialect_of, each, given, insert, listed, spelled, those_of, unindexed

HOUR_MS = 3_600_000
REPLIES = (Kind.REPLY, Kind.APOLOGY)
LEASE_MS = 10_000  # answering calls nobody outside, so a claim this old belongs to a dead process


def record(store: Store, connection: Connection, arrivals: Sequence[Arrival]) -> None:
    """Insert what is new, numbered in the order given. Known ids and tombstones are left alone."""
    each(connection, _record(dialect_of(connection)), [_row(store, arrival) for arrival in arrivals])


@cache
def _record(dialect: str) -> Any:
    names = (
        *("carrier", "carrier_id", "from_phone", "to_phone", "body", "num_media", "opt_out_type", "source", "state"),
        "secret",
    )
    row = given(dialect, digest=seen_id.c.digest, **{name: inbound.c[name] for name in names})
    if dialect == "sqlite":
        arrived = select(*(row[name] for name in names), db_now(), db_now())
        return _unseen(dialect, names, arrived, row["digest"])
    # Numbered as they came, since a phone is answered in that order, but written in the order of their keys: two
    # processes that have the same messages in another order would wait for each other in a ring.
    number = func.nextval("inbound_id_seq", type_=inbound.c.id.type).label("id")
    came = select(number, *(value.label(name) for name, value in row.items())).subquery("came")
    arrived = select(came.c.id, *(came.c[name] for name in names), db_now(), db_now()).order_by(came.c.carrier_id)
    return _unseen(dialect, ("id", *names), arrived, came.c.digest)


def _unseen(dialect: str, names: Sequence[str], arrived: Any, digest: Any) -> Any:
    unseen = arrived.where(~exists().where(seen_id.c.digest == digest))
    added = insert(dialect, inbound).from_select([*names, "received_at", "next_attempt_at"], unseen)
    return added.on_conflict_do_nothing()


def _row(store: Store, arrival: Arrival) -> dict[str, Any]:
    return {
        "carrier": arrival.carrier,
        "carrier_id": arrival.carrier_id,
        "from_phone": arrival.from_phone,
        "to_phone": arrival.to_phone,
        "body": arrival.body,
        "num_media": arrival.num_media,
        "opt_out_type": arrival.opt_out_type,
        "source": arrival.source.value,
        "state": states.RECEIVED,
        "secret": arrival.secret,
        "digest": tombstone(store, arrival.carrier, arrival.carrier_id),
    }


def tombstone(store: Store, carrier: str, carrier_id: str) -> bytes:
    """The keyed hash that outlives a purged message, so that a replay of it is never answered.

    It is committed well before its message is deleted: a replay that comes meanwhile then finds one of them.
    """
    return store.cipher.digest(f"{carrier}:{carrier_id}")


def claim(connection: Connection, token: str, limit: int) -> list[InboundRow]:
    """Claim waiting rows under `token`, the oldest of each phone only, so that a phone is answered in order."""
    if dialect_of(connection) == "sqlite":  # whose claim cannot be read in the same statement
        taken = connection.scalars(_CLAIM, {"token": token, "limit": limit}).all()
        found = connection.execute(_CLAIMED, {"ids": taken}).all() if taken else []
    else:
        found = connection.execute(_CLAIM_AND_READ, {"token": token, "limit": limit}).all()
    return [InboundRow(*row) for row in found]


_earlier = inbound.alias("earlier")
_waiting = and_(
    inbound.c.state == spelled(states.RECEIVED),
    inbound.c.next_attempt_at <= db_now(),
    or_(inbound.c.claimed_at.is_(None), inbound.c.claimed_at < db_now() - LEASE_MS),
)
# Each looked up by itself: as a join, PostgreSQL may read all that waits for each row of a backlog.
_first_of_phone = (
    select(func.min(_earlier.c.id))
    .where(_earlier.c.from_phone == inbound.c.from_phone, _earlier.c.state == spelled(states.RECEIVED))
    .scalar_subquery()
)
_due = (
    select(inbound.c.id)
    .where(_waiting, inbound.c.id == _first_of_phone)
    .order_by(inbound.c.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True, of=inbound)
    .cte("due")
)
_TAKE = (
    update(inbound)
    .where(inbound.c.id.in_(select(_due.c.id)))
    .values(claim_token=bindparam("token"), claimed_at=db_now())
)
_CLAIM = _TAKE.returning(inbound.c.id)


def _replies_within(ms: int, to_phone: ColumnElement[str]) -> Any:
    # Exact without a lock: only the oldest waiting message of a phone is ever claimed.
    mine, lately = outbound.c.to_phone == to_phone, outbound.c.created_at > db_now() - ms
    kinds = or_(*(outbound.c.kind == spelled(kind.value) for kind in REPLIES))
    return select(func.count()).where(mine, lately, kinds).scalar_subquery()


def _read(row: Any) -> Any:
    """What an InboundRow is made of, from columns of the claimed rows."""
    return (
        select(
            row.id,
            row.carrier,
            row.from_phone,
            row.to_phone,
            row.body,
            row.num_media,
            row.opt_out_type,
            (db_now() - row.received_at).label("waited_ms"),
            row.attempts,
            contact.c.language,
            contact.c.opted_out_at.is_not(None),
            contact.c.locked_until,
            contact.c.offer,
            contact.c.offer_until,
            _replies_within(HOUR_MS, row.from_phone),
            _replies_within(24 * HOUR_MS, row.from_phone),
            row.secret,
            twice.follows(row),
            contact.c.blocked_at.is_not(None),
            OFFSET,
        )
        .outerjoin(contact, contact.c.phone == row.from_phone)
        .order_by(row.id)
    )


_CLAIMED = _read(inbound.c).where(inbound.c.id.in_(bindparam("ids", expanding=True)))
# A claim that a power cut takes back is only taken anew: PostgreSQL need not wait for the disk before it answers. What
# is committed after it waits, and brings it along.
_at_once = select(func.set_config("synchronous_commit", "off", true())).scalar_subquery().is_not(None)
_CLAIM_AND_READ = _read(_TAKE.where(_at_once).returning(inbound).cte("claimed").c)


def set_aside(connection: Connection, token: str) -> list[int]:
    """Put off what `claim` under `token` could not open; the ids of it."""
    return unreadable.set_aside(connection, inbound, _CLAIMED, _waiting, token)


def held(connection: Connection, token: str, ids: Iterable[int]) -> set[int]:
    """Which of these rows still wait under this claim, locked: another worker may have taken a late one over."""
    return set(connection.scalars(_held(dialect_of(connection)), {"token": token, "ids": [*ids]}))


@cache
def _held(dialect: str) -> Any:
    mine = unindexed(inbound.c.state) == spelled(states.RECEIVED), inbound.c.claim_token == bindparam("token")
    named = inbound.c.id.in_(select(listed(dialect, "ids").c.value))
    return select(inbound.c.id).where(named, *mine).with_for_update(of=inbound)


def finish(connection: Connection, answers: Sequence[Answer]) -> None:
    """Write the final state of answered rows and what is to be remembered of their phones. A PIN is not."""
    if not answers:
        return
    each(connection, _finish(dialect_of(connection)), [final_row(answer) for answer in answers])
    remembered = [_contact(answer) for answer in answers if _remembers(answer)]
    for values in remembered:
        statement = insert(dialect_of(connection), contact).values(**values, updated_at=db_now())
        changes = {**{k: v for k, v in values.items() if k != "phone"}, "updated_at": db_now()}
        connection.execute(statement.on_conflict_do_update(index_elements=[contact.c.phone], set_=changes))


@cache
def _finish(dialect: str) -> Any:
    return finishing(dialect, given(dialect, **FINAL))


def finishing(dialect: str, new: Mapping[str, ColumnElement[Any]]) -> Any:
    """The UPDATE that finishes the row named by each of these FINAL values."""
    values = {name: new[f"final_{name}"] for name in _FINAL}
    finished = update(inbound).where(those_of(dialect, inbound.c.id, new, "row_id"))
    return finished.values(**values, answered_at=db_now(), claim_token=None, secret=None)


_FINAL = ("state", "reason", "keyword", "folded", "number", "language")
FINAL: Final = {"row_id": inbound.c.id, **{f"final_{name}": inbound.c[name] for name in _FINAL}}
"""What differs between answered rows, and its types: what `final_row` gives."""


def final_row(answer: Answer) -> dict[str, Any]:
    """The FINAL values of an answer."""
    return {
        "row_id": answer.inbound_id,
        "final_state": answer.state,
        "final_reason": answer.reason,
        "final_keyword": answer.keyword,
        "final_folded": answer.folded,
        "final_number": answer.number,
        "final_language": answer.language,
    }


def is_plain(answer: Answer) -> bool:
    """Whether an answer changes nothing but its own row, and sends nothing but its reply."""
    return not (answer.effects or answer.used or answer.alerts or _remembers(answer))


def _remembers(answer: Answer) -> bool:
    changes = answer.set_language, answer.set_opted_out, answer.offer
    return answer.ends_offer or any(change is not None for change in changes)


def _contact(answer: Answer) -> dict[str, Any]:
    values: dict[str, Any] = {"phone": answer.phone}
    if answer.set_language is not None:
        values["language"] = answer.set_language
    if answer.set_opted_out is not None:
        values["opted_out_at"] = db_now() if answer.set_opted_out else None
    if answer.ends_offer or answer.offer is not None:
        values["offer"] = answer.offer
        values["offer_until"] = answer.offer_until if answer.offer is not None else None
    return values


def languages(connection: Connection, phones: Iterable[str]) -> dict[str, tuple[str | None, bool]]:
    """The chosen language of these phones, and whether they opted out or are blocked; unknown phones are left out."""
    silent = or_(contact.c.opted_out_at.is_not(None), contact.c.blocked_at.is_not(None))
    found = select(contact.c.phone, contact.c.language, silent)
    rows = connection.execute(found.where(contact.c.phone.in_(sorted(set(phones)))))
    return {phone: (language, bool(out)) for phone, language, out in rows}


def opt_out(connection: Connection, phones: Iterable[str]) -> None:
    """These phones have told a carrier to stop. When they did stays as it was where it is known. One statement."""
    rows = [{"stopped": phone} for phone in sorted(set(phones))]
    if rows:
        each(connection, _opt_out(dialect_of(connection)), rows)


@cache
def _opt_out(dialect: str) -> Any:
    now = {"opted_out_at": db_now(), "updated_at": db_now()}
    # "WHERE true": SQLite would take ON for a join's.
    row = select(given(dialect, stopped=contact.c.phone)["stopped"], *now.values()).where(true())
    new = insert(dialect, contact).from_select(["phone", *now], row)
    unknown = contact.c.opted_out_at.is_(None)
    return new.on_conflict_do_update(index_elements=[contact.c.phone], set_=now, where=unknown)


def lock(connection: Connection, phone: str, until_ms: int) -> None:
    """Personal questions of this phone are refused until then, by the gateway's clock."""
    values = {"locked_until": until_ms, "updated_at": db_now()}
    statement = insert(dialect_of(connection), contact).values(phone=phone, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=[contact.c.phone], set_=values))


def hold(connection: Connection, ids: Sequence[int], wait_ms: int, *, failed_try: bool) -> None:
    """Give claimed rows back, to be tried again after `wait_ms`; `failed_try` counts the attempt."""
    if ids:
        step = 1 if failed_try else 0
        connection.execute(
            update(inbound)
            .where(inbound.c.id.in_(ids), inbound.c.state == spelled(states.RECEIVED))
            .values(
                claim_token=None,
                claimed_at=None,
                attempts=inbound.c.attempts + step,
                next_attempt_at=db_now() + wait_ms,
            )
        )


def is_due(connection: Connection) -> bool:
    """Whether any inbound row waits to be answered now."""
    return bool(connection.scalar(select(exists().where(_waiting))))
