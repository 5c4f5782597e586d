"""Newcomers: how many phones write that never wrote before, since a rush of them is a fraud's first sign (T25)."""

from typing import Final

from sqlalchemy import Connection, delete, exists, func, insert, select

from smsgw.messages.tables import inbound, newcomers
from smsgw.store import Store, db_now

TURN: Final = "newcomers"
EVERY_MS: Final = 300_000
HOUR_MS: Final = 3_600_000
KEPT_MS: Final = 24 * HOUR_MS


def count(store: Store) -> int:
    """Count those since the last time, for whoever has the turn; how many there were within the last hour.

    Each message is looked at once: a step in an index. The first count is none, whoever has written until then.
    """
    with store.read() as connection:
        last = connection.scalar(select(func.max(newcomers.c.upto)))
        upto = connection.scalar(select(func.max(inbound.c.id))) or 0
        new = 0 if last is None else _between(connection, last, upto)
    with store.write() as connection:
        if last is None or upto > last:
            connection.execute(insert(newcomers).values(upto=upto, at=db_now(), phones=new))
        connection.execute(delete(newcomers).where(newcomers.c.at < db_now() - KEPT_MS, newcomers.c.upto < upto))
        return within_hour(connection)


def _between(connection: Connection, last: int, upto: int) -> int:
    before = inbound.alias("before")
    known = exists().where(before.c.from_phone == inbound.c.from_phone, before.c.id <= last)
    found = select(func.count(inbound.c.from_phone.distinct())).where(inbound.c.id > last, inbound.c.id <= upto, ~known)
    return connection.scalar(found) or 0


def within_hour(connection: Connection) -> int:
    """How many phones wrote for the first time within the last hour, as far as they are counted."""
    lately = newcomers.c.at > db_now() - HOUR_MS
    return int(connection.scalar(select(func.coalesce(func.sum(newcomers.c.phones), 0)).where(lately)) or 0)
