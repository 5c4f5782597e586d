"""The demo population: believable, repeatable, extendable, and its pairs without a database."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import islice
from random import Random

import pytest
from sqlalchemy import Table, func, select

from smsgw.members.demo import (
    DEMO_PEOPLE,
    MAX_COUNT,
    OtherPopulation,
    Populated,
    demo_pairs,
    history_months,
    populate,
)
from smsgw.members.demo_cards import card
from smsgw.members.demo_identity import identity, nik
from smsgw.members.demo_past import with_past
from smsgw.members.directory import Directory
from smsgw.members.history import claimed, employed
from smsgw.members.import_columns import COLUMNS
from smsgw.members.tables import (
    claims,
    contributions,
    employments,
    jht_movements,
    memberships,
    people,
    phones_on_record,
)
from smsgw.members.words import MOVEMENTS
from smsgw.phones import is_mobile_id
from smsgw.store import Store

TABLES = (people, memberships, phones_on_record, contributions, jht_movements, employments, claims)
TODAY = date(2026, 11, 24)


def rows(store: Store, table: Table) -> Sequence[tuple[object, ...]]:
    with store.read() as connection:
        keys = list(table.primary_key.columns)
        return [tuple(row) for row in connection.execute(select(table).order_by(*keys))]


def all_rows(store: Store) -> list[list[tuple[object, ...]]]:
    return [sorted(rows(store, table), key=repr) for table in TABLES]


def test_siti_is_as_the_documents_have_her(store: Store) -> None:
    populate(store, 1, 1)
    (siti,) = Directory(store).entitled([("+6281218050012", "18050012345")])[0].memberships
    assert (siti.name, siti.status, siti.segment, siti.employer) == ("SITI RAHAYU", "AKTIF", "PU", "PT MAJU JAYA")
    assert (siti.jht_balance, siti.jht_balance_on) == (23_451_200, date(2025, 10, 31))
    assert (siti.last_contribution, siti.last_contribution_month) == (285_000, date(2025, 9, 1))
    assert (siti.registered_on, siti.programmes) == (date(2018, 5, 1), ("JHT", "JKK", "JKM", "JP", "JKP"))
    with store.read() as connection:
        held = select(people.c.nik, people.c.birth_date).join(memberships).where(memberships.c.id == siti.id)
        assert connection.execute(held).one() == ("9973014107900003", "1990-07-01")
        paid = select(func.sum(contributions.c.amount)).where(contributions.c.membership_id == siti.id)
        assert connection.execute(paid).scalar() == 2_250_000


def test_siti_has_two_employers_and_joko_a_claim(store: Store) -> None:
    populate(store, 1, 1)
    assert [tuple(row) for row in employed(store, "18050012345")] == [
        ("PT MAJU JAYA", "PU", date(2018, 5, 1), None),
        ("CV ABADI", "PU", date(2015, 2, 1), date(2018, 4, 30)),
    ]
    claim = ("K2510-00123", "JHT", 4, "open", date(2025, 10, 2), date(2025, 10, 20))
    assert [tuple(row) for row in claimed(store, ["99090000012", "18050012345"])] == [claim]


def test_everybody_of_the_menu_is_entitled(store: Store) -> None:
    populate(store, 1, 1)
    found = Directory(store).entitled([(one.phone, one.number) for one in DEMO_PEOPLE])
    assert [one.memberships[0].number for one in found] == [one.number for one in DEMO_PEOPLE]
    assert len({one.label for one in DEMO_PEOPLE}) == len(DEMO_PEOPLE)


def test_the_same_again_changes_nothing(store: Store) -> None:
    first = populate(store, 2_100, 1)
    before = all_rows(store)
    assert first == Populated(2_100, len(before[1]), 0)
    assert populate(store, 2_100, 1) == Populated(0, 0, 2_100)
    assert populate(store, 50, 1) == Populated(0, 0, 50)
    assert all_rows(store) == before


def test_a_larger_count_extends(store: Store) -> None:
    populate(store, 300, 7)
    before = set(rows(store, memberships))
    populate(store, 2_500, 7)
    assert before < set(rows(store, memberships))
    with store.read() as connection:
        assert connection.execute(select(func.count()).select_from(people)).scalar() == 2_500


def test_two_seeds_are_two_populations(sqlite_store: Store) -> None:
    populate(sqlite_store, 200, 1)
    populate(sqlite_store, 200, 2)
    populate(sqlite_store, 200, 2)
    assert len(rows(sqlite_store, people)) == 400 - 8  # the menu's people are everybody's


def test_seeds_that_share_identifiers_are_refused(sqlite_store: Store) -> None:
    populate(sqlite_store, 200, 1)
    before = all_rows(sqlite_store)
    with pytest.raises(OtherPopulation, match="same digit"):
        populate(sqlite_store, 200, 11)
    assert all_rows(sqlite_store) == before


def test_pairs_are_those_of_the_database(store: Store) -> None:
    populate(store, 1_000, 2757)
    with store.read() as connection:
        held = select(phones_on_record.c.phone, memberships.c.number).join(memberships)
        assert sorted(demo_pairs(1_000, 2757)) == sorted(tuple(row) for row in connection.execute(held))


@pytest.mark.parametrize("seed", [0, 1, 9, 2757, 10**12])
def test_identifiers_are_valid_and_nobody_elses(seed: int) -> None:
    numbers, niks = [one.number for one in DEMO_PEOPLE], []
    for index in [*range(8, 3_000), *range(MAX_COUNT - 3_000, MAX_COUNT)]:
        who = identity(index, seed)
        numbers += who.numbers
        niks.append(nik(index, seed, date(1990, 1, 1), woman=index % 2 == 0))
        assert who.phone is None or is_mobile_id(who.phone)
    assert all(number[:2] == "99" and COLUMNS["number"].read(number, TODAY) for number in numbers[len(DEMO_PEOPLE) :])
    assert len(set(numbers)) == len(numbers)
    assert len(set(niks)) == len(niks)
    assert all(re.fullmatch("99[0-9]{14}", one) for one in niks)


def test_every_balance_is_the_sum_of_what_moved_it(sqlite_store: Store) -> None:
    populate(sqlite_store, 2_000, 3)
    total: Counter[object] = Counter()
    for key, _, amount, paid in rows(sqlite_store, contributions):
        total[key] += int(str(amount)) if paid else 0
    moved = rows(sqlite_store, jht_movements)
    for key, _, _, _, amount in moved:
        total[key] += int(str(amount))
    with sqlite_store.read() as connection:
        held = connection.execute(select(memberships)).all()
    accounts = [one for one in held if one.jht_balance is not None]
    assert {one.id: one.jht_balance for one in accounts} == {one.id: total[one.id] for one in accounts}
    assert all(one.jht_balance >= 0 for one in accounts)
    assert {kind for _, _, _, kind, _ in moved} == set(MOVEMENTS)
    assert {key for key, *_ in moved} == {one.id for one in accounts if "JHT" in one.programmes}


def test_both_databases_get_the_same_people(sqlite_store: Store, postgresql_store: Store) -> None:
    populate(sqlite_store, 500, 1)
    populate(postgresql_store, 500, 1)
    assert all_rows(sqlite_store) == all_rows(postgresql_store)


@pytest.mark.parametrize("seed", range(40))
def test_a_balance_does_not_depend_on_the_history_kept(seed: int) -> None:
    short, long = (card(Random(seed), "99000000001", 1980, shown, former=False, old=False) for shown in (3, 24))
    assert replace(short, months=(), movements=()) == replace(long, months=(), movements=())
    if short.jht_balance is not None:
        for one in (short, long):
            paid = sum(amount for _, amount, done in one.months if done)
            assert paid + sum(amount for _, _, amount in one.movements) == short.jht_balance


def test_a_large_population_keeps_a_short_history() -> None:
    assert [history_months(count) for count in (8, 100_000, 200_000, 1_000_000)] == [24, 24, 15, 3]


def test_what_is_said_of_a_membership_hangs_together(sqlite_store: Store) -> None:
    populate(sqlite_store, 3_000, 4)
    with sqlite_store.read() as connection:
        held = connection.execute(select(memberships, people.c.birth_date).join(people)).all()
    for one in held:
        assert one.birth_date < str(one.registered_on)
        assert one.registered_on <= one.last_contribution_month <= date(2025, 9, 1)
        assert (one.status_reason == "") == (one.status == "AKTIF")
        assert one.status == "AKTIF" or one.last_contribution_month <= one.status_since
        assert (one.jht_balance is None) == ("JHT" not in one.programmes)
        assert one.last_contribution > 0


def test_what_lies_behind_a_membership_hangs_together(sqlite_store: Store) -> None:
    populate(sqlite_store, 3_000, 4)
    with sqlite_store.read() as connection:
        held = {one.id: one for one in connection.execute(select(memberships))}
        jobs = connection.execute(select(employments)).all()
        filed = connection.execute(select(claims)).all()
    assert 300 < len(jobs) < 600
    for job in jobs[2:]:
        assert held[job.membership_id].registered_on <= job.since <= (job.until or date(2025, 10, 31))
        assert job.employer
        assert job.until is not None or held[job.membership_id].status not in ("NONAKTIF", "PENSIUN", "MENINGGAL")
    assert 20 < len(filed) <= 3_000 // 40 + 1
    for claim in filed:
        assert claim.programme in held[claim.membership_id].programmes.split()
        assert re.fullmatch(r"K25\d\d-\d{5}", claim.number)
        assert claim.filed_on <= claim.changed_on <= date(2025, 10, 31)
        assert (claim.state == "paid") == (claim.stage == 6)


@pytest.mark.parametrize("lane", [0, 9])
def test_a_claim_number_is_nobody_elses(lane: int) -> None:
    one = card(Random(1), "99000000001", 1980, 3, former=True, old=False)
    one = replace(one, status="NONAKTIF", programmes="JHT")
    numbers = [with_past(one, index, lane).claims[0][0] for index in range(0, MAX_COUNT, 40)]
    assert len({*numbers, "K2510-00123"}) == len(numbers) + 1
    assert {len(number) for number in numbers} == {11}


def test_proportions_are_those_of_the_country(sqlite_store: Store) -> None:
    populate(sqlite_store, 6_000, 5)
    with sqlite_store.read() as connection:
        held = connection.execute(select(memberships, people.c.name).join(people)).all()
    active = [one for one in held if one.status == "AKTIF"]
    share = {segment: count / len(active) for segment, count in Counter(one.segment for one in active).items()}
    assert share["PU"] == pytest.approx(0.60, abs=0.03)
    assert share["BPU"] == pytest.approx(0.22, abs=0.03)
    assert share["JAKON"] == pytest.approx(0.18, abs=0.03)
    assert len({one.person_id for one in active}) / 6_000 == pytest.approx(0.68, abs=0.03)
    assert {one.status for one in held} == {"AKTIF", "NONAKTIF", "MENUNGGAK", "MENINGGAL", "PENSIUN", "MENUNGGU"}
    names = {one.name for one in held}
    assert any(" " not in name for name in names)
    assert any(not name.isascii() for name in names)
    assert any(len(name) > 45 for name in names)
    assert any(re.search("[A-Z]", one.number) for one in held)
    assert max(Counter(one.person_id for one in held).values()) == 3


def test_a_large_population_tells_its_pairs_at_once() -> None:
    assert len(list(islice(demo_pairs(MAX_COUNT, 2757), 1_000))) == 1_000
