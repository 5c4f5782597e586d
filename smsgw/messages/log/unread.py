"""Unread: the newest messages in which no keyword was found, opened one by one, so only so many of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, LargeBinary, Select, select, type_coerce

from smsgw.messages import states
from smsgw.messages.log.exchanges import EXCHANGES
from smsgw.messages.log.seeks import Seek, Span, distinct, numbers
from smsgw.messages.log.slots import slots
from smsgw.messages.tables import inbound
from smsgw.store import Store
from smsgw.store.sql import dialect_of, listed, spelled, unindexed

MOST: Final = 1_000


@dataclass(frozen=True, slots=True)
class Text:
    """A text that was answered without being understood. `phone` only tells two writers apart."""

    id: int
    at: int
    phone: bytes
    folded: str
    body: str


def unread(store: Store, since_ms: int, until_ms: int, most: int = MOST) -> list[Text]:
    """The newest of a stretch of time whose texts are kept still, newest first, out of `most` that have no keyword."""
    with store.read() as connection:
        span = slots(connection, EXCHANGES, [since_ms, until_ms])[0]
        way = [_seek(carrier) for carrier in distinct(connection, inbound.c.carrier)]
        newest = [*islice(numbers(connection, tuple(way), Span(span.low, span.high)), most)]
        rows = connection.execute(_opened(connection), {"numbers": _answered(connection, newest)})
        return sorted((Text(*row) for row in rows), key=lambda text: text.id, reverse=True)


def _seek(carrier: str) -> Seek:
    here = inbound.c.keyword.is_(None), inbound.c.state != spelled(states.RECEIVED), inbound.c.carrier == carrier
    return Seek((inbound.c.keyword, inbound.c.carrier, inbound.c.id), here)


def _answered(connection: Connection, among: Sequence[int]) -> list[int]:
    """Without what was left unanswered on purpose: a machine's, a network's twin, a carrier's own word."""
    given = listed(dialect_of(connection), "numbers").c.value
    answered = unindexed(inbound.c.state) == states.ANSWERED
    kept = inbound.c.id.in_(select(given)), answered, inbound.c.folded.is_not(None)
    return [*connection.scalars(select(inbound.c.id).where(*kept), {"numbers": among})]


def _opened(connection: Connection) -> Select[Any]:
    given = listed(dialect_of(connection), "numbers").c.value
    phone = type_coerce(inbound.c.from_phone, LargeBinary)  # sealed: opening it would cost, and is not needed
    columns = inbound.c.id, inbound.c.received_at, phone, inbound.c.folded, inbound.c.body
    return select(*columns).where(inbound.c.id.in_(select(given)))
