"""Touched: whose messages were written between two times, for the notice after a breach (UU PDP 27/2022, art. 46)."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, func, select

from smsgw.messages.tables import contact, inbound, outbound
from smsgw.store import Store
from smsgw.traces import Trace, What

# Opted out, blocked, locked, a language chosen: all of it is one row a phone, of which the last writing is known.
_SOURCES: Final[tuple[tuple[What, Column[Any], Column[Any]], ...]] = (
    ("message_in", inbound.c.from_phone, inbound.c.received_at),
    ("message_out", outbound.c.to_phone, outbound.c.updated_at),
    ("contact", contact.c.phone, contact.c.updated_at),
)


def touched(store: Store, since: int, until: int) -> Iterator[Trace]:
    """Every phone with a message, or with what is remembered of it, that was written at `since` or later and before
    `until`, kind by kind."""
    for what, phone, at in _SOURCES:
        figures = func.count(), func.min(at), func.max(at)
        found = select(phone, *figures).where(*_within(at, since, until)).group_by(phone).order_by(phone)
        with store.read() as connection:
            for row in connection.execute(found):
                if row[0]:  # of an erased one nothing is known
                    yield Trace(what, row[0], "", *row[1:])


def _within(at: Column[Any], since: int, until: int) -> list[ColumnElement[bool]]:
    # What was written again after `until` may have been written in between too: it counts where it was there already.
    if at is outbound.c.updated_at:
        return [outbound.c.created_at < until, at >= since]
    return [at >= since, at < until]
