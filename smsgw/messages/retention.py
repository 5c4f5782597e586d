"""Retention: the texts of messages are emptied in their time, and what else is of no use any more is left behind.

Rows are walked in the order of their ids, which is that of their time, up to the first that is too young: no index on
a time is needed, which every message would pay for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from sqlalchemy import ColumnElement, Connection, Table, and_, func, not_, or_, select, update

from smsgw.messages import states
from smsgw.messages.tables import contact, emptied, inbound, orphan_callback, outbound
from smsgw.store import db_now
from smsgw.store.leftovers import AT_ONCE, Leftover
from smsgw.store.sql import dialect_of, insert

DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Log:
    """A table of messages: when a row was written, in which states it is still needed, and what is emptied."""

    table: Table
    at: ColumnElement[int]
    open: tuple[str, ...]
    texts: tuple[str, ...]

    @property
    def is_open(self) -> ColumnElement[bool]:
        """Whether a row still waits for something."""
        return self.table.c.state.in_(self.open)

    def older(self, days: int) -> ColumnElement[bool]:
        """Whether a row is older than so many days."""
        return self.at < db_now() - days * DAY_MS


INBOUND: Final = Log(inbound, inbound.c.received_at, (states.RECEIVED,), ("body", "folded", "secret", "number"))
OUTBOUND: Final = Log(outbound, outbound.c.created_at, (states.QUEUED, states.SENDING, states.UNKNOWN), ("body",))
LOGS: Final = (INBOUND, OUTBOUND)


@dataclass(frozen=True, slots=True)
class Emptied:
    """How many rows were gone through, and those among them that were left because they still wait."""

    rows: int = 0
    waiting: Sequence[int] = ()


def empty(connection: Connection, log: Log, days: int) -> Emptied:
    """Empty the next texts older than `days`, except of messages that still wait. No rows: none is left."""
    table = log.table
    beyond = table.c.id > upto(connection, table.name)
    page = select(table.c.id, log.is_open.label("waits"), log.older(days).label("old")).where(beyond)
    found = connection.execute(page.order_by(table.c.id).limit(AT_ONCE).with_for_update()).all()
    old = [*takewhile(lambda row: row.old, found)]
    if old:
        closed = [row.id for row in old if not row.waits]
        connection.execute(update(table).where(table.c.id.in_(closed)).values(dict.fromkeys(log.texts)))
        remember(connection, table.name, old[-1].id)
    return Emptied(len(old), [row.id for row in old if row.waits])


def upto(connection: Connection, name: str) -> int:
    """The last row that a walk of this name has gone through."""
    return connection.scalar(select(emptied.c.upto).where(emptied.c.log == name)) or 0


def remember(connection: Connection, name: str, last_id: int) -> None:
    """A walk of this name has gone through the rows up to this one."""
    row = insert(dialect_of(connection), emptied).values(log=name, upto=last_id)
    changes = {"set_": {"upto": last_id}, "where": emptied.c.upto < last_id}
    connection.execute(row.on_conflict_do_update(index_elements=[emptied.c.log], **changes))


def texts_left(connection: Connection, days: int) -> int:
    """How many messages have a text that `empty` would empty. Reads the whole log."""
    return sum(
        connection.scalar(
            select(func.count()).where(log.older(days), not_(log.is_open), log.table.c.body.is_not(None))
        ) or 0
        for log in LOGS
    )  # fmt: skip


def leftovers(bodies_days: int, rows_days: int) -> Sequence[Leftover]:
    """Reports about messages that are not ours; offers that ended a day ago, since they hold what they offered;
    phones that did nothing but choose a language, long ago. A phone that opted out or is blocked is known for
    ever."""
    locked = and_(contact.c.locked_until.is_not(None), contact.c.locked_until > db_now())
    needed = or_(
        contact.c.opted_out_at.is_not(None), contact.c.blocked_at.is_not(None), locked, contact.c.offer.is_not(None)
    )
    ended = and_(contact.c.offer.is_not(None), contact.c.offer_until < db_now() - DAY_MS)
    return (
        Leftover(orphan_callback, orphan_callback.c.at < db_now() - bodies_days * DAY_MS),
        Leftover(contact, ended, ("offer", "offer_until")),
        Leftover(contact, and_(contact.c.updated_at < db_now() - rows_days * DAY_MS, not_(needed))),
    )
