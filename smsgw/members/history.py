"""What is known of a membership beyond its own row: contributions, employments, claims, the holder's birth date."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import Row, Select, func, select

from smsgw.members.tables import claims, contributions, employments, memberships, people
from smsgw.store import Store

Rows = Sequence[Row[*tuple[Any, ...]]]


def months(store: Store, number: str, limit: int) -> Rows:
    """Month, amount and paid of the newest months of a membership, newest first."""
    columns = contributions.c.month, contributions.c.amount, contributions.c.paid
    return _of(store, number, select(*columns).order_by(contributions.c.month.desc()).limit(limit), contributions)


BEGAN: Final = {"JP": date(2015, 7, 1)}
"""The month of the first contributions to a programme, where that is within a working life (PP 45/2015)."""


def months_paid(store: Store, number: str, programme: str) -> int:
    """How many months of a membership are paid for a programme.

    Only the latest months are kept one by one: the earlier ones count as paid, from registration to the last payment.
    """
    span = select(memberships.c.registered_on, memberships.c.last_contribution_month)
    with store.read() as connection:
        row = connection.execute(span.where(memberships.c.number == number)).first()
    if row is None or row.last_contribution_month is None:
        return 0
    last: date = row.last_contribution_month
    first = max(row.registered_on or last, BEGAN.get(programme, date.min)).replace(day=1)
    unpaid = select(func.count()).where(~contributions.c.paid, contributions.c.month.between(first, last))
    missing: int = _of(store, number, unpaid, contributions)[0][0]
    return max(0, (last.year - first.year) * 12 + last.month - first.month + 1 - missing)


def employed(store: Store, number: str) -> Rows:
    """Employer, segment, since and until of a membership's employments, newest first."""
    columns = employments.c.employer, employments.c.segment, employments.c.since, employments.c.until
    return _of(store, number, select(*columns).order_by(employments.c.since.desc()), employments)


def claimed(store: Store, numbers: Sequence[str]) -> Rows:
    """Number, programme, stage, state, filed_on and changed_on of the claims of memberships, newest first."""
    columns = (
        claims.c.number,
        claims.c.programme,
        claims.c.stage,
        claims.c.state,
        claims.c.filed_on,
        claims.c.changed_on,
    )
    found = select(*columns).join(memberships, memberships.c.id == claims.c.membership_id)
    with store.read() as connection:
        mine = found.where(memberships.c.number.in_(numbers)).order_by(claims.c.filed_on.desc(), claims.c.id.desc())
        return connection.execute(mine).all()


def born(store: Store, number: str) -> date | None:
    """The birth date of a membership's holder."""
    found = select(people.c.birth_date).join(memberships, memberships.c.person_id == people.c.id)
    with store.read() as connection:
        text = connection.scalar(found.where(memberships.c.number == number))
    return date.fromisoformat(text) if text else None


def _of(store: Store, number: str, found: Select[Any], table: Any) -> Rows:
    with store.read() as connection:
        joined = found.join(memberships, memberships.c.id == table.c.membership_id)
        return connection.execute(joined.where(memberships.c.number == number)).all()
