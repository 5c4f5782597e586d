"""Leftovers: rows that are of no use any more, found by reading a whole table and left behind a few at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Table, delete, select, update

from smsgw.store.engine import Store

AT_ONCE: Final = 200  # rows in a transaction
FOUND: Final = 10_000  # in one reading


@dataclass(frozen=True, slots=True)
class Leftover:
    """What is over in a table: its rows are deleted, or these columns of them emptied."""

    table: Table
    over: ColumnElement[bool]
    emptied: tuple[str, ...] = ()


def leave(store: Store, leftover: Leftover) -> Iterator[int]:
    """Leave all of it behind, each time in a short transaction; how many rows each time."""
    key = leftover.table.primary_key.columns[0]
    while True:
        with store.read() as connection:
            keys = connection.scalars(select(key).where(leftover.over).limit(FOUND)).all()
        for start in range(0, len(keys), AT_ONCE):
            mine = key.in_(keys[start : start + AT_ONCE]), leftover.over
            gone = update(leftover.table).where(*mine).values(dict.fromkeys(leftover.emptied))
            with store.write() as connection:
                yield connection.execute(gone if leftover.emptied else delete(leftover.table).where(*mine)).rowcount
        if len(keys) < FOUND:
            return
