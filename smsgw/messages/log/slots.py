"""Slots: stretches of time as stretches of a stream's numbers, all of them found at once, in a few statements."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import Connection, func, select

from smsgw.messages.log.streams import Stream
from smsgw.store.sql import dialect_of, listed

PARTS: Final = 16  # into which what is left of the numbers is cut in each round: a million rows take five


@dataclass(frozen=True, slots=True)
class Slot:
    """Rows with numbers from `low` to before `high`."""

    low: int
    high: int


def slots(connection: Connection, stream: Stream, times: Sequence[int]) -> list[Slot]:
    """The slots between times that follow one another, one fewer than there are times.

    Rows are numbered in the order of their times but for those of the same moment: such a one may stand next door.
    """
    cuts = _cuts(connection, stream, times)
    return [Slot(low, max(low, high)) for low, high in pairwise(cuts)]


def _cuts(connection: Connection, stream: Stream, times: Sequence[int]) -> list[int]:
    newest = connection.scalar(select(func.max(stream.key)))
    gaps = [Slot(0, 0 if newest is None else int(newest) + 1) for _ in times]
    while points := sorted({point for gap in gaps for point in _points(gap)}):
        rows = connection.execute(_at(stream, dialect_of(connection)), {"points": points}).all()
        met = [(int(point), int(at)) for point, at in sorted(rows)]
        gaps = [_narrowed(gap, time, met) for gap, time in zip(gaps, times, strict=True)]
    return [gap.low for gap in gaps]


def _points(gap: Slot) -> list[int]:
    width = gap.high - gap.low
    return [gap.low + width * part // PARTS for part in range(PARTS)] if width else []


def _at(stream: Stream, dialect: str) -> Any:
    """For each point the time of the first row from it on."""
    point = listed(dialect, "points").c.value
    following = select(stream.time).where(stream.key >= point).order_by(stream.key).limit(1)
    return select(point, following.scalar_subquery())


def _narrowed(gap: Slot, time: int, met: Sequence[tuple[int, int]]) -> Slot:
    inside = [one for one in met if gap.low <= one[0] < gap.high]
    first = bisect_left(inside, time, key=lambda one: one[1])
    high = inside[first][0] if first < len(inside) else gap.high
    return Slot(inside[first - 1][0] + 1 if first else gap.low, high)
