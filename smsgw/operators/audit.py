"""The audit log: who did what to which row, when, from where and why. Rows are only ever added."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select

from smsgw.operators.tables import audit

LOOKED_OVER = 5_000  # rows of which the reason is read, when it is searched: it is encrypted


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and from which address. `operator_id` None: whoever has the command line."""

    name: str
    operator_id: int | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the log."""

    id: int
    at: int
    actor: str
    act: str
    about: str
    reason: str
    address: str


@dataclass(frozen=True, slots=True)
class Filter:
    """What to look for; empty: anything. `before`: rows with a smaller id."""

    actor: str = ""
    act: str = ""
    about: str = ""
    reason: str = ""
    address: str = ""
    since: int | None = None
    until: int | None = None
    before: int | None = None


def add(connection: Connection, actor: Actor, act: str, about: str, reason: str, now_ms: int) -> None:
    """Write down an act, in the transaction that does it: if one of the two fails, neither has happened."""
    who = {"operator_id": actor.operator_id, "actor": actor.name, "address": actor.address}
    what = {"act": act, "about": about, "reason": reason or None}
    connection.execute(insert(audit).values(at=now_ms, **who, **what))


def find(connection: Connection, wanted: Filter, limit: int) -> list[Row]:
    """The newest rows that fit, newest first; one more than `limit` where there are more."""
    columns = audit.c.id, audit.c.at, audit.c.actor, audit.c.act, audit.c.about, audit.c.reason, audit.c.address
    chosen = select(*columns).where(*_conditions(wanted)).order_by(audit.c.id.desc())
    if not wanted.reason:
        return [_row(row) for row in connection.execute(chosen.limit(limit + 1))]
    words = wanted.reason.casefold()
    read = (_row(row) for row in connection.execute(chosen.limit(LOOKED_OVER)))
    return [row for row in read if words in row.reason.casefold()][: limit + 1]


def acts(connection: Connection) -> Sequence[str]:
    """Every act that is in the log."""
    return connection.scalars(select(audit.c.act).distinct().order_by(audit.c.act)).all()


def _row(row: Any) -> Row:
    return Row(row.id, row.at, row.actor, row.act, row.about, row.reason or "", row.address)


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    equal = {"actor": wanted.actor, "act": wanted.act, "address": wanted.address}
    found = [audit.c[name] == value for name, value in equal.items() if value]
    if wanted.about:
        found.append(audit.c.about.startswith(wanted.about, autoescape=True))
    bounds = ((wanted.since, audit.c.at.__ge__), (wanted.until, audit.c.at.__lt__), (wanted.before, audit.c.id.__lt__))
    return found + [compare(value) for value, compare in bounds if value is not None]
