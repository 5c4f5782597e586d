"""Sums: how many messages came, what became of them, and why, slot by slot, counted in the indexes of the log.

No row is opened and nothing is kept: each sum is a stretch of an index, so that a month of a million messages is
counted in a fraction of a second. A reply counts in the slot of its inbound and only where it is the newest, as the
log lists it; what we wrote of our own accord counts when it was queued.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, exists, func, select

from smsgw.messages import states
from smsgw.messages.log.exchanges import EXCHANGES, UNLISTED, reasons
from smsgw.messages.log.own import OWN
from smsgw.messages.log.seeks import distinct
from smsgw.messages.log.slots import Slot, slots
from smsgw.messages.log.streams import OUR_OWN, REPLIES, of_kinds
from smsgw.messages.rows import Kind
from smsgw.messages.tables import inbound, outbound
from smsgw.store import Store
from smsgw.store.sql import dialect_of, listed, spelled

FAILING: Final = (
    states.UNDELIVERED,
    states.FAILED,
    states.CANCELED,
    states.EXPIRED,
    states.UNKNOWN,
    states.FAILED_UNKNOWN,
)
OPEN: Final = (states.QUEUED, states.SENDING)
Counts = list[int]


@dataclass(frozen=True, slots=True)
class Sums:
    """Counts by slot. `came`: messages in; `words`: how often each keyword was read in all, None: nothing was;
    `waiting`, `suppressed`, `failed`: those without an answer yet, on purpose, by an error; `by_state`: replies and our
    own by their states now; `codes`: how often a code stands at a failing state, in all."""

    came: Counts
    words: Counter[str | None]
    waiting: Counts
    suppressed: Counts
    failed: Counts
    why: Counter[str]
    by_state: dict[str, Counts]
    codes: Counter[tuple[str, str]]

    def of(self, *wanted: str) -> Counts:
        """How many are in one of these states, by slot."""
        return [sum(one) for one in zip(*(self.by_state[state] for state in wanted), strict=True)]


def sums(store: Store, times: Sequence[int]) -> Sums:
    """The sums between times (epoch ms) that follow one another."""
    with store.read() as connection:
        came, own = slots(connection, EXCHANGES, times), slots(connection, OWN, times)
        words = _words(connection, came)
        waiting = _counted(connection, inbound.c.id, [inbound.c.state == spelled(states.RECEIVED)], came)
        ends = {end: _reasons(connection, end, came) for end in (states.SUPPRESSED, states.FAILED)}
        apologies = _added(len(came), _reasons(connection, states.FAILED, came, _apologised).values())
        by_state = _replies(connection, came)
        mine = _own(connection, own)
        codes = _codes(connection, came, own)
    done = _added(len(came), words.values())
    unanswered = {end: _added(len(came), found.values()) for end, found in ends.items()}
    gone = zip(done, unanswered[states.SUPPRESSED], unanswered[states.FAILED], apologies, strict=True)
    replied = [all_of_them - quiet - broken + sorry for all_of_them, quiet, broken, sorry in gone]
    known = _added(len(came), by_state.values())
    by_state[states.DELIVERED] = [max(0, one - other) for one, other in zip(replied, known, strict=True)]
    return Sums(
        came=_added(len(came), (done, waiting)),
        words=Counter({word: sum(found) for word, found in words.items() if sum(found)}),
        waiting=waiting,
        suppressed=unanswered[states.SUPPRESSED],
        failed=unanswered[states.FAILED],
        why=Counter({why: sum(found) for why, found in ends[states.SUPPRESSED].items() if sum(found)}),
        by_state={state: _added(len(came), (by_state[state], mine[state])) for state in states.TRANSITIONS},
        codes=codes,
    )


def _added(size: int, counts: Any) -> Counts:
    return [sum(one) for one in zip([0] * size, *counts, strict=True)]


_done = inbound.c.state != spelled(states.RECEIVED)
_is_reply = of_kinds(outbound.c.kind, REPLIES)
_is_own = of_kinds(outbound.c.kind, OUR_OWN)
_no_reply = outbound.c.kind != spelled(Kind.REPLY)  # as the indexes' condition has it
_coded = outbound.c.error_code.is_not(None)
_apologised = exists().where(outbound.c.inbound_id == inbound.c.id, _is_reply)
_later = outbound.alias("later")
_newest = ~exists().where(
    _later.c.inbound_id == outbound.c.inbound_id, of_kinds(_later.c.kind, REPLIES), _later.c.id > outbound.c.id
).correlate(outbound)
_under_way = outbound.c.state.in_([spelled(states.SENDING), spelled(states.UNKNOWN)])
_listed = tuple(outbound.c.state != spelled(state) for state in UNLISTED)
LISTED: Final = tuple(state for state in states.TRANSITIONS if state not in UNLISTED)


def _counted(
    connection: Connection, key: ColumnElement[int], conditions: Sequence[ColumnElement[bool]], found: Sequence[Slot]
) -> Counts:
    """How many rows of each slot meet the conditions, which lead through an index that ends in `key`."""
    slot = _slot(dialect_of(connection))
    inside = select(func.count()).where(*conditions, key >= slot.c.low, key < slot.c.high).correlate(slot)
    counted = select(slot.c.low, inside.scalar_subquery()).where(slot.c.high.is_not(None)).order_by(slot.c.low)
    by_low = Counter[int]()
    for low, count in connection.execute(
        counted, {"cuts": sorted({end for one in found for end in (one.low, one.high)})}
    ):
        by_low[low] += count
    return [by_low[one.low] if one.high > one.low else 0 for one in found]


@cache
def _slot(dialect: str) -> Any:
    """Each number of the parameter `cuts` with the one that follows."""
    cut = listed(dialect, "cuts").c.value
    return select(cut.label("low"), func.lead(cut).over(order_by=cut).label("high")).cte("slot")


def _words(connection: Connection, found: Sequence[Slot]) -> dict[str | None, Counts]:
    carriers = distinct(connection, inbound.c.carrier)
    words: list[str | None] = [None, *distinct(connection, inbound.c.keyword, _done)]
    return {
        word: _added(
            len(found),
            [
                _counted(connection, inbound.c.id, [_done, _is(word), inbound.c.carrier == one], found)
                for one in carriers
            ],
        )
        for word in words
    }


def _is(word: str | None) -> ColumnElement[bool]:
    return inbound.c.keyword.is_(None) if word is None else inbound.c.keyword == word


def _reasons(connection: Connection, end: str, found: Sequence[Slot], *more: ColumnElement[bool]) -> dict[str, Counts]:
    here = inbound.c.reason.is_not(None), inbound.c.state == end, *more
    return {
        why: _counted(connection, inbound.c.id, [*here, inbound.c.reason == why], found) for why in reasons(connection)
    }


def _replies(connection: Connection, found: Sequence[Slot]) -> dict[str, Counts]:
    few = {
        state: _counted(
            connection,
            outbound.c.inbound_id,
            [*_listed, _is_reply, outbound.c.state == spelled(state), _newest],
            found,
        )
        for state in LISTED
    }
    return few | {state: _open(connection, state, found) for state in OPEN}


def _open(connection: Connection, state: str, found: Sequence[Slot]) -> Counts:
    """Those of the few that are on their way, by the index that they stand in while they are."""
    here = [outbound.c.state == spelled(state), _is_reply, _newest, *([] if state == states.QUEUED else [_under_way])]
    lows, counts = [slot.low for slot in found], [0] * len(found)
    for number in connection.scalars(select(outbound.c.inbound_id + 0).where(*here)):
        if lows[0] <= number < found[-1].high:
            counts[bisect_right(lows, number) - 1] += 1
    return counts


def _own(connection: Connection, found: Sequence[Slot]) -> dict[str, Counts]:
    carriers = distinct(connection, outbound.c.carrier)
    counted: dict[str, list[Counts]] = defaultdict(list)
    for state in states.TRANSITIONS:
        for one in carriers:
            here = [_is_own, _no_reply, outbound.c.state == spelled(state), outbound.c.carrier == one]
            counted[state].append(_counted(connection, outbound.c.id, here, found))
    return {state: _added(len(found), counted[state]) for state in states.TRANSITIONS}


def _codes(connection: Connection, came: Sequence[Slot], own: Sequence[Slot]) -> Counter[tuple[str, str]]:
    counted: Counter[tuple[str, str]] = Counter()
    for kind, key, found, more in (
        (_is_reply, outbound.c.inbound_id, came, [_newest]),
        (_is_own, outbound.c.id, own, [_no_reply]),
    ):
        codes = distinct(connection, outbound.c.error_code, kind, _coded)
        here = kind, _coded, outbound.c.error_code.in_(codes), outbound.c.state.in_(FAILING)
        inside = *more, key >= found[0].low, key < found[-1].high
        rows = select(outbound.c.error_code, outbound.c.state, func.count()).where(*here, *inside)
        for code, state, count in connection.execute(rows.group_by(outbound.c.error_code, outbound.c.state)):
            counted[code, state] += count
    return counted
