"""The conversation with one phone: both directions, newest first, from where one left off."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from smsgw.messages.log.entry import Side
from smsgw.messages.tables import contact, inbound, outbound
from smsgw.store import Store

SIZE: Final = 40


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message. `side` in: from the phone. `state` and `reason` of an inbound, else of the outbound with its error.

    `key` is that of the log's row which it stands in, for its link.
    """

    side: Side
    id: int
    at: int
    body: str | None
    state: str
    reason: str | None
    kind: str
    key: tuple[Side, int]


@dataclass(frozen=True, slots=True)
class Contact:
    """What is remembered of a phone. `locked_until` by the gateway's clock."""

    language: str | None = None
    opted_out_at: int | None = None
    locked_until: int | None = None
    blocked_at: int | None = None


def phone_of(store: Store, side: Side, number: int) -> str | None:
    """The participant of a row of the log; None where there is no such row."""
    table = select(inbound.c.from_phone).where(inbound.c.id == number)
    if side == "out":
        table = select(outbound.c.to_phone).where(outbound.c.id == number)
    with store.read() as connection:
        return connection.scalar(table)


def talk(store: Store, phone: str, before_ms: int | None, size: int = SIZE) -> list[Bubble]:
    """The newest bubbles before a time, one more than `size` where there are more."""
    with store.read() as connection:
        both = _came(connection, phone, before_ms, size + 1) + _went(connection, phone, before_ms, size + 1)
    return sorted(both, key=lambda one: (one.at, one.side == "out", one.id), reverse=True)[: size + 1]


def contact_of(store: Store, phone: str) -> Contact:
    """What is remembered of a phone."""
    columns = contact.c.language, contact.c.opted_out_at, contact.c.locked_until, contact.c.blocked_at
    with store.read() as connection:
        row = connection.execute(select(*columns).where(contact.c.phone == phone)).first()
    return Contact(*row) if row else Contact()


def _came(connection: Connection, phone: str, before_ms: int | None, limit: int) -> list[Bubble]:
    columns = inbound.c.id, inbound.c.received_at, inbound.c.body, inbound.c.state, inbound.c.reason
    found = select(*columns).where(inbound.c.from_phone == phone).order_by(inbound.c.id.desc()).limit(limit)
    if before_ms is not None:
        found = found.where(inbound.c.received_at < before_ms)
    return [Bubble("in", *row, "inbound", ("in", row.id)) for row in connection.execute(found)]


def _went(connection: Connection, phone: str, before_ms: int | None, limit: int) -> list[Bubble]:
    columns = outbound.c.id, outbound.c.created_at, outbound.c.body, outbound.c.state, outbound.c.error_code
    more = outbound.c.kind, outbound.c.inbound_id
    found = select(*columns, *more).where(outbound.c.to_phone == phone).order_by(outbound.c.id.desc()).limit(limit)
    if before_ms is not None:
        found = found.where(outbound.c.created_at < before_ms)
    return [_outgoing(row) for row in connection.execute(found)]


def _outgoing(row: Any) -> Bubble:
    number, at, body, state, error_code, kind, inbound_id = row
    is_reply = kind in ("reply", "apology") and inbound_id is not None
    key: tuple[Side, int] = ("in", inbound_id) if is_reply else ("out", number)
    return Bubble("out", number, at, body, state, error_code, kind, key)
