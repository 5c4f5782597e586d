"""Touched: whose rows were written between two times, for the notice after a breach (UU PDP 27/2022, art. 46)."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, literal, select, union_all

from smsgw.messages.tables import inbound, outbound
from smsgw.store import Store


@dataclass(frozen=True, slots=True)
class Touched:
    """A phone, how many of its messages came in and went out in the time, the first of them and the last, in ms."""

    phone: str
    received: int
    sent: int
    first_at: int
    last_at: int


def touched(store: Store, since: int, until: int) -> Iterator[Touched]:
    """Every phone with a message that was written or changed at `since` or later and before `until`, one by one."""
    came = select(inbound.c.from_phone.label("phone"), literal(1).label("came"), inbound.c.received_at.label("at"))
    went = select(outbound.c.to_phone, literal(0), outbound.c.updated_at)
    rows = union_all(
        came.where(inbound.c.received_at >= since, inbound.c.received_at < until),
        went.where(outbound.c.created_at < until, outbound.c.updated_at >= since),
    ).subquery()
    counts = func.sum(rows.c.came), func.count() - func.sum(rows.c.came), func.min(rows.c.at), func.max(rows.c.at)
    with store.read() as connection:
        for row in connection.execute(select(rows.c.phone, *counts).group_by(rows.c.phone).order_by(rows.c.phone)):
            if row[0]:  # of an erased one nothing is known
                yield Touched(row[0], int(row[1]), int(row[2]), row[3], row[4])
