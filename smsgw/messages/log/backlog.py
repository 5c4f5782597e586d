"""Backlog: what waits to be answered, to be sent and for certainty, and since when, by the indexes of what waits."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, select

from smsgw.messages import states
from smsgw.messages.tables import inbound, outbound
from smsgw.store import Store, db_now
from smsgw.store.sql import spelled


@dataclass(frozen=True, slots=True)
class Waiting:
    """Messages in one state: how many, and for how long the oldest of them, in ms; None: there is none."""

    state: str
    count: int
    age_ms: int | None


def backlog(store: Store) -> list[Waiting]:
    """What is received and not answered, queued, being sent, and uncertain, as it is now."""
    with store.read() as connection:
        now = int(connection.scalar(select(db_now())) or 0)
        counted = [(states.RECEIVED, *_waiting(connection, inbound, inbound.c.received_at, states.RECEIVED))]
        for state, more in ((states.QUEUED, []), (states.SENDING, [_under_way]), (states.UNKNOWN, [_under_way])):
            counted.append((state, *_waiting(connection, outbound, outbound.c.created_at, state, *more)))
    return [Waiting(state, count, None if at is None else max(0, now - at)) for state, count, at in counted]


_under_way = outbound.c.state.in_([spelled(states.SENDING), spelled(states.UNKNOWN)])  # as the index has it


def _waiting(
    connection: Connection, table: Table, since: ColumnElement[int], state: str, *more: ColumnElement[bool]
) -> tuple[int, int | None]:
    """How many rows are in a state, and when the one with the smallest number came to be."""
    here = table.c.state == spelled(state), *more
    row: Any = connection.execute(select(func.count(), func.min(table.c.id)).where(*here)).one()
    return row[0], connection.scalar(select(since).where(table.c.id == row[1])) if row[0] else None
