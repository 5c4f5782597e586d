"""Sums: how many messages came, what became of them, and why, slot by slot, counted in the indexes of the log.

Each sum is a stretch of an index, and only rows of what went wrong and of what we wrote of our own accord are opened,
so that a month of a million messages is counted in a fraction of a second. A reply counts in the slot of its inbound
and only where it is the newest, as the log lists it; what we wrote of our own accord counts when it was queued.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, exists, select

from smsgw.messages import states
from smsgw.messages.log.counts import Coded, Counts, added, coded, counted
from smsgw.messages.log.exchanges import EXCHANGES, UNLISTED, reasons
from smsgw.messages.log.own import OWN
from smsgw.messages.log.seeks import distinct
from smsgw.messages.log.slots import Slot, slots
from smsgw.messages.log.streams import OUR_OWN, REPLIES, of_kinds
from smsgw.messages.rows import Kind
from smsgw.messages.tables import inbound, outbound
from smsgw.store import Store
from smsgw.store.sql import spelled

FAILING: Final = (
    states.UNDELIVERED,
    states.FAILED,
    states.CANCELED,
    states.EXPIRED,
    states.UNKNOWN,
    states.FAILED_UNKNOWN,
)
OPEN: Final = (states.QUEUED, states.SENDING)


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
        waiting = counted(connection, inbound.c.id, [inbound.c.state == spelled(states.RECEIVED)], came)
        ends = {end: _reasons(connection, end, came) for end in (states.SUPPRESSED, states.FAILED)}
        apologies = added(len(came), _reasons(connection, states.FAILED, came, _apologised).values())
        replies, mine = _replies(connection, came), _own(connection, own)
        by_state = _by_state(len(came), replies) | {state: _open(connection, state, came) for state in OPEN}
        own_by_state = _by_state(len(came), mine)
    done = added(len(came), words.values())
    unanswered = {end: added(len(came), found.values()) for end, found in ends.items()}
    gone = zip(done, unanswered[states.SUPPRESSED], unanswered[states.FAILED], apologies, strict=True)
    replied = [all_of_them - quiet - broken + sorry for all_of_them, quiet, broken, sorry in gone]
    known = added(len(came), by_state.values())
    by_state[states.DELIVERED] = [max(0, one - other) for one, other in zip(replied, known, strict=True)]
    return Sums(
        came=added(len(came), (done, waiting)),
        words=Counter({word: sum(found) for word, found in words.items() if sum(found)}),
        waiting=waiting,
        suppressed=unanswered[states.SUPPRESSED],
        failed=unanswered[states.FAILED],
        why=Counter({why: sum(found) for why, found in ends[states.SUPPRESSED].items() if sum(found)}),
        by_state={state: added(len(came), (by_state[state], own_by_state[state])) for state in states.TRANSITIONS},
        codes=_codes(replies) + _codes(mine),
    )


_done = inbound.c.state != spelled(states.RECEIVED)
_is_reply = of_kinds(outbound.c.kind, REPLIES)
_is_own = of_kinds(outbound.c.kind, OUR_OWN)
_no_reply = outbound.c.kind != spelled(Kind.REPLY)  # as the indexes' condition has it
_apologised = exists().where(outbound.c.inbound_id == inbound.c.id, _is_reply)
_later = outbound.alias("later")
_newest = ~exists().where(
    _later.c.inbound_id == outbound.c.inbound_id, of_kinds(_later.c.kind, REPLIES), _later.c.id > outbound.c.id
).correlate(outbound)
_under_way = outbound.c.state.in_([spelled(states.SENDING), spelled(states.UNKNOWN)])
_listed = tuple(outbound.c.state != spelled(state) for state in UNLISTED)
LISTED: Final = tuple(state for state in states.TRANSITIONS if state not in UNLISTED)


def _words(connection: Connection, found: Sequence[Slot]) -> dict[str | None, Counts]:
    carriers = distinct(connection, inbound.c.carrier)
    words: list[str | None] = [None, *distinct(connection, inbound.c.keyword, _done)]
    return {
        word: added(
            len(found),
            [
                counted(connection, inbound.c.id, [_done, _is(word), inbound.c.carrier == one], found)
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
        why: counted(connection, inbound.c.id, [*here, inbound.c.reason == why], found) for why in reasons(connection)
    }


def _replies(connection: Connection, found: Sequence[Slot]) -> Coded:
    few = (coded(connection, outbound.c.inbound_id, state, [*_listed, _is_reply, _newest], found) for state in LISTED)
    return {key: counts for one in few for key, counts in one.items()}


def _by_state(size: int, found: Coded) -> dict[str, Counts]:
    return {
        state: added(size, [counts for (at, _), counts in found.items() if at == state]) for state in states.TRANSITIONS
    }


def _codes(found: Coded) -> Counter[tuple[str, str]]:
    """How often a code stands at a failing state."""
    told = Counter[tuple[str, str]]()
    for (state, code), counts in found.items():
        if code is not None and state in FAILING:
            told[code, state] += sum(counts)
    return told


def _open(connection: Connection, state: str, found: Sequence[Slot]) -> Counts:
    """Those of the few that are on their way, by the index that they stand in while they are."""
    here = [outbound.c.state == spelled(state), _is_reply, _newest, *([] if state == states.QUEUED else [_under_way])]
    lows, counts = [slot.low for slot in found], [0] * len(found)
    for number in connection.scalars(select(outbound.c.inbound_id + 0).where(*here)):
        if lows[0] <= number < found[-1].high:
            counts[bisect_right(lows, number) - 1] += 1
    return counts


def _own(connection: Connection, found: Sequence[Slot]) -> Coded:
    own: Coded = defaultdict(lambda: [0] * len(found))
    for one in distinct(connection, outbound.c.carrier):
        for state in states.TRANSITIONS:
            here = [_is_own, _no_reply, outbound.c.carrier == one]
            for key, counts in coded(connection, outbound.c.id, state, here, found).items():
                own[key] = added(len(found), (own[key], counts))
    return own
