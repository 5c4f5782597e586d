"""Claiming: claims as a branch sees them, and one moved on by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, select, update

from smsgw.errors import NotPossible
from smsgw.members.reach import StageChange
from smsgw.members.tables import claims, memberships
from smsgw.members.words import CLAIM_STATES

STAGES = range(1, 7)


@dataclass(frozen=True, slots=True)
class Filed:
    """A claim and the membership that it is of."""

    id: int
    claim: str
    number: str
    programme: str
    stage: int
    state: str
    filed_on: date
    changed_on: date


def newest(connection: Connection, limit: int) -> Sequence[Filed]:
    """The claims that changed last."""
    return [Filed(*row) for row in connection.execute(_CHOSEN.order_by(claims.c.id.desc()).limit(limit))]


def by_id(connection: Connection, key: int) -> Filed | None:
    """A claim by its key."""
    row = connection.execute(_CHOSEN.where(claims.c.id == key)).first()
    return None if row is None else Filed(*row)


def key_of(connection: Connection, claim: str) -> int | None:
    """The key of a claim by its number, as K2510-00123."""
    return connection.scalar(select(claims.c.id).where(claims.c.number == claim))


def move(connection: Connection, key: int, stage: int, state: str, today: date) -> StageChange:
    """Bring an open claim to another stage, or to its end. NotPossible: it has ended, or stands there already."""
    row: Any = connection.execute(select(claims).where(claims.c.id == key).with_for_update()).first()
    if row is None or row.state != "open" or (row.stage, row.state) == (stage, state):
        raise NotPossible("state")
    if stage not in STAGES or state not in CLAIM_STATES:
        raise NotPossible("value")
    connection.execute(update(claims).where(claims.c.id == key).values(stage=stage, state=state, changed_on=today))
    return StageChange(row.number, row.membership_id, row.programme, stage, state, today)


_CHOSEN = select(
    claims.c.id,
    claims.c.number,
    memberships.c.number,
    claims.c.programme,
    claims.c.stage,
    claims.c.state,
    claims.c.filed_on,
    claims.c.changed_on,
).join(memberships, memberships.c.id == claims.c.membership_id)
