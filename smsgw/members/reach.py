"""Reach: the phone that hears a membership's news unasked, and what there is to tell it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, ScalarSelect, Select, and_, exists, func, select

from smsgw.members.directory import IDLE_MS
from smsgw.members.tables import bindings, claims, jht_movements, memberships, people, phones_on_record


@dataclass(frozen=True, slots=True)
class StageChange:
    """A claim that has come to another stage, or to its end, as it now stands."""

    claim: str
    membership_id: int
    programme: str
    stage: int
    state: str
    changed_on: date


@dataclass(frozen=True, slots=True)
class Account:
    """A JHT account and the phone that is told of it. `growth`: what it earned in the year of its day, if recorded."""

    membership_id: int
    phone: str
    number: str
    name: str
    balance: int
    balance_on: date | None
    growth: int | None = None


def bound_phones(connection: Connection, ids: Iterable[int], now_ms: int) -> dict[int, str]:
    """The phone bound to each of these memberships, by the membership's key.

    A binding that was not used for sixty days tells nobody anything: the number may have been sold again.
    """
    found = select(bindings.c.membership_id, bindings.c.phone).where(_in_use(now_ms))
    return dict(connection.execute(found.where(bindings.c.membership_id.in_([*ids]))).all())


def claims_of(connection: Connection, membership_id: int) -> list[str]:
    """The numbers of a membership's claims."""
    return [*connection.scalars(select(claims.c.number).where(claims.c.membership_id == membership_id))]


def accounts(connection: Connection, after: int, limit: int, now_ms: int, *, on_record: bool) -> list[Account]:
    """Living members' JHT accounts that a phone can be told of, by key, beyond the key `after`.

    The phone is the bound one; with `on_record` else the first on the membership's record that is on nobody else's.
    """
    rows = connection.execute(_accounts(now_ms, on_record=on_record).where(memberships.c.id > after).limit(limit)).all()
    grown = _growth(connection, [(row[0], row[-1]) for row in rows if row[-1] is not None])
    return [replace(Account(*row), growth=grown.get(row[0])) for row in rows]


def _in_use(now_ms: int) -> ColumnElement[bool]:
    return and_(bindings.c.state == "active", bindings.c.used_at >= now_ms - IDLE_MS)


def _accounts(now_ms: int, *, on_record: bool) -> Select[Any]:
    bound = select(bindings.c.phone).where(bindings.c.membership_id == memberships.c.id, _in_use(now_ms))
    phone = func.coalesce(bound.scalar_subquery(), _recorded()) if on_record else bound.scalar_subquery()
    told = (memberships.c.id, phone, memberships.c.number, people.c.name)
    chosen = select(*told, memberships.c.jht_balance, memberships.c.jht_balance_on).join(people)
    alive = memberships.c.jht_balance.is_not(None), memberships.c.status != "MENINGGAL"
    return chosen.where(*alive, phone.is_not(None)).order_by(memberships.c.id)


def _recorded() -> ScalarSelect[Any]:
    mine, theirs, owner = phones_on_record, phones_on_record.alias(), memberships.alias()
    elsewhere = select(owner.c.id).join(theirs, theirs.c.membership_id == owner.c.id)
    same_phone, another = theirs.c.phone == mine.c.phone, owner.c.person_id != memberships.c.person_id
    anothers = exists(elsewhere.where(same_phone, another).correlate(mine, memberships))
    found = select(mine.c.phone).where(mine.c.membership_id == memberships.c.id, ~anothers)
    return found.correlate(memberships).order_by(mine.c.phone).limit(1).scalar_subquery()


def _growth(connection: Connection, accounts: Sequence[tuple[int, date]]) -> dict[int, int]:
    years = dict(accounts)
    found = select(jht_movements.c.membership_id, jht_movements.c.moved_on, jht_movements.c.amount).where(
        jht_movements.c.membership_id.in_([*years]), jht_movements.c.kind == "HASIL"
    )
    grown: dict[int, int] = {}
    for key, moved_on, amount in connection.execute(found):
        if moved_on.year == years[key].year:
            grown[key] = grown.get(key, 0) + amount
    return grown
