"""Pages: the two streams laid into one another by time, cut between two rows."""

import heapq
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from sqlalchemy import Connection, select

from smsgw.messages.log.entry import Entry
from smsgw.messages.log.exchanges import EXCHANGES
from smsgw.messages.log.filters import Filters
from smsgw.messages.log.hunt import Found, hunt
from smsgw.messages.log.own import OWN
from smsgw.messages.log.seeks import END, Span
from smsgw.messages.log.streams import Stream
from smsgw.store import Store

SIZE: Final = 50
BUDGET_S: Final = 0.25  # for what no index finds: a page then says how far back it has looked
EXPORT_SIZE: Final = 500


@dataclass(frozen=True, slots=True)
class Cut:
    """A place between rows: of each stream those with smaller numbers are older."""

    exchanges: int = END
    own: int = END

    def __str__(self) -> str:
        return f"{self.exchanges:x}-{self.own:x}"

    @classmethod
    def read(cls, text: str) -> "Cut":
        """The cut that was written so; ValueError where it is none."""
        exchanges, own = (int(part, 16) for part in text.split("-"))
        if not (0 <= exchanges <= END and 0 <= own <= END):
            raise ValueError("out of bounds")
        return cls(exchanges, own)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, newest first, between two cuts. `more`: whether there are others beyond, in the direction of looking.

    `searched_to_ms`: how far time allowed to look; None: everything was looked at that had to be.
    """

    entries: tuple[Entry, ...]
    newer: Cut
    older: Cut
    more: bool
    searched_to_ms: int | None = None


def page(
    store: Store,
    filters: Filters,
    cut: Cut = Cut(),
    *,
    upwards: bool = False,
    size: int = SIZE,
    budget_s: float = BUDGET_S,
) -> Page:
    """The rows that match below a cut, or, `upwards`, those next above it."""
    until_s = time.monotonic() + budget_s
    with store.read() as connection:
        streams = [(EXCHANGES, _span(cut.exchanges, upwards)), (OWN, _span(cut.own, upwards))]
        found = [hunt(connection, stream, filters, span, size + 1, until_s) for stream, span in streams]
        limit = _limit(connection, found, upwards=upwards)
    taken = _laid(found, limit, upwards=upwards)
    more = len(taken) > size or any(one.reached is not None for one in found)
    taken = taken[:size]
    edge = _edge(cut, taken, found, upwards=upwards, full=len(taken) == size)
    entries = tuple(reversed(taken)) if upwards else tuple(taken)
    newer, older = (edge, cut) if upwards else (cut, edge)
    return Page(entries, newer, older, more, None if len(taken) == size else limit)


def _span(number: int, upwards: bool) -> Span:
    return Span(low=number, down=False) if upwards else Span(high=number)


def _limit(connection: Connection, found: Sequence[Found], *, upwards: bool) -> int | None:
    """The time up to which all streams were looked through, where one was not to its end."""
    pairs = [(s, one.reached) for s, one in zip((EXCHANGES, OWN), found, strict=True) if one.reached is not None]
    times = [_time(connection, stream, number) for stream, number in pairs]
    return (min(times) if upwards else max(times)) if times else None


def _time(connection: Connection, stream: Stream, number: int) -> int:
    at = connection.scalar(select(stream.time).where(stream.key >= number).order_by(stream.key).limit(1))
    return int(at or 0)


def _laid(found: Sequence[Found], limit: int | None, *, upwards: bool) -> list[Entry]:
    merged = heapq.merge(*(one.entries for one in found), key=lambda entry: entry.at, reverse=not upwards)
    if limit is None:
        return list(merged)
    return [entry for entry in merged if (entry.at <= limit if upwards else entry.at >= limit)]


def _edge(cut: Cut, taken: Sequence[Entry], found: Sequence[Found], *, upwards: bool, full: bool) -> Cut:
    """The cut behind what was taken; where time ran out, behind what was looked at."""

    def side(name: str, number: int, one: Found) -> int:
        mine = [entry.id for entry in taken if entry.side == name]
        if one.reached is not None and not full:
            return one.reached + 1 if upwards else one.reached
        return (max(mine) + 1 if upwards else min(mine)) if mine else number

    return Cut(side("in", cut.exchanges, found[0]), side("out", cut.own, found[1]))


def everything(store: Store, filters: Filters) -> Iterator[Entry]:
    """All rows that match, newest first, in steps: no transaction stays open, and memory stays small."""
    cut, more = Cut(), True
    while more:
        one = page(store, filters, cut, size=EXPORT_SIZE)
        yield from one.entries
        cut, more = one.older, one.more


def stand(entries: Sequence[Entry]) -> str:
    """A mark that changes whenever one of these rows does, or another one comes: the cursor of the live list."""
    marks = (
        f"{e.key} {e.state} {e.reply and (e.reply.id, e.reply.state, e.reply.attempts, e.reply.error_code)}"
        for e in entries
    )
    return blake2b("\n".join(marks).encode(), digest_size=8).hexdigest()
