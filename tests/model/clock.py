"""A database whose clock is moved by hand, and SQLite's stands still meanwhile: time passes in no time."""

import time
from typing import Any

from sqlalchemy import event

from smsgw.store import Store

UNIX_EPOCH = 2_440_587.5  # as a Julian day
DAY_MS = 86_400_000
# PostgreSQL finds this function before its own, where the search path says so.
_POSTGRESQL = (
    "CREATE SCHEMA model",
    "CREATE TABLE model.moved (ms bigint NOT NULL)",
    "INSERT INTO model.moved VALUES (0)",
    "CREATE FUNCTION model.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS "
    "'SELECT pg_catalog.clock_timestamp() + ms * interval ''1 millisecond'' FROM model.moved'",
)


class DatabaseClock:
    """The clock of one database, in epoch milliseconds. Made before the store's first connection."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stands_at_ms = time.time_ns() // 1_000_000
        self._moved_ms = 0
        self._is_sqlite = store.engine.dialect.name == "sqlite"
        if self._is_sqlite:
            event.listen(store.engine, "connect", self._take_over)
        else:
            self._install()

    def now_ms(self) -> int:
        """What the database takes for now."""
        real = self._stands_at_ms if self._is_sqlite else time.time_ns() // 1_000_000
        return real + self._moved_ms

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self._moved_ms += int(seconds * 1000)
        if not self._is_sqlite:
            with self._store.write() as connection:
                connection.exec_driver_sql(f"UPDATE model.moved SET ms = {self._moved_ms}")

    def _take_over(self, connection: Any, record: Any) -> None:
        # One value throughout a statement, as SQLite's own.
        connection.create_function("julianday", 1, self._julian_day, deterministic=True)

    def _julian_day(self, text: str) -> float:
        return (self.now_ms() + 0.5) / DAY_MS + UNIX_EPOCH

    def _install(self) -> None:
        with self._store.write() as connection:
            name = connection.exec_driver_sql("SELECT current_database()").scalar()
            for statement in _POSTGRESQL:
                connection.exec_driver_sql(statement)
            connection.exec_driver_sql(f"ALTER DATABASE {name} SET search_path = model, pg_catalog, public")
        self._store.engine.dispose()  # the search path is read at the beginning of a session
