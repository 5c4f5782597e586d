"""Delays: how long replies took, from the inbound to the carrier and to the handset, over a bounded sample."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, func, select

from smsgw.messages import states
from smsgw.messages.log.exchanges import EXCHANGES
from smsgw.messages.log.slots import Slot, slots
from smsgw.messages.rows import Kind
from smsgw.messages.tables import inbound, outbound, outbound_event
from smsgw.store import Store
from smsgw.store.sql import dialect_of, listed, spelled

SAMPLE: Final = 2_000
TAKEN: Final = (states.ACCEPTED, states.SENT, states.DELIVERED, states.UNDELIVERED)


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle one of some delays, and the one that five in a hundred exceed, in ms."""

    p50: int
    p95: int


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg of the way: in all, by slot (None: no reply came so far in it), and over how many replies."""

    whole: Spread | None
    by_slot: tuple[Spread | None, ...]
    replies: int


@dataclass(frozen=True, slots=True)
class Delays:
    """Both legs from the inbound on. `sampled`: there were more messages than are looked at."""

    to_carrier: Leg
    to_handset: Leg
    sampled: bool


def delays(store: Store, times: Sequence[int], sample: int = SAMPLE) -> Delays:
    """The delays of first replies to what came between times (epoch ms) that follow one another.

    All of them where at most `sample` messages came, else as many of each slot, evenly spread.
    """
    with store.read() as connection:
        found = slots(connection, EXCHANGES, times)
        size = max(1, sample // len(found)) if sum(slot.high - slot.low for slot in found) > sample else sample
        chosen = [_spread(slot, size) for slot in found]
        rows = _rows(connection, [number for numbers in chosen for number in numbers])
    legs = ([[rows[n][leg] for n in numbers if n in rows] for numbers in chosen] for leg in (0, 1))
    to_carrier, to_handset = (_leg(leg) for leg in legs)
    return Delays(to_carrier, to_handset, sampled=sum(map(len, chosen)) < sum(slot.high - slot.low for slot in found))


def _spread(slot: Slot, size: int) -> list[int]:
    width = slot.high - slot.low
    return [slot.low + width * n // size for n in range(size)] if width > size else [*range(slot.low, slot.high)]


def _rows(connection: Connection, numbers: Sequence[int]) -> dict[int, tuple[int | None, int | None]]:
    given = listed(dialect_of(connection), "numbers").c.value
    reply = outbound.c.inbound_id == inbound.c.id, outbound.c.kind == spelled(Kind.REPLY), outbound.c.resend_no == 0
    found = (
        select(inbound.c.id, inbound.c.received_at, _first(TAKEN).scalar_subquery(), _delivered.scalar_subquery())
        .join(outbound, reply[0] & reply[1] & reply[2])
        .where(inbound.c.id.in_(select(given)))
    )
    rows = connection.execute(found, {"numbers": numbers})
    return {number: (_after(came, taken), _after(came, got)) for number, came, taken, got in rows}


def _first(reached: Iterable[str]) -> Select[Any]:
    among = outbound_event.c.to_state.in_([spelled(state) for state in reached])
    return select(func.min(outbound_event.c.at)).where(outbound_event.c.outbound_id == outbound.c.id, among)


_delivered: Final = _first([states.DELIVERED])


def _after(came: int, at: int | None) -> int | None:
    return None if at is None else max(0, at - came)


def _leg(by_slot: Sequence[Sequence[int | None]]) -> Leg:
    known = [[one for one in delays if one is not None] for delays in by_slot]
    together = [one for delays in known for one in delays]
    return Leg(spread(together), tuple(map(spread, known)), len(together))


def spread(found: Sequence[int]) -> Spread | None:
    """The spread of delays by nearest rank; None of none."""
    ordered = sorted(found)
    return Spread(_ranked(ordered, 50), _ranked(ordered, 95)) if ordered else None


def _ranked(ordered: Sequence[int], percent: int) -> int:
    return ordered[-(-len(ordered) * percent // 100) - 1]
