"""A stream of the log: its rows, what narrows them, and which indexes lead to them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select

from smsgw.messages.log.entry import Entry, Reply, Side
from smsgw.messages.log.filters import Filters
from smsgw.messages.log.seeks import Way
from smsgw.messages.rows import Kind
from smsgw.messages.tables import outbound
from smsgw.store.sql import spelled

REPLIES: Final = (Kind.REPLY, Kind.APOLOGY)
OUR_OWN: Final = (Kind.ALERT, Kind.NOTICE, Kind.ANNOUNCEMENT)


Conditions = Sequence[tuple[Select[Any], Sequence[ColumnElement[bool]]]]
"""Numbers of rows, with what is asked of their columns: one after the other, those that cost least first."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind of rows, listed by `key`. `conditions` is None where no row of this kind can match; `ways` are those
    that help, the rows' own numbers last."""

    side: Side
    key: ColumnElement[int]
    time: ColumnElement[int]
    conditions: Callable[[Filters], Conditions | None]
    ways: Callable[[Connection, Filters], list[Way]]
    rows: Select[Any]
    entry: Callable[[Any], Entry]


def of_kinds(column: ColumnElement[str], kinds: Sequence[Kind]) -> ColumnElement[bool]:
    """Whether it is one of these, word for word as in the indexes' conditions."""
    return column.in_([spelled(kind.value) for kind in kinds])


def equal(*pairs: tuple[ColumnElement[Any], object]) -> list[ColumnElement[bool]]:
    """The columns that have to have a value."""
    return [column == value for column, value in pairs if value is not None]


def times(column: ColumnElement[int], filters: Filters) -> list[ColumnElement[bool]]:
    """The stretch of time asked for."""
    since = [] if filters.since_ms is None else [column >= filters.since_ms]
    return since + ([] if filters.until_ms is None else [column < filters.until_ms])


def reply_columns(table: Any = outbound) -> list[ColumnElement[Any]]:
    """The columns of a Reply, in its order."""
    return [table.c[name] for name in Reply.__dataclass_fields__]
