"""Hunt: the rows of one stream that match, found through the sparsest index, within a budget of time."""

import time
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, Select, func, select

from smsgw.messages.log.entry import Entry
from smsgw.messages.log.filters import Filters
from smsgw.messages.log.seeks import END, Span, sparsest
from smsgw.messages.log.streams import Stream
from smsgw.store.sql import dialect_of, listed

FIRST: Final = 200  # numbers that are looked at in the first step; each further step takes more
MOST: Final = 6_000
STEP_S: Final = 0.06  # a step that takes longer is not followed by a larger one
MOST_OPENED: Final = 1_000  # where each row has to be decrypted
DISORDER_MS: Final = 60_000  # rows are numbered in order of time but for what was written at the same moment


@dataclass(frozen=True, slots=True)
class Found:
    """Rows in the order of the span. `reached`: the number at which time ran out; None: nothing was left unseen."""

    entries: tuple[Entry, ...] = ()
    reached: int | None = None


def hunt(connection: Connection, stream: Stream, filters: Filters, span: Span, need: int, until_s: float) -> Found:
    """The first `need` rows of a span that match. One step is made even after `until_s`, by time.monotonic."""
    if stream.conditions(filters) is None:
        return Found()
    span = _timely(connection, stream, filters, span)
    following = sparsest(connection, stream.ways(connection, filters), span)
    found: list[Entry] = []
    size, most = FIRST, MOST if filters.text is None else MOST_OPENED
    while True:
        began = time.monotonic()
        candidates = [*islice(following, size)]
        found += _matching(connection, stream, filters, span, candidates, need - len(found))
        if len(found) >= need or len(candidates) < size:
            return Found(tuple(found))
        if time.monotonic() > until_s:
            return Found(tuple(found), candidates[-1])
        size = min(size * 3, most) if time.monotonic() - began < STEP_S else size


def _matching(
    connection: Connection, stream: Stream, filters: Filters, span: Span, candidates: list[int], need: int
) -> list[Entry]:
    for rows, conditions in stream.conditions(filters) or ():
        if candidates and conditions:
            among = rows.where(stream.key.in_(_these(connection)), *conditions)
            candidates = span.ordered(connection.scalars(among, {"numbers": candidates}))
    if filters.text is None:
        return _open(connection, stream, span, candidates[:need])
    sought = filters.text.casefold()
    return [entry for entry in _open(connection, stream, span, candidates) if entry.says(sought)][:need]


def _open(connection: Connection, stream: Stream, span: Span, chosen: list[int]) -> list[Entry]:
    if not chosen:
        return []
    rows = connection.execute(stream.rows.where(stream.key.in_(_these(connection))), {"numbers": chosen})
    return sorted(map(stream.entry, rows), key=lambda entry: entry.id, reverse=span.down)


def _these(connection: Connection) -> Select[Any]:
    return select(listed(dialect_of(connection), "numbers").c.value)


def _timely(connection: Connection, stream: Stream, filters: Filters, span: Span) -> Span:
    low = 0 if filters.since_ms is None else first_since(connection, stream, filters.since_ms - DISORDER_MS)
    high = END if filters.until_ms is None else first_since(connection, stream, filters.until_ms + DISORDER_MS)
    return span.within(low, high)


def first_since(connection: Connection, stream: Stream, at_ms: int) -> int:
    """The number from which on rows are as late as this, found by halving: some twenty looks."""
    following = select(stream.key, stream.time).order_by(stream.key).limit(1)
    newest = connection.scalar(select(func.max(stream.key)))
    low, high = 0, 0 if newest is None else int(newest) + 1
    while low < high:
        middle = (low + high) // 2
        number, at = connection.execute(following.where(stream.key >= middle)).one()
        low, high = (low, middle) if at >= at_ms else (int(number) + 1, high)
    return low
