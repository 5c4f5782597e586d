"""Seeks: the numbers of rows out of one index, in order, from where one left off."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

END = 2**62


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


def numbers(connection: Connection, way: Way, span: Span, limit: int) -> list[int]:
    """The first `limit` numbers of a span by this way; fewer: there are no more."""
    found = (number for seek in way for number in seek.numbers(connection, span, limit))
    return span.ordered(found)[:limit]


def distinct(connection: Connection, column: ColumnElement[str], *conditions: ColumnElement[bool]) -> list[str]:
    """The different values of an index's first column, by one look each however many rows there are."""
    found: list[str] = []
    while True:
        beyond = [column > found[-1]] if found else []
        value = connection.scalar(select(func.min(column)).where(*conditions, *beyond))
        if value is None:
            return found
        found.append(str(value))


def sparsest(connection: Connection, ways: Sequence[Way], span: Span, limit: int) -> Way:
    """The way whose first numbers reach furthest: it has the fewest rows to look at."""

    def reach(way: Way) -> tuple[int, int]:
        found = numbers(connection, way, span, limit)
        if len(found) < limit:
            return (-END, len(found))
        return (found[-1] if span.down else -found[-1], len(found))

    return ways[0] if len(ways) == 1 else min(ways, key=reach)
