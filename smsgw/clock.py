"""The gateway's clock: sessions, lockouts, idle times and the dates of rules run on it (reliability §4.3, rule 10).

Leases and attempts run on the database's own clock instead (smsgw.store.db_now). A tester may move this one: how far
is a row in the database, so that all processes agree. In production it is not read, and cannot be moved.
"""

import time
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy import BigInteger, Column, SmallInteger, Table, func, literal_column, select

from smsgw.errors import StoreUnavailable
from smsgw.store import Store, metadata
from smsgw.store.sql import dialect_of, insert

WIB = timedelta(hours=7)
DAY_MS = 86_400_000
WIB_MS = WIB // timedelta(milliseconds=1)

# One row: how far the clock is moved.
clock_offset = Table(
    "clock_offset",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("offset_ms", BigInteger, nullable=False),
)


OFFSET: Final = func.coalesce(
    select(clock_offset.c.offset_ms).where(clock_offset.c.id == literal_column("1")).scalar_subquery(),
    literal_column("0"),
)
"""How far the clock is moved, for a statement that reads something else at the same time."""


class Clock:
    """Now, for the rules of people. `movable`: whether the offset in the database counts."""

    def __init__(self, store: Store, *, movable: bool = False) -> None:
        self._store = store
        self._movable = movable

    def now_ms(self, offset_ms: int | None = None) -> int:
        """Milliseconds since 1970 UTC. `offset_ms`: the offset, where it was read already (OFFSET).

        StoreUnavailable: the offset cannot be read.
        """
        real = time.time_ns() // 1_000_000
        if not self._movable:
            return real
        return real + (self._offset() if offset_ms is None else offset_ms)

    def move(self, ms: int) -> None:
        """Move the clock on (or back) for all processes, from where it stands."""
        if not self._movable:
            raise StoreUnavailable("the clock is not movable outside a demo")
        with self._store.write() as connection:
            statement = insert(dialect_of(connection), clock_offset).values(id=1, offset_ms=ms)
            added = {"offset_ms": clock_offset.c.offset_ms + ms}
            connection.execute(statement.on_conflict_do_update(index_elements=[clock_offset.c.id], set_=added))

    def _offset(self) -> int:
        with self._store.read() as connection:
            return int(connection.scalar(select(OFFSET)) or 0)


def day_of(now_ms: int) -> date:
    """The date in western Indonesia, where the day of a rule begins."""
    return (datetime.fromtimestamp(now_ms / 1000, UTC) + WIB).date()


def today() -> date:
    """The date in western Indonesia by this machine's clock."""
    return day_of(time.time_ns() // 1_000_000)
