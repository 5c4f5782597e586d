"""Exchanges, inbound messages with their newest reply or apology, as a stream of the log."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, exists, select

from smsgw.messages import states
from smsgw.messages.log.entry import Entry, Reply
from smsgw.messages.log.filters import INBOUND_STATES, NOBODY, OUTBOUND_STATES, Filters
from smsgw.messages.log.seeks import Seek, Way, distinct
from smsgw.messages.log.streams import REPLIES, Conditions, Stream, equal, of_kinds, reply_columns, times
from smsgw.messages.tables import inbound, outbound
from smsgw.store.sql import spelled, unindexed

_reply = outbound.alias("reply")
_later = outbound.alias("later")
_resent = exists().where(
    _later.c.inbound_id == _reply.c.inbound_id, of_kinds(_later.c.kind, REPLIES), _later.c.id > _reply.c.id
)
_newest = _reply.c.inbound_id == inbound.c.id, of_kinds(_reply.c.kind, REPLIES), ~_resent.correlate(_reply)
_exchange = inbound.outerjoin(_reply, _newest[0] & _newest[1] & _newest[2])
# As the index's condition has it: these are few, by the indexes of what is due, or nearly all.
UNLISTED: Final = (states.QUEUED, states.SENDING, states.DELIVERED)
_listed = tuple(outbound.c.state != spelled(state) for state in UNLISTED)
_under_way = outbound.c.state.in_([spelled(states.SENDING), spelled(states.UNKNOWN)])
REASONED: Final = (states.SUPPRESSED, states.FAILED, states.ANSWERED)  # answered: by the last word of a limit
_done = inbound.c.state != spelled(states.RECEIVED)
_waiting = inbound.c.state == spelled(states.RECEIVED)


def _conditions(filters: Filters) -> Conditions:
    own = INBOUND_STATES.get(filters.state or "")
    asked = equal(
        (inbound.c.from_phone, filters.phone),
        (inbound.c.number, filters.number),
        (unindexed(inbound.c.carrier), filters.carrier),
        (unindexed(inbound.c.reason), filters.why),
        (unindexed(inbound.c.state), own),
    )
    named = [] if filters.keyword is None else [_done, _named(unindexed(inbound.c.keyword), filters.keyword)]
    replied = equal(
        (unindexed(_reply.c.state), None if own else filters.state),
        (unindexed(_reply.c.error_code), filters.error_code),
    )
    return [
        (select(inbound.c.id), [*asked, *named, *times(inbound.c.received_at, filters)]),
        (select(inbound.c.id).select_from(_exchange), replied),
    ]


def _named(column: ColumnElement[str], keyword: str) -> ColumnElement[bool]:
    return column.is_(None) if keyword == NOBODY else column == keyword


def _ways(connection: Connection, filters: Filters) -> list[Way]:
    found: list[Way] = []
    if filters.phone is not None:
        found.append((Seek((inbound.c.from_phone, inbound.c.id), (inbound.c.from_phone == filters.phone,)),))
    if filters.number is not None:
        these = inbound.c.number == filters.number, inbound.c.number.is_not(None)
        found.append((Seek((inbound.c.number, inbound.c.id), these),))
    if filters.error_code is not None:
        found.append(_by_error(filters))
    if filters.why is not None:
        found.append(_by_reason([filters.why], REASONED))
    if filters.state is not None:
        found += _by_state(connection, filters.state)
    if filters.keyword is not None or filters.carrier is not None:
        found.append(_by_keyword(connection, filters))
    return [*found, (Seek((inbound.c.id,), ()),)]


def _by_error(filters: Filters) -> Way:
    columns = outbound.c.error_code, outbound.c.state, outbound.c.inbound_id
    here = outbound.c.error_code == filters.error_code, outbound.c.error_code.is_not(None)
    chosen = [filters.state] if filters.state else OUTBOUND_STATES
    return tuple(Seek(columns, (*here, outbound.c.state == state)) for state in chosen)


def _by_reason(chosen: Sequence[str], ends: Sequence[str]) -> Way:
    columns = inbound.c.reason, inbound.c.state, inbound.c.id
    known = inbound.c.reason.is_not(None)
    return tuple(
        Seek(columns, (inbound.c.reason == reason, inbound.c.state == end, known)) for reason in chosen for end in ends
    )


def reasons(connection: Connection) -> list[str]:
    """Every reason that a message of the log has."""
    return distinct(connection, inbound.c.reason, inbound.c.reason.is_not(None))


def _by_state(connection: Connection, state: str) -> list[Way]:
    if state == states.RECEIVED:
        return [(Seek((inbound.c.id,), (_waiting,)),)]
    if state in INBOUND_STATES:  # a suppressed or failed message always has a reason
        return [_by_reason(reasons(connection), [INBOUND_STATES[state]])]
    here = (outbound.c.state == spelled(state),)
    if state not in UNLISTED:
        return [(Seek((outbound.c.state, outbound.c.inbound_id), (*here, *_listed)),)]
    # Few, by the index of what is due or under way. The sum keeps SQLite from the index that has the inbounds in order.
    few = {states.QUEUED: here, states.SENDING: (*here, _under_way)}
    return [(Seek((outbound.c.inbound_id + 0,), few[state]),)] if state in few else []


def _by_keyword(connection: Connection, filters: Filters) -> Way:
    """The stretches of a keyword, of a carrier, or of both; without a keyword what waits counts as well."""
    columns = inbound.c.keyword, inbound.c.carrier, inbound.c.id
    words = [filters.keyword] if filters.keyword else [NOBODY, *distinct(connection, inbound.c.keyword, _done)]
    carriers = [filters.carrier] if filters.carrier else distinct(connection, inbound.c.carrier)
    here = (
        Seek(columns, (_named(inbound.c.keyword, word), inbound.c.carrier == one, _done))
        for word in words
        for one in carriers
    )
    return (*here, *([] if filters.keyword else [Seek((inbound.c.id,), (_waiting,))]))


COLUMNS: Final = (
    "id", "received_at", "from_phone", "to_phone", "carrier",
    "body", "state", "reason", "keyword", "number", "language", "answered_at",
)  # fmt: skip


def _entry(row: Any) -> Entry:
    number, at, phone, ours, carrier, body, state, reason, keyword, member, language, answered_at, *rest = row
    reply = Reply(*rest) if rest[0] is not None else None
    place: tuple[int, int, str, str, str] = (number, at, phone, ours, carrier)
    return Entry("in", *place, reply, body, state, reason, keyword, member, language, answered_at)


EXCHANGES = Stream(
    side="in",
    key=inbound.c.id,
    time=inbound.c.received_at,
    conditions=_conditions,
    ways=_ways,
    rows=select(*(inbound.c[name] for name in COLUMNS), *reply_columns(_reply)).select_from(_exchange),
    entry=_entry,
)
