"""The few statements that SQLAlchemy spells differently for SQLite and PostgreSQL."""

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert


def insert(connection: Connection, table: Table) -> Any:
    """An INSERT of the connection's dialect, which knows ON CONFLICT."""
    statement: PostgresInsert | SqliteInsert
    statement = sqlite_insert(table) if connection.dialect.name == "sqlite" else postgres_insert(table)
    return statement


def insert_ignore(connection: Connection, table: Table) -> Any:
    """An INSERT that leaves out rows whose key is there already."""
    return insert(connection, table).on_conflict_do_nothing()
