"""Inbound rows: recorded once for ever, claimed for answering, finished."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, and_, bindparam, exists, func, or_, select, update

from smsgw.messages import states
from smsgw.messages.rows import Answer, Arrival, InboundRow, Kind
from smsgw.messages.tables import contact, inbound, outbound, seen_id
from smsgw.store import Store, db_now
from smsgw.store.sql import dialect_of, each, given, insert, listed, spelled

HOUR_MS = 3_600_000
REPLIES = (Kind.REPLY.value, Kind.APOLOGY.value)
LEASE_MS = 10_000  # answering calls nobody outside, so a claim this old belongs to a dead process


def record(store: Store, connection: Connection, arrivals: Sequence[Arrival]) -> None:
    """Insert what is new. Known ids and tombstones are left alone."""
    rows = [_row(store, arrival) for arrival in sorted(arrivals, key=lambda a: a.carrier_id)]
    each(connection, _record(dialect_of(connection)), rows)


@cache
def _record(dialect: str) -> Any:
    names = (
        *("carrier", "carrier_id", "from_phone", "to_phone", "body", "num_media", "opt_out_type", "source", "state"),
        "secret",
    )
    row = given(dialect, digest=seen_id.c.digest, **{name: inbound.c[name] for name in names})
    unseen = ~exists().where(seen_id.c.digest == row["digest"])
    arrived = select(*(row[name] for name in names), db_now(), db_now()).where(unseen)
    return (
        insert(dialect, inbound)
        .from_select([*names, "received_at", "next_attempt_at"], arrived)
        .on_conflict_do_nothing()
    )


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

    It is committed before its message is deleted: a replay that comes between the two then finds one of them.
    """
    return store.cipher.digest(f"{carrier}:{carrier_id}")


def claim(connection: Connection, token: str, limit: int) -> list[InboundRow]:
    """Claim waiting rows under `token`, the oldest of each phone only, so that a phone is answered in order."""
    taken = connection.execute(_CLAIM, {"token": token, "limit": limit}).all()
    if not taken:
        return []
    found = connection.execute(_CLAIMED, {"ids": [row.id for row in taken]}).all()
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
_CLAIM = (
    update(inbound)
    .where(inbound.c.id.in_(select(_due.c.id)))
    .values(claim_token=bindparam("token"), claimed_at=db_now())
    .returning(inbound.c.id)
)


def _replies_within(ms: int) -> Any:
    # Exact without a lock: only the oldest waiting message of a phone is ever claimed.
    mine = outbound.c.to_phone == inbound.c.from_phone
    counted = select(func.count()).where(mine, outbound.c.created_at > db_now() - ms, outbound.c.kind.in_(REPLIES))
    return counted.correlate(inbound).scalar_subquery()


_CLAIMED = (
    select(
        inbound.c.id,
        inbound.c.carrier,
        inbound.c.from_phone,
        inbound.c.to_phone,
        inbound.c.body,
        inbound.c.num_media,
        inbound.c.opt_out_type,
        (db_now() - inbound.c.received_at).label("waited_ms"),
        inbound.c.attempts,
        contact.c.language,
        contact.c.opted_out_at.is_not(None),
        contact.c.locked_until,
        contact.c.offer,
        contact.c.offer_until,
        _replies_within(HOUR_MS),
        _replies_within(24 * HOUR_MS),
        inbound.c.secret,
    )
    .select_from(inbound.outerjoin(contact, contact.c.phone == inbound.c.from_phone))
    .where(inbound.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(inbound.c.id)
)


def held(connection: Connection, token: str, ids: Iterable[int]) -> set[int]:
    """Which of these rows still wait under this claim, locked: another worker may have taken a late one over."""
    return set(connection.scalars(_held(dialect_of(connection)), {"token": token, "ids": [*ids]}))


@cache
def _held(dialect: str) -> Any:
    mine = inbound.c.state == spelled(states.RECEIVED), inbound.c.claim_token == bindparam("token")
    named = inbound.c.id.in_(select(listed(dialect, "ids").c.value))
    return select(inbound.c.id).where(named, *mine).with_for_update(of=inbound)


def finish(connection: Connection, answers: Sequence[Answer]) -> None:
    """Write the final state of answered rows and what is to be remembered of their phones. A PIN is not."""
    if not answers:
        return
    each(connection, _finish(dialect_of(connection)), [_final(answer) for answer in answers])
    remembered = [_contact(answer) for answer in answers if _remembers(answer)]
    for values in remembered:
        statement = insert(dialect_of(connection), contact).values(**values, updated_at=db_now())
        changes = {**{k: v for k, v in values.items() if k != "phone"}, "updated_at": db_now()}
        connection.execute(statement.on_conflict_do_update(index_elements=[contact.c.phone], set_=changes))


@cache
def _finish(dialect: str) -> Any:
    names = ("state", "reason", "keyword", "folded", "language")
    new = given(dialect, row_id=inbound.c.id, **{f"new_{name}": inbound.c[name] for name in names})
    values = {name: new[f"new_{name}"] for name in names}
    finished = update(inbound).where(inbound.c.id == new["row_id"])
    return finished.values(**values, answered_at=db_now(), claim_token=None, secret=None)


def _final(answer: Answer) -> dict[str, Any]:
    return {
        "row_id": answer.inbound_id,
        "new_state": answer.state,
        "new_reason": answer.reason,
        "new_keyword": answer.keyword,
        "new_folded": answer.folded,
        "new_language": answer.language,
    }


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
    """The chosen language of these phones, and whether they opted out; an unknown phone is left out."""
    found = select(contact.c.phone, contact.c.language, contact.c.opted_out_at.is_not(None))
    rows = connection.execute(found.where(contact.c.phone.in_(sorted(set(phones)))))
    return {phone: (language, bool(out)) for phone, language, out in rows}


def opt_out(connection: Connection, phones: Iterable[str]) -> None:
    """These phones have told a carrier to stop. When they did stays as it was where it is known."""
    for phone in sorted(set(phones)):
        new = insert(dialect_of(connection), contact).values(phone=phone, opted_out_at=db_now(), updated_at=db_now())
        first = {"opted_out_at": db_now(), "updated_at": db_now()}
        unknown = contact.c.opted_out_at.is_(None)
        connection.execute(new.on_conflict_do_update(index_elements=[contact.c.phone], set_=first, where=unknown))


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
