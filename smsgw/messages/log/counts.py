"""Counts: rows slot by slot, each a stretch of an index, in one statement for all slots."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, and_, func, select, true

from smsgw.messages.log.slots import Slot
from smsgw.messages.tables import outbound
from smsgw.store.sql import dialect_of, listed, spelled

Counts = list[int]
Coded = dict[tuple[str, str | None], Counts]
"""Counts by slot of what is in a state with a code, or with none."""


def added(size: int, counts: Any) -> Counts:
    """The sums, slot by slot, of counts of so many slots."""
    return [sum(one) for one in zip([0] * size, *counts, strict=True)]


def counted(
    connection: Connection, key: ColumnElement[int], conditions: Sequence[ColumnElement[bool]], found: Sequence[Slot]
) -> Counts:
    """How many rows of each slot meet the conditions, which lead through an index that ends in `key`."""
    slot = _slot(dialect_of(connection))
    inside = select(func.count()).where(*conditions, key >= slot.c.low, key < slot.c.high).correlate(slot)
    rows = select(slot.c.low, inside.scalar_subquery()).where(slot.c.high.is_not(None)).order_by(slot.c.low)
    by_low = Counter[int]()
    for low, count in connection.execute(rows, {"cuts": _cuts(found)}):
        by_low[low] += count
    return [by_low[one.low] if one.high > one.low else 0 for one in found]


def _cuts(found: Sequence[Slot]) -> list[int]:
    return sorted({end for one in found for end in (one.low, one.high)})


@cache
def _slot(dialect: str) -> Any:
    """Each number of the parameter `cuts` with the one that follows."""
    cut = listed(dialect, "cuts").c.value
    return select(cut.label("low"), func.lead(cut).over(order_by=cut).label("high")).cte("slot")


def coded(
    connection: Connection,
    key: ColumnElement[int],
    state: str,
    conditions: Sequence[ColumnElement[bool]],
    found: Sequence[Slot],
) -> Coded:
    """How many rows of each slot are in a state, by their codes: counted together, as their rows are opened anyway."""
    here = [outbound.c.state == spelled(state), *conditions]
    rows = _by_slot(dialect_of(connection), key, outbound.c.error_code, here)
    at = {one.low: n for n, one in enumerate(found) if one.high > one.low}
    counts: Coded = defaultdict(lambda: [0] * len(found))
    for low, code, count in connection.execute(rows, {"cuts": _cuts(found)}):
        if low in at:
            counts[state, code][at[low]] += count
    return counts


def _by_slot(
    dialect: str, key: ColumnElement[int], what: Column[Any], conditions: Sequence[ColumnElement[bool]]
) -> Any:
    """A count for each slot and value of a column, the index being read slot by slot.

    LATERAL leaves PostgreSQL no other plan: by a join it would compare every row with every slot.
    """
    slot = _slot(dialect)
    inside = *conditions, key >= slot.c.low, key < slot.c.high
    if dialect == "sqlite":
        joined = select(slot.c.low, what, func.count()).select_from(slot.join(what.table, and_(*inside)))
        return joined.group_by(slot.c.low, what)
    each = select(what, func.count().label("count")).where(*inside).group_by(what).correlate(slot).lateral("each")
    return select(slot.c.low, *each.c).select_from(slot.join(each, true()))
