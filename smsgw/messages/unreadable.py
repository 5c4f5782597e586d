"""Unreadable: what waits under another data key is set aside, so that it holds up nobody else."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, bindparam, or_, select, update

from smsgw.errors import KeyLost
from smsgw.store import db_now

AGAIN_MS: Final = 30 * 60_000
"""Until it is tried again: the right key may be back by then."""
PAGE = 500


def set_aside(connection: Connection, table: Table, read: Any, waiting: ColumnElement[bool], token: str) -> list[int]:
    """Put off what waits, or was just claimed under `token`, and cannot be opened; the ids of it.

    `read`: the SELECT of all that is read of a claimed row, with the expanding parameter `ids`. What else was claimed
    under the token by a statement that was committed before its rows were read is free again.
    """
    mine = table.c.claim_token == bindparam("token")
    ids = connection.scalars(select(table.c.id).where(or_(waiting, mine)).order_by(table.c.id), {"token": token}).all()
    lost = [one for page in _pages(ids) for one in _lost(connection, read, page)]
    connection.execute(update(table).where(mine).values(claim_token=None, claimed_at=None), {"token": token})
    for page in _pages(lost):
        connection.execute(update(table).where(table.c.id.in_(page)).values(next_attempt_at=db_now() + AGAIN_MS))
    return lost


def _lost(connection: Connection, read: Any, ids: Sequence[int]) -> list[int]:
    try:
        connection.execute(read, {"ids": [*ids]}).all()
    except KeyLost:
        if len(ids) == 1:
            return [*ids]
        half = len(ids) // 2
        return _lost(connection, read, ids[:half]) + _lost(connection, read, ids[half:])
    return []


def _pages(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + PAGE] for start in range(0, len(ids), PAGE))
