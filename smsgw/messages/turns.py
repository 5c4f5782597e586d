"""Turns: what is to be done now and then, by one of any number of processes."""

from sqlalchemy import ColumnElement, Connection, and_, exists, select, update

from smsgw.messages.tables import heartbeat
from smsgw.store import db_now
from smsgw.store.sql import dialect_of, insert_ignore


def start(connection: Connection, *names: str) -> None:
    """Let the first turn of each come in its time, where there has been none."""
    rows = [{"name": name} for name in names]
    connection.execute(insert_ignore(dialect_of(connection), heartbeat).values(at=db_now()), rows)


def _due(name: str, every_ms: int) -> ColumnElement[bool]:
    return and_(heartbeat.c.name == name, heartbeat.c.at <= db_now() - every_ms)


def is_due(connection: Connection, name: str, every_ms: int) -> bool:
    """Whether the turn is due."""
    return bool(connection.scalar(select(exists().where(_due(name, every_ms)))))


def claim(connection: Connection, name: str, every_ms: int) -> bool:
    """Whether the turn was due and is this process's now."""
    taken = update(heartbeat).where(_due(name, every_ms)).values(at=db_now())
    return connection.execute(taken).rowcount == 1
