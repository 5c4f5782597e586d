"""Proposals: one operator asks, another one agrees, once; nobody agrees to his own, not even past the program."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from smsgw.errors import NotPossible
from smsgw.operators import accounts, proposals
from smsgw.operators.tables import proposals as rows
from smsgw.store import Store

ABOUT = "membership/17"


@pytest.fixture
def staff(store: Store) -> Store:
    """A store with the operators 1 and 2."""
    with store.write() as connection:
        for name in ("rina", "budi"):
            accounts.add(connection, name, "branch", "x", 5)
    return store


def make(store: Store, maker: int = 1, about: str = ABOUT) -> int | str:
    try:
        with store.write() as connection:
            return proposals.make(connection, maker, "rebind", about, "HP hilang", 7)
    except NotPossible as refused:
        return refused.why


def decide(store: Store, operator: int, key: int = 1, *, agreed: bool = True) -> str:
    try:
        with store.write() as connection:
            return (proposals.agree if agreed else proposals.drop)(connection, operator, key, 9).about
    except NotPossible as refused:
        return refused.why


def test_another_agrees_once(staff: Store) -> None:
    assert make(staff) == 1
    assert (decide(staff, 1), decide(staff, 2), decide(staff, 2)) == ("own", ABOUT, "state")
    with staff.read() as connection:
        row = connection.execute(select(rows)).one()
        assert (row.state, row.maker_id, row.checker_id, row.decided_at) == ("agreed", 1, 2, 9)
        assert proposals.standing(connection, "rebind") == []


def test_one_stands_at_a_time_for_a_row(staff: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: make(staff), range(8)))
    assert made.count("asked") == 7
    assert isinstance(make(staff, 2, "membership/18"), int)
    with staff.read() as connection:
        first, _ = proposals.standing(connection, "rebind")
    assert (first.maker, first.about, first.reason) == ("rina", ABOUT, "HP hilang")
    assert decide(staff, 1, first.id, agreed=False) == ABOUT
    assert isinstance(make(staff), int)


def test_many_at_once_agree_once(staff: Store) -> None:
    make(staff)
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda _: decide(staff, 2), range(8)))
    assert sorted(said) == sorted([ABOUT, *["state"] * 7])


@pytest.mark.parametrize(("operator", "checker"), [(1, None), (2, 2)], ids=["taken back", "refused"])
def test_it_is_taken_back_or_refused(staff: Store, operator: int, checker: int | None) -> None:
    make(staff)
    assert decide(staff, operator, agreed=False) == ABOUT
    assert decide(staff, 2) == "state"
    with staff.read() as connection:
        assert connection.execute(select(rows.c.state, rows.c.checker_id)).one() == ("dropped", checker)


def test_the_database_refuses_a_checker_who_is_the_maker(staff: Store) -> None:
    make(staff)
    with pytest.raises(IntegrityError), staff.write() as connection:
        connection.execute(update(rows).values(checker_id=1))
