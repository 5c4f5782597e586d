"""Proposals: what one operator asks for and another one agrees to, each with a reason (maker and checker)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from smsgw.errors import NotPossible
from smsgw.operators.tables import operators, proposals
from smsgw.store.sql import dialect_of, insert_ignore


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal. `about` names a row by its key, as in the audit log; `maker` is an operator's name."""

    id: int
    act: str
    about: str
    reason: str
    state: str
    maker_id: int
    maker: str
    made_at: int


def make(connection: Connection, maker_id: int, act: str, about: str, reason: str, now_ms: int) -> int:
    """Ask for an act; the proposal's key. NotPossible: the same act is asked for already."""
    values = {"act": act, "about": about, "reason": reason, "state": "open", "maker_id": maker_id, "made_at": now_ms}
    row = insert_ignore(dialect_of(connection), proposals).values(**values).returning(proposals.c.id)
    made = connection.scalar(row)
    if made is None:
        raise NotPossible("asked")
    return int(made)


def agree(connection: Connection, checker_id: int, key: int, now_ms: int) -> Proposal:
    """Agree to a proposal of somebody else's, once; NotPossible: it is one's own, or not open any more."""
    row = _held(connection, key)
    if row.maker_id == checker_id:
        raise NotPossible("own")
    _close(connection, key, state="agreed", checker_id=checker_id, decided_at=now_ms)
    return row


def drop(connection: Connection, operator_id: int, key: int, now_ms: int) -> Proposal:
    """Refuse a proposal, or take one's own back; NotPossible: it is not open any more."""
    row = _held(connection, key)
    checker = operator_id if operator_id != row.maker_id else None
    _close(connection, key, state="dropped", checker_id=checker, decided_at=now_ms)
    return row


def standing(connection: Connection, act: str) -> Sequence[Proposal]:
    """The open proposals of an act, the oldest first."""
    mine = _CHOSEN.where(proposals.c.act == act, proposals.c.state == "open")
    return [Proposal(*row) for row in connection.execute(mine.order_by(proposals.c.id))]


def _held(connection: Connection, key: int) -> Proposal:
    found = _CHOSEN.where(proposals.c.id == key, proposals.c.state == "open").with_for_update(of=proposals)
    row = connection.execute(found).first()
    if row is None:
        raise NotPossible("state")
    return Proposal(*row)


def _close(connection: Connection, key: int, **values: Any) -> None:
    connection.execute(update(proposals).where(proposals.c.id == key).values(values))


_CHOSEN = select(
    proposals.c.id,
    proposals.c.act,
    proposals.c.about,
    proposals.c.reason,
    proposals.c.state,
    proposals.c.maker_id,
    operators.c.name,
    proposals.c.made_at,
).join(operators, operators.c.id == proposals.c.maker_id)
