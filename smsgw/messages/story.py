"""The story of one inbound message: how it came, what was sent because of it, and every step on the way."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from smsgw.messages.tables import inbound, outbound, outbound_event
from smsgw.store import Store


@dataclass(frozen=True, slots=True)
class Happened:
    """One step of an outbound message. `repeats`: how often the same was reported again."""

    at: int
    before: str
    after: str
    cause: str
    error_code: str | None
    repeats: int


@dataclass(frozen=True, slots=True)
class Told:
    """One message that was sent because of the inbound, with its steps in order."""

    id: int
    kind: str
    phone: str
    body: str | None
    septets: int
    template: str | None
    language: str
    state: str
    error_code: str | None
    created_at: int
    steps: tuple[Happened, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """One inbound message. Times are milliseconds since 1970; `body` is None where it has been erased."""

    id: int
    phone: str
    body: str | None
    num_media: int
    source: str
    state: str
    reason: str | None
    keyword: str | None
    received_at: int
    answered_at: int | None
    told: tuple[Told, ...]


def story(store: Store, inbound_id: int) -> Story | None:
    """The story of the inbound message of this id, or None."""
    names = ("id", "from_phone", "body", "num_media", "source", "state", "reason", "keyword", "received_at")
    with store.read() as connection:
        columns = [inbound.c[name] for name in (*names, "answered_at")]
        row = connection.execute(select(*columns).where(inbound.c.id == inbound_id)).first()
        return Story(*(*row, _told(connection, inbound_id))) if row else None


def _told(connection: Connection, inbound_id: int) -> tuple[Told, ...]:
    names = ("id", "kind", "to_phone", "body", "septets", "template", "language", "state", "error_code", "created_at")
    mine = select(*(outbound.c[name] for name in names)).where(outbound.c.inbound_id == inbound_id)
    rows = connection.execute(mine.order_by(outbound.c.id)).all()
    return tuple(Told(*(*row, _steps(connection, row.id))) for row in rows)


def _steps(connection: Connection, outbound_id: int) -> tuple[Happened, ...]:
    names = ("at", "from_state", "to_state", "cause", "error_code", "repeats")
    mine = select(*(outbound_event.c[name] for name in names)).where(outbound_event.c.outbound_id == outbound_id)
    return tuple(Happened(*row) for row in connection.execute(mine.order_by(outbound_event.c.id)))
