"""Seeks: the numbers of rows out of one index, in order, from where one left off."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, func, select

END: Final = 2**62
FIRST: Final = 60  # numbers of one stretch that are fetched at first; each further time more
MOST: Final = 6_000
SAMPLE: Final = 200  # numbers by which ways are compared


@dataclass(frozen=True, slots=True)
class Span:
    """Numbers from `low` to before `high`, listed downwards (newest first) or upwards."""

    low: int = 0
    high: int = END
    down: bool = True

    def after(self, number: int) -> "Span":
        """What is left once `number` has been listed."""
        return replace(self, high=number) if self.down else replace(self, low=number + 1)

    def within(self, low: int, high: int) -> "Span":
        """What it shares with these bounds."""
        return replace(self, low=max(self.low, low), high=min(self.high, high))

    def ordered(self, numbers: Iterable[int]) -> list[int]:
        """The numbers in its order, each once."""
        return sorted(set(numbers), reverse=self.down)


@dataclass(frozen=True, slots=True)
class Seek:
    """One stretch of an index. `columns` are the index's; the last is the number that rows are listed by.

    `conditions` fix all the others, and repeat the index's own condition word for word.
    """

    columns: tuple[ColumnElement[Any], ...]
    conditions: tuple[ColumnElement[bool], ...]

    def numbers(self, connection: Connection, span: Span, limit: int) -> list[int]:
        """The first `limit` of a span."""
        key = self.columns[-1]
        # All columns: PostgreSQL does not see that one that IS NULL is the same throughout.
        order = [column.desc() if span.down else column.asc() for column in self.columns]
        found = select(key).where(*self.conditions, key >= span.low, key < span.high)
        return [int(number) for number in connection.scalars(found.order_by(*order).limit(limit))]


Way = tuple[Seek, ...]
"""Stretches that together hold every row that some filter lets through, and perhaps others."""


def numbers(connection: Connection, way: Way, span: Span) -> Iterator[int]:
    """The numbers of a span by this way, in its order, each once. They are fetched as they are asked for."""
    last = None
    for number in heapq.merge(*(_stretch(connection, seek, span) for seek in way), reverse=span.down):
        if number != last:
            yield number
        last = number


def _stretch(connection: Connection, seek: Seek, span: Span) -> Iterator[int]:
    size = FIRST
    while True:
        found = seek.numbers(connection, span, size)
        yield from found
        if len(found) < size:
            return
        span, size = span.after(found[-1]), min(size * 3, MOST)


def distinct(connection: Connection, column: ColumnElement[str], *conditions: ColumnElement[bool]) -> list[str]:
    """The different values of an index's first column, by one look each however many rows there are."""
    found: list[str] = []
    while True:
        beyond = [column > found[-1]] if found else []
        value = connection.scalar(select(func.min(column)).where(*conditions, *beyond))
        if value is None:
            return found
        found.append(str(value))


def sparsest(connection: Connection, ways: Sequence[Way], span: Span) -> Iterator[int]:
    """The numbers by the way whose first ones reach furthest: it has the fewest rows to look at."""
    begun = [_begun(numbers(connection, way, span), span) for way in ways]
    _, first, rest = min(begun, key=lambda one: one[0])
    return chain(first, rest)


def _begun(found: Iterator[int], span: Span) -> tuple[tuple[int, int], list[int], Iterator[int]]:
    first = [*islice(found, SAMPLE)]
    if len(first) < SAMPLE:
        return (-END, len(first)), first, found
    return (first[-1] if span.down else -first[-1], len(first)), first, found
