"""Deletion: the rows of old messages go, their tombstones stay, so that a replay of one is never answered.

A tombstone is committed some time before its message is deleted: a replay whose statement began before the tombstone
was there cannot see it, and must still find the message. The last row of a log stays, so that no id is given twice.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, exists, func, not_, or_, select

from smsgw.messages.inbox import tombstone
from smsgw.messages.retention import INBOUND, OUTBOUND
from smsgw.messages.tables import inbound, outbound, outbound_event, seen_id
from smsgw.store import Store, db_now
from smsgw.store.leftovers import AT_ONCE
from smsgw.store.sql import dialect_of, insert_ignore

RESTS_MS: Final = 10_000
"""Between the commit of a tombstone and the deletion: far longer than a statement that records messages takes."""
NOTICES_DAYS: Final = 366
"""Days that a notice is kept at least: its key says that something was told, once in a year."""


@dataclass(frozen=True, slots=True)
class Old:
    """An inbound message that is old enough; `free`: so is all that was sent because of it, and nothing waits."""

    id: int
    digest: bytes
    free: bool


def _is_last(table: Table) -> ColumnElement[bool]:
    """Whether a row has the highest id of its log. SQLite would give that id away again, and others name it."""
    mine = table.alias()
    return table.c.id == select(func.max(mine.c.id)).scalar_subquery()


def _free(days: int) -> ColumnElement[bool]:
    needed = or_(OUTBOUND.is_open, not_(OUTBOUND.older(days)), _is_last(outbound))
    sent = exists().where(outbound.c.inbound_id == inbound.c.id, needed)
    return not_(or_(INBOUND.is_open, _is_last(inbound), sent))


def old(store: Store, connection: Connection, after: int, days: int) -> list[Old]:
    """The next messages older than `days`, in the order of their ids, beyond the id `after`."""
    columns = inbound.c.id, inbound.c.carrier, inbound.c.carrier_id, _free(days).label("free")
    page = select(*columns, INBOUND.older(days).label("old")).where(inbound.c.id > after)
    rows = connection.execute(page.order_by(inbound.c.id).limit(AT_ONCE))
    found = takewhile(lambda row: row.old, rows)
    return [Old(row.id, tombstone(store, row.carrier, row.carrier_id), bool(row.free)) for row in found]


def buried(connection: Connection, page: Sequence[Old]) -> tuple[set[bytes], set[bytes]]:
    """Those of these messages' tombstones that are there, and those that have rested long enough."""
    columns = seen_id.c.digest, (seen_id.c.seen_at < db_now() - RESTS_MS).label("rested")
    rows = connection.execute(select(*columns).where(seen_id.c.digest.in_([one.digest for one in page]))).all()
    return {row.digest for row in rows}, {row.digest for row in rows if row.rested}


def bury(connection: Connection, page: Sequence[Old]) -> None:
    """Write the tombstones of these messages."""
    rows = [{"digest": one.digest} for one in sorted(page, key=lambda one: one.digest)]
    if rows:
        connection.execute(insert_ignore(dialect_of(connection), seen_id).values(seen_at=db_now()), rows)


def delete_conversations(connection: Connection, ids: Collection[int], days: int) -> int:
    """Delete these messages with all that was sent because of them, where they are free still; how many."""
    mine = select(inbound.c.id).where(inbound.c.id.in_(ids), INBOUND.older(days), _free(days))
    free = connection.scalars(mine.order_by(inbound.c.id).with_for_update()).all()
    sent = select(outbound.c.id).where(outbound.c.inbound_id.in_(free)).order_by(outbound.c.id)
    _delete_sent(connection, connection.scalars(sent.with_for_update()).all())
    connection.execute(delete(inbound).where(inbound.c.id.in_(free)))
    return len(free)


def _unasked(days: int) -> ColumnElement[bool]:
    kept = max(days, NOTICES_DAYS)
    return and_(outbound.c.inbound_id.is_(None), OUTBOUND.older(kept), not_(or_(OUTBOUND.is_open, _is_last(outbound))))


def delete_notices(connection: Connection, days: int) -> int:
    """Delete the oldest of what nobody asked for; how many. No text of them is left either."""
    oldest = select(outbound.c.id).order_by(outbound.c.id).limit(AT_ONCE)
    mine = select(outbound.c.id).where(outbound.c.id.in_(oldest), _unasked(days))
    ids = connection.scalars(mine.order_by(outbound.c.id).with_for_update()).all()
    _delete_sent(connection, ids)
    return len(ids)


def _delete_sent(connection: Connection, ids: Collection[int]) -> None:
    # A report locks its message before it writes an event: none comes in between.
    connection.execute(delete(outbound_event).where(outbound_event.c.outbound_id.in_(ids)))
    connection.execute(delete(outbound).where(outbound.c.id.in_(ids)))


def rows_left(connection: Connection, days: int) -> int:
    """How many conversations and notices would be deleted. Reads the whole log."""
    conversations = select(func.count()).select_from(inbound).where(INBOUND.older(days), _free(days))
    notices = select(func.count()).select_from(outbound).where(_unasked(days))
    return sum(connection.scalar(count) or 0 for count in (conversations, notices))
