"""The few statements that SQLAlchemy spells differently for SQLite and PostgreSQL.

A statement is built once per dialect and reused: building one costs more than running it.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, bindparam, func
from sqlalchemy import column as sql_column
from sqlalchemy.dialects import postgresql, sqlite


def insert(dialect: str, table: Table) -> Any:
    """An INSERT of the dialect, which knows ON CONFLICT."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


@cache
def insert_ignore(dialect: str, table: Table) -> Any:
    """An INSERT that leaves out rows whose key is there already."""
    return insert(dialect, table).on_conflict_do_nothing()


def given(dialect: str, columns: Sequence[Column[Any]]) -> Mapping[str, ColumnElement[Any]]:
    """The columns, by name, of the rows that `execute_given` is called with: a statement of one text for any number.

    SQLite runs it once a row; PostgreSQL, for which each run is a message of its own, gets arrays.
    """
    if dialect == "sqlite":
        return {column.name: bindparam(column.name, type_=column.type) for column in columns}
    arrays = [bindparam(column.name, type_=postgresql.ARRAY(column.type)) for column in columns]
    names = [sql_column(column.name, column.type) for column in columns]
    return dict(func.unnest(*arrays).table_valued(*names, name="given").render_derived().c.items())


def execute_given(connection: Connection, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Run a statement made over `given` for these rows, of which there is one at least."""
    if dialect_of(connection) == "sqlite":
        connection.execute(statement, rows)
    else:
        connection.execute(statement, {name: [row[name] for row in rows] for name in rows[0]})


def dialect_of(connection: Connection) -> str:
    """ "sqlite" or "postgresql"."""
    return connection.dialect.name
