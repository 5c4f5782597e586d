"""The few statements that SQLAlchemy spells differently for SQLite and PostgreSQL.

A statement is built once per dialect and reused: building one costs more than running it.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    ColumnElement,
    Connection,
    LargeBinary,
    String,
    Table,
    Text,
    any_,
    bindparam,
    column,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine


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


def spelled(word: str) -> ColumnElement[str]:
    """A word of the program, written into the statement: a partial index on it is not seen through a parameter.

    (SQLite then plans a statement anew at each run, and PostgreSQL never keeps a plan.)
    """
    return literal_column(f"'{word}'", String())


def listed(dialect: str, name: str) -> Any:
    """A table of one column, `value`: the whole numbers of the parameter `name`, however many."""
    if dialect == "sqlite":
        return func.json_each(bindparam(name, type_=JSON())).table_valued(column("value", BigInteger()), name=name)
    return _unnested(name, value=BigInteger())


def among(dialect: str, sealed: ColumnElement[str], name: str) -> ColumnElement[bool]:
    """Whether a sealed column is one of the parameter `name`: a list of any length, sealed already.

    PostgreSQL gets one array: a list in the statement makes each length a statement of its own, planned each time.
    """
    if dialect == "sqlite":
        return sealed.in_(bindparam(name, type_=LargeBinary(), expanding=True))
    return sealed == any_(bindparam(name, type_=ARRAY(LargeBinary())))


def given(dialect: str, **columns: ColumnElement[Any]) -> Mapping[str, ColumnElement[Any]]:
    """Values that differ from row to row, by name and in the type of a column: for a statement that `each` runs."""
    if dialect == "sqlite":
        return {name: bindparam(name, type_=like.type) for name, like in columns.items()}
    return dict(_unnested(None, **{name: _unbounded(like.type) for name, like in columns.items()}).c.items())


def _unnested(parameter: str | None, **types: TypeEngine[Any]) -> Any:
    arrays = [bindparam(parameter or name, type_=ARRAY(kind)) for name, kind in types.items()]
    table = func.unnest(*arrays).table_valued(*(column(name, kind) for name, kind in types.items()), name="given")
    return table.render_derived()


def _unbounded(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    return Text() if isinstance(kind, String) else kind  # a cast to VARCHAR(n) would cut off in silence


def insert_each(dialect: str, table: Table, values: Mapping[str, ColumnElement[Any]]) -> Any:
    """An INSERT of `given` values that leaves out rows whose key is there already, for `each` to run."""
    if dialect == "sqlite":
        return insert_ignore(dialect, table).values(values)
    return insert(dialect, table).from_select([*values], select(*values.values())).on_conflict_do_nothing()


def each(connection: Connection, statement: Any, rows: Sequence[Mapping[str, Any]], **same: Any) -> Any:
    """Run a statement of `given` values for every row; `same` are the parameters that all rows share.

    SQLite takes rows one by one at next to no cost; PostgreSQL gets them as arrays, for it plans and answers each run.
    """
    if dialect_of(connection) == "sqlite":
        return connection.execute(statement, [{**row, **same} for row in rows])
    return connection.execute(statement, {name: [row[name] for row in rows] for name in rows[0]} | same)
