"""Many rows at once: executemany on SQLite, COPY on PostgreSQL."""

from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from sqlalchemy import Connection, Table, func, select, text

from smsgw.errors import StoreUnavailable

Row = tuple[Any, ...]


def alone(connection: Connection) -> None:
    """Let no other bulk write of memberships run before this transaction ends; readers do not notice."""
    if connection.dialect.name == "postgresql":  # on SQLite a writer is alone anyway
        connection.exec_driver_sql("LOCK TABLE memberships IN SHARE ROW EXCLUSIVE MODE")


def reserve_ids(connection: Connection, table: Table, count: int) -> list[int]:
    """`count` new ids for a table with an id of its own, rising; for use in this transaction."""
    if connection.dialect.name == "postgresql":
        sequence = text("SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)")
        return sorted(connection.execute(sequence, {"name": table.name, "count": count}).scalars())
    last: int = connection.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()
    return list(range(last + 1, last + 1 + count))


def insert_rows(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert rows of Python values, given in the order of `columns`; personal columns are encrypted as declared."""
    binders = [_binder(connection, table, name) for name in columns]
    ready = [tuple(bind(value) if bind else value for bind, value in zip(binders, row, strict=True)) for row in rows]
    names = ", ".join(columns)
    if connection.dialect.name == "postgresql":
        _copy(connection, f"COPY {table.name} ({names}) FROM STDIN", ready)
    elif ready:
        marks = ", ".join("?" * len(columns))
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", ready)  # noqa: S608 - our names


def refresh_statistics(connection: Connection) -> None:
    """Tell PostgreSQL's planner what was written, rather than wait for its own round: look-ups are slow until then."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "ANALYZE people, memberships, phones_on_record, contributions, jht_movements, employments, claims"
        )


def _binder(connection: Connection, table: Table, name: str) -> Callable[[Any], Any] | None:
    kind = table.c[name].type
    return kind.dialect_impl(connection.dialect).bind_processor(connection.dialect)


def _copy(connection: Connection, statement: str, rows: Sequence[Row]) -> None:
    driver: Any = connection.connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.OperationalError as error:  # SQLAlchemy does not see what the driver is asked directly
        raise StoreUnavailable(f"database: {type(error).__name__}") from error
