"""The few statements that SQLAlchemy spells differently for SQLite and PostgreSQL.

A statement is built once per dialect and reused: building one costs more than running it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    ColumnElement,
    Connection,
    Dialect,
    LargeBinary,
    String,
    Table,
    Text,
    and_,
    any_,
    bindparam,
    column,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeDecorator, TypeEngine

ROWS = "rows_given"


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
    return _unnested(name, BigInteger())


def among(dialect: str, one: ColumnElement[Any], name: str, kind: TypeEngine[Any] | None = None) -> ColumnElement[bool]:
    """Whether a column is one of the parameter `name`: a list of any length. A sealed column's, sealed already.

    PostgreSQL gets one array: a list in the statement makes each length a statement of its own, planned each time.
    """
    kind = kind or LargeBinary()
    if dialect == "sqlite":
        return one.in_(bindparam(name, type_=kind, expanding=True))
    return one == any_(bindparam(name, type_=ARRAY(kind)))


def given(dialect: str, **columns: ColumnElement[Any]) -> Mapping[str, ColumnElement[Any]]:
    """Values that differ from row to row, by name and in the type of a column: for a statement that `each` runs."""
    if dialect == "sqlite":
        return {name: bindparam(name, type_=like.type) for name, like in columns.items()}
    types = {name: _unbounded(like.type) for name, like in columns.items()}
    rows = func.json_to_recordset(bindparam(ROWS, type_=_Rows(tuple(types.items()))))
    table = rows.table_valued(*(column(name, kind) for name, kind in types.items()), name="given")
    return dict(table.render_derived(with_types=True).c.items())


def those_of(dialect: str, key: ColumnElement[Any], values: Mapping[str, ColumnElement[Any]], name: str) -> Any:
    """Whether a row is among those that `given` values tell by `name`.

    PostgreSQL takes a table of JSON for a hundred rows, which is why it would rather read a small table whole than go
    by the key: an array it takes for ten.
    """
    if dialect == "sqlite":
        return key == values[name]
    numbers = select(values[name]).correlate(None).scalar_subquery()
    return and_(key == any_(func.array(numbers)), key == values[name])


def locked(values: Mapping[str, ColumnElement[Any]], key: ColumnElement[Any], name: str) -> Any:
    """A table of the rows of `key` that `given` values tell by `name`, each locked, in the order of their keys.

    For PostgreSQL: an UPDATE locks rows in the order of its plan, and two in two orders wait for each other in a ring.
    """
    numbers = select(values[name]).correlate(None).scalar_subquery()
    rows = select(key.label("row_id")).where(key == any_(func.array(numbers)))
    return rows.order_by(key).with_for_update(of=key).cte("locked")


def unindexed(column: ColumnElement[str]) -> ColumnElement[str]:
    """A column of rows that are found by their keys, and not by its index.

    PostgreSQL's partial index may be full of rows that are gone from it; SQLite would take one of half the table.
    """
    return column.concat(literal_column("''"))


def _unnested(name: str, kind: TypeEngine[Any]) -> Any:
    numbers = func.unnest(bindparam(name, type_=ARRAY(kind)))
    return numbers.table_valued(column("value", kind), name=name).render_derived()


def _unbounded(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    return Text() if isinstance(kind, String) else kind  # a cast to VARCHAR(n) would cut off in silence


class _Rows(TypeDecorator[Any]):
    """Rows as one JSON text, their values converted as their columns ask for, bytes in PostgreSQL's hex."""

    impl = JSON
    cache_ok = True

    def __init__(self, types: tuple[tuple[str, TypeEngine[Any]], ...]) -> None:
        super().__init__()
        self.types = types

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """The rows, converted; JSON does the rest."""
        columns = [_converted(value, name, kind, dialect) for name, kind in self.types]
        names = [name for name, _ in self.types]
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _converted(rows: Sequence[Mapping[str, Any]], name: str, kind: TypeEngine[Any], dialect: Dialect) -> list[Any]:
    values = [row[name] for row in rows]
    if isinstance(kind, TypeDecorator):
        values = [kind.process_bind_param(value, dialect) for value in values]
    return [f"\\x{value.hex()}" if isinstance(value, bytes) else value for value in values]


def insert_each(dialect: str, table: Table, values: Mapping[str, ColumnElement[Any]]) -> Any:
    """An INSERT of `given` values that leaves out rows whose key is there already, for `each` to run."""
    if dialect == "sqlite":
        return insert_ignore(dialect, table).values(values)
    return insert(dialect, table).from_select([*values], select(*values.values())).on_conflict_do_nothing()


def each(connection: Connection, statement: Any, rows: Sequence[Mapping[str, Any]], **same: Any) -> Any:
    """Run a statement of `given` values for every row; `same` are the parameters that all rows share.

    SQLite takes rows one by one at next to no cost; PostgreSQL, which plans and answers each run, gets them at once.
    """
    if dialect_of(connection) == "sqlite":
        text, parameters = _spelled_out(statement, connection.dialect)
        columns = (parameter.column(rows, same) for parameter in parameters)
        return connection.exec_driver_sql(text, [*zip(*columns, strict=True)])
    return connection.execute(statement, {ROWS: rows, **same})


@dataclass(frozen=True, slots=True)
class _Parameter:
    """One parameter of a statement that was spelled out: its name, its constant value, and how it is converted."""

    name: str
    constant: Any
    convert: Callable[[Any], Any] | None

    def column(self, rows: Sequence[Mapping[str, Any]], same: Mapping[str, Any]) -> list[Any]:
        """Its value for each row."""
        if self.name in rows[0]:
            return [self.convert(row[self.name]) for row in rows] if self.convert else [row[self.name] for row in rows]
        value = same.get(self.name, self.constant)
        return [self.convert(value) if self.convert else value] * len(rows)


@cache
def _spelled_out(statement: Any, dialect: Dialect) -> tuple[str, tuple[_Parameter, ...]]:
    # SQLAlchemy's own way converts parameter by parameter and row by row, at the cost of the statement itself.
    compiled = statement.compile(dialect=dialect)
    named = ((name, compiled.binds[name]) for name in compiled.positiontup)
    parameters = (
        _Parameter(name, one.value, one.type.dialect_impl(dialect).bind_processor(dialect)) for name, one in named
    )
    return str(compiled), tuple(parameters)
