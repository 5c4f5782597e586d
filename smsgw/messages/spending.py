"""Spending: so many messages a day may leave, and the last fifth of them is kept for who has asked (docs/carriers.md).

A row a day in the database, counted in the step that claims. A message counts when it is claimed for the first time:
what is tried again is not paid for again.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, case, select, update

from smsgw.clock import DAY_MS, WIB_MS
from smsgw.messages.rows import PRIORITY, Kind
from smsgw.messages.tables import daily_sends
from smsgw.store import db_now
from smsgw.store.sql import dialect_of, insert_ignore

UNASKED: Final = PRIORITY[Kind.NOTICE]  # from this priority on nobody has asked
EVERY: Final = PRIORITY[Kind.ANNOUNCEMENT]
KEPT: Final = 5  # one part in so many is kept for replies and alerts
FULL, NEARLY = 2, 1  # levels that are told


@dataclass(frozen=True, slots=True)
class Day:
    """A day so far, in western Indonesia by the database's clock."""

    number: int
    sent: int

    def room(self, per_day: int, limit: int) -> tuple[int, int]:
        """How many of `limit` may leave now, and the least important priority that may."""
        unasked = per_day - per_day // KEPT - self.sent
        if unasked > 0:
            return min(limit, unasked), EVERY
        return max(0, min(limit, per_day - self.sent)), UNASKED - 1


_today = select((db_now() + WIB_MS) // DAY_MS).scalar_subquery()
_ROW = select(daily_sends.c.day, daily_sends.c.sent).where(daily_sends.c.day == _today)


def today(connection: Connection) -> Day:
    """Today, locked until the end of the transaction."""
    row = connection.execute(_ROW.with_for_update()).first()
    if row is None:
        connection.execute(insert_ignore(dialect_of(connection), daily_sends).values(day=_today, sent=0))
        row = connection.execute(_ROW.with_for_update()).one()
    return Day(*row)


def sent_today(connection: Connection) -> int:
    """How many have been counted today; 0 also where nobody counts."""
    row = connection.execute(_ROW).first()
    return row.sent if row is not None else 0


def count(connection: Connection, day: Day, messages: int) -> None:
    """Count messages that leave for the first time."""
    if messages:
        connection.execute(_COUNT, {"number": day.number, "more": messages})


def uncount(connection: Connection, messages: int) -> None:
    """Take back messages that were counted and did not leave after all."""
    left = case((daily_sends.c.sent > messages, daily_sends.c.sent - messages), else_=0)
    connection.execute(update(daily_sends).where(daily_sends.c.day == _today).values(sent=left))


_COUNT = (
    update(daily_sends)
    .where(daily_sends.c.day == bindparam("number"))
    .values(sent=daily_sends.c.sent + bindparam("more"))
)


def newly_reached(connection: Connection, per_day: int) -> int | None:
    """The level that today has come to and that nobody has told yet: FULL, or NEARLY."""
    for level, sent in ((FULL, per_day), (NEARLY, per_day - per_day // KEPT)):
        reached = daily_sends.c.day == _today, daily_sends.c.sent >= sent, daily_sends.c.told < level
        told = update(daily_sends).where(*reached).values(told=level).returning(daily_sends.c.day)
        if connection.execute(told).first() is not None:
            return level
    return None
