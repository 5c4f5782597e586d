"""Months paid: counted from registration to the last payment, less what is known to be missing, on both databases."""

from datetime import date

import pytest
from sqlalchemy import update

from smsgw.members.demo import DEMO_PEOPLE, populate
from smsgw.members.history import months_paid
from smsgw.members.tables import memberships
from smsgw.store import Store

SITI = DEMO_PEOPLE[0].number


@pytest.mark.parametrize(
    ("registered", "last", "programme", "months"),
    [
        (date(2018, 5, 1), date(2025, 9, 1), "JP", 88),  # keywords.md: 89 months, and June 2025 was not reported
        (date(2018, 5, 31), date(2025, 9, 1), "JP", 88),
        (date(2010, 1, 1), date(2025, 9, 1), "JP", 122),  # JP began in July 2015
        (date(2010, 1, 1), date(2025, 9, 1), "JHT", 188),
        (date(2025, 9, 1), date(2025, 9, 1), "JP", 1),
        (date(2026, 1, 1), date(2025, 9, 1), "JP", 0),
        (None, date(2025, 9, 1), "JP", 1),
        (date(2018, 5, 1), None, "JP", 0),
        (date(2010, 1, 1), date(2014, 12, 1), "JP", 0),
    ],
)
def test_months_paid(store: Store, registered: date | None, last: date | None, programme: str, months: int) -> None:
    populate(store, 8, 1)
    values = {"registered_on": registered, "last_contribution_month": last}
    with store.write() as connection:
        connection.execute(update(memberships).where(memberships.c.number == SITI).values(values))
    assert months_paid(store, SITI, programme) == months


def test_nobodys_months(store: Store) -> None:
    assert months_paid(store, "99999999999", "JP") == 0
