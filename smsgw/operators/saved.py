"""Saved filters of the message log: each operator's own, by name."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    delete,
    func,
    insert,
    select,
)

from smsgw.store import Sealed, metadata

MOST: Final = 30

saved_filters = Table(
    "saved_filters",
    metadata,
    Column("id", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True),
    Column("operator_id", BigInteger, ForeignKey("operators.id", ondelete="CASCADE"), nullable=False),
    Column("name", Sealed("filter"), nullable=False),  # what an operator calls it may name a person
    Column("query", Text, nullable=False),  # as in the page's address, which holds no personal data
    UniqueConstraint("operator_id", "name"),
)


@dataclass(frozen=True, slots=True)
class Saved:
    """A filter under its name; `query` is that of the page's address."""

    id: int
    name: str
    query: str


def of(connection: Connection, operator_id: int) -> list[Saved]:
    """An operator's filters, by name."""
    columns = saved_filters.c.id, saved_filters.c.name, saved_filters.c.query
    rows = connection.execute(select(*columns).where(saved_filters.c.operator_id == operator_id))
    return sorted((Saved(*row) for row in rows), key=lambda saved: saved.name.casefold())


def keep(connection: Connection, operator_id: int, name: str, query: str) -> bool:
    """Save a filter, in the place of one of the same name; False: there are MOST already."""
    forget(connection, operator_id, name=name)
    count = select(func.count()).where(saved_filters.c.operator_id == operator_id)
    if int(connection.scalar(count) or 0) >= MOST:
        return False
    connection.execute(insert(saved_filters).values(operator_id=operator_id, name=name, query=query))
    return True


def forget(connection: Connection, operator_id: int, *, name: str | None = None, key: int | None = None) -> None:
    """Remove one of an operator's filters, by name or key."""
    one = saved_filters.c.id == key if name is None else saved_filters.c.name == name
    connection.execute(delete(saved_filters).where(saved_filters.c.operator_id == operator_id, one))
