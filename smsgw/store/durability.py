"""Durability: how a database must be set, so that an acknowledged message survives a power cut (reliability, P1)."""

from collections.abc import Iterator

from sqlalchemy import Connection, text

from smsgw.store.engine import Store

FLUSHED = ("on", "local", "remote_write", "remote_apply")
"""Levels of synchronous_commit that wait for this server's own disk."""


def problems(store: Store) -> list[str]:
    """What is not safe about this database, each with its next step. StoreUnavailable: it cannot be asked."""
    look = _sqlite if store.engine.dialect.name == "sqlite" else _postgresql
    with store.read() as connection:
        return [*look(connection)]


def _sqlite(connection: Connection) -> Iterator[str]:
    mode = connection.scalar(text("PRAGMA journal_mode"))
    synchronous = connection.scalar(text("PRAGMA synchronous"))
    if mode != "wal" or synchronous != 2:
        yield (
            f"SQLite keeps journal {mode} and syncs at level {synchronous}: its folder must allow WAL files. "
            "Move the file from a network drive to a local disk."
        )


def _postgresql(connection: Connection) -> Iterator[str]:
    for name in ("fsync", "full_page_writes"):
        if connection.scalar(text(f"SHOW {name}")) != "on":
            yield f"PostgreSQL has {name} off: a power cut loses acknowledged messages. Set it on in postgresql.conf."
    commit = connection.scalar(text("SHOW synchronous_commit"))
    if commit not in FLUSHED:
        yield (
            f"PostgreSQL has synchronous_commit {commit} in our sessions: a crash loses acknowledged messages. "
            "Something between us and the server drops the option that sets it on; set it on for our role."
        )
