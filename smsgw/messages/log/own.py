"""What we wrote of our own accord, alerts, notices and announcements, as a stream of the log."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from smsgw.messages.log.entry import Entry, Reply
from smsgw.messages.log.filters import INBOUND_STATES, OUTBOUND_STATES, Filters
from smsgw.messages.log.seeks import Seek, Way, distinct
from smsgw.messages.log.streams import OUR_OWN, Conditions, Stream, equal, of_kinds, reply_columns, times
from smsgw.messages.rows import Kind
from smsgw.messages.tables import outbound
from smsgw.store.sql import spelled, unindexed

_ours = of_kinds(outbound.c.kind, OUR_OWN)
_no_reply = outbound.c.kind != spelled(Kind.REPLY)  # as the indexes' condition has it


def _conditions(filters: Filters) -> Conditions | None:
    if filters.number or filters.keyword or filters.why or filters.state in INBOUND_STATES:
        return None
    found = equal(
        (outbound.c.to_phone, filters.phone),
        (unindexed(outbound.c.carrier), filters.carrier),
        (unindexed(outbound.c.state), filters.state),
        (unindexed(outbound.c.error_code), filters.error_code),
    )
    return [(select(outbound.c.id), [_ours, *found, *times(outbound.c.created_at, filters)])]


def _ways(connection: Connection, filters: Filters) -> list[Way]:
    found: list[Way] = []
    states = [filters.state] if filters.state else OUTBOUND_STATES
    if filters.phone is not None:
        found.append((Seek((outbound.c.to_phone, outbound.c.id), (outbound.c.to_phone == filters.phone,)),))
    if filters.error_code is not None:
        columns = outbound.c.error_code, outbound.c.state, outbound.c.id
        here = outbound.c.error_code == filters.error_code, _no_reply, outbound.c.error_code.is_not(None)
        found.append(tuple(Seek(columns, (*here, outbound.c.state == state)) for state in states))
    return [*found, _by_state(connection, states, filters.carrier)]


def _by_state(connection: Connection, states: Sequence[str], carrier: str | None) -> Way:
    columns = outbound.c.state, outbound.c.carrier, outbound.c.id
    carriers = [carrier] if carrier else distinct(connection, outbound.c.carrier)
    return tuple(
        Seek(columns, (outbound.c.state == spelled(state), outbound.c.carrier == one, _no_reply))
        for state in states
        for one in carriers
    )


def _entry(row: Any) -> Entry:
    at, phone, ours, *rest = row
    reply = Reply(*rest)
    return Entry("out", reply.id, at, phone, ours, reply.carrier, reply)


OWN = Stream(
    side="out",
    key=outbound.c.id,
    time=outbound.c.created_at,
    conditions=_conditions,
    ways=_ways,
    rows=select(outbound.c.created_at, outbound.c.to_phone, outbound.c.from_phone, *reply_columns()),
    entry=_entry,
)
