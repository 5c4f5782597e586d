"""Engines and transactions: SQLite in WAL mode with full sync, or PostgreSQL, behind two verbs."""

import select
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, MetaData, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from smsgw.errors import StoreUnavailable
from smsgw.store.cipher import Cipher

BUSY_MS = 10_000
LOOK_AGAIN_S = 0.0005
WRITE = "smsgw_write"
# A PostgreSQL that cannot be reached any more is found out in 10 to 20 s; over a Unix socket libpq heeds none of the
# keepalives. Nothing of ours holds a lock for longer than a moment, so 10 s are for others' locks, as at SQLite.
POSTGRESQL = {
    "connect_timeout": 3,
    "tcp_user_timeout": 10_000,  # ms
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "options": f"-c synchronous_commit=on -c timezone=UTC -c lock_timeout={BUSY_MS}",
}

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Store:
    """The database as two verbs. Both translate the driver's errors: StoreUnavailable, nothing stored."""

    def __init__(self, engine: Engine, cipher: Cipher) -> None:
        self.engine = engine
        self.cipher = cipher
        self._writer = engine.execution_options(**{WRITE: True})
        # PostgreSQL's transactions promise a reader no more than its statements do by themselves, at two round trips.
        self._alone = engine.dialect.name != "sqlite"
        self._reader = engine.execution_options(isolation_level="AUTOCOMMIT") if self._alone else engine

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reading. It takes no lock that a writer would wait for."""
        with _translated(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A short writing transaction, committed at the end of the block, undone by an exception.

        Look everything up and call everything slow before: no carrier call, no rendering inside.
        """
        with _translated(), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def write_one(self) -> Iterator[Connection]:
        """A connection for a single writing statement, which is a transaction by itself.

        PostgreSQL is spared BEGIN and COMMIT: two of three round trips, each of which costs as much as a small
        statement. Nothing holds a second statement together with the first.
        """
        with self.read() if self._alone else self.write() as connection:
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def open_store(url: str, cipher: Cipher) -> Store:
    """A store on `url` (sqlite:///…, postgresql://…). Connects at the first use, not here."""
    parsed = make_url(url)
    options: dict[str, Any] = {"pool_timeout": 5, "pool_size": 8, "max_overflow": 24, "hide_parameters": True}
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed, connect_args={"timeout": BUSY_MS / 1000}, **options)
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
    else:
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        engine = create_engine(parsed, connect_args=POSTGRESQL, **options)
        event.listen(engine, "checkout", _postgresql_checkout)
    engine.dialect.smsgw_cipher = cipher  # type: ignore[attr-defined]
    return Store(engine, cipher)


def _sqlite_connect(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by _sqlite_begin alone
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_MS}", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begin(connection: Connection) -> None:
    driver: Any = connection.connection.driver_connection
    if connection.get_execution_options().get(WRITE):
        _begin_to_write(driver)
    else:
        driver.execute("BEGIN")


def _begin_to_write(driver: sqlite3.Connection) -> None:
    # A transaction that reads first and writes later can fail with SQLITE_BUSY at once; IMMEDIATE waits for its
    # turn. SQLite itself would sleep longer and longer, up to 100 ms, where our transactions take a few.
    until = time.monotonic() + BUSY_MS / 1000
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while not _begun(driver, last_try=time.monotonic() >= until):
            time.sleep(LOOK_AGAIN_S)
    finally:
        driver.execute(f"PRAGMA busy_timeout={BUSY_MS}")


def _begun(driver: sqlite3.Connection, *, last_try: bool) -> bool:
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if last_try or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def _postgresql_checkout(connection: Any, record: Any, proxy: Any) -> None:
    # A server that has ended a session has closed its socket: that is seen without asking it each time.
    try:
        while _has_news(connection.fileno()):
            connection.pgconn.consume_input()
    except psycopg.Error as error:
        raise DisconnectionError from error


def _has_news(file: int) -> bool:
    poll = select.poll()
    poll.register(file, select.POLLIN)
    return bool(poll.poll(0))


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout, sqlite3.OperationalError) as error:
        raise StoreUnavailable(_reason(error)) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise StoreUnavailable(_reason(error)) from error
        raise


def _reason(error: Exception) -> str:
    # Only the driver's class and code: its text can quote data.
    origin = getattr(error, "orig", None) or error
    return f"database: {type(origin).__name__} {getattr(origin, 'sqlite_errorname', None) or ''}".strip()
