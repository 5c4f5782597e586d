"""The few statements that SQLAlchemy spells differently for SQLite and PostgreSQL.

A statement is built once per dialect and reused: building one costs more than running it.
"""

from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert(dialect: str, table: Table) -> Any:
    """An INSERT of the dialect, which knows ON CONFLICT."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


@cache
def insert_ignore(dialect: str, table: Table) -> Any:
    """An INSERT that leaves out rows whose key is there already."""
    return insert(dialect, table).on_conflict_do_nothing()


def dialect_of(connection: Connection) -> str:
    """ "sqlite" or "postgresql"."""
    return connection.dialect.name
