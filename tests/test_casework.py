"""Casework: a report is answered once and its phone told; a claim moves on once and whoever is bound is told."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import insert, select

from smsgw.errors import NotPossible
from smsgw.gateway import casework
from smsgw.gateway.notices import Sender
from smsgw.keywords import load_registry
from smsgw.members import claiming, complaints
from smsgw.members.binding import bind
from smsgw.members.demo import DEMO_PEOPLE, populate
from smsgw.members.tables import claims, memberships
from smsgw.messages.tables import contact, outbound
from smsgw.store import Store
from tests.support.transcript import NOW_MS, RULES

SENDER = Sender(load_registry(), RULES, "twilio", "+622150000000")
JOKO = DEMO_PEOPLE[1]


@pytest.fixture
def filed(store: Store) -> Store:
    """A store in which JOKO is bound and has filed a report, with a claim at its third stage; both have the key 1."""
    populate(store, 8, 1)
    with store.write() as connection:
        connection.execute(claims.delete())
        bind(connection, JOKO.phone, JOKO.number, NOW_MS)
        complaints.file(connection, "L2510-00045", 7, JOKO.phone, "iuran Juni", NOW_MS)
        key = connection.scalar(select(memberships.c.id).where(memberships.c.number == JOKO.number))
        row = {"id": 1, "number": "K2510-00123", "membership_id": key, "programme": "JHT", "stage": 3, "state": "open"}
        days = {"filed_on": date(2025, 10, 1), "changed_on": date(2025, 10, 2)}
        connection.execute(insert(claims).values(**row, **days))
    return store


def settle(store: Store, state: str, answer: str | None = None, now_ms: int = NOW_MS) -> int:
    with store.write() as connection:
        return casework.settle_report(connection, SENDER, 1, state, answer, now_ms)


def move(store: Store, stage: int, state: str = "open", key: int = 1) -> int:
    with store.write() as connection:
        return casework.move_claim(connection, SENDER, key, stage, state, NOW_MS)


def texts(store: Store) -> list[Any]:
    with store.read() as connection:
        return list(connection.scalars(select(outbound.c.body).order_by(outbound.c.id)))


def test_an_answer_is_stored_told_once_and_read_by_lapor(filed: Store) -> None:
    assert settle(filed, "in_progress") == 0
    assert settle(filed, "answered", "Iuran Juni sudah masuk tgl 3 Juli") == 1
    with pytest.raises(NotPossible, match="state"):
        settle(filed, "answered", "Yang lain")
    assert texts(filed) == ["Laporan L2510-00045: DIJAWAB. Iuran Juni sudah masuk tgl 3 Juli. Info 175"]
    row = complaints.find(filed, JOKO.phone, "L2510-00045")
    assert row is not None
    assert (row[1], row[3]) == ("answered", "Iuran Juni sudah masuk tgl 3 Juli")


def test_one_that_is_opened_again_is_told_again_when_it_is_answered(filed: Store) -> None:
    settle(filed, "answered", "Satu")
    settle(filed, "in_progress", now_ms=NOW_MS + 1)
    settle(filed, "answered", "Dua", now_ms=NOW_MS + 2)
    assert [text.split(". ")[1] for text in texts(filed)] == ["Satu", "Dua"]


WRONG = [("answered", None, "value"), ("received", "Halo", "value"), ("x", None, "value"), ("received", None, "state")]


@pytest.mark.parametrize(("state", "answer", "why"), [*WRONG, ("answered", "kata " * 60, "long")])
def test_what_makes_no_sense_changes_nothing(filed: Store, state: str, answer: str | None, why: str) -> None:
    with pytest.raises(NotPossible, match=why):
        settle(filed, state, answer)
    with filed.read() as connection:
        (row,) = complaints.newest(connection, 5, open_only=True)
    assert (row.state, row.answer) == ("received", None)


@pytest.mark.parametrize("how", ["opted_out_at", "blocked_at"])
def test_who_opted_out_or_is_blocked_is_told_nothing(filed: Store, how: str) -> None:
    with filed.write() as connection:
        connection.execute(insert(contact).values(phone=JOKO.phone, updated_at=1, **{how: 5}))
    assert (settle(filed, "answered", "Sudah"), move(filed, 4)) == (0, 0)
    assert texts(filed) == []
    with filed.read() as connection:
        assert list(complaints.newest(connection, 5, open_only=True)) == []


def test_a_claim_moves_on_once_and_whoever_is_bound_is_told(filed: Store) -> None:
    assert move(filed, 5) == 1
    with pytest.raises(NotPossible, match="state"):
        move(filed, 5)
    assert move(filed, 6, "paid") == 1
    with pytest.raises(NotPossible, match="state"):
        move(filed, 6)  # it has ended
    assert [text.split(". ")[0] for text in texts(filed)] == [
        "Klaim JHT K2510-00123: tahap 5/6 PERSETUJUAN selesai, menunggu transfer",
        "Klaim JHT K2510-00123: SELESAI, dibayar 24-11-2025",
    ]
    with filed.read() as connection:
        one = claiming.by_id(connection, 1)
    assert one is not None
    assert (one.stage, one.state, one.number) == (6, "paid", JOKO.number)


@pytest.mark.parametrize(("stage", "state", "why"), [(0, "open", "value"), (7, "open", "value"), (4, "x", "value")])
def test_there_are_six_stages_and_three_states(filed: Store, stage: int, state: str, why: str) -> None:
    with pytest.raises(NotPossible, match=why):
        move(filed, stage, state)
    with pytest.raises(NotPossible, match="state"):
        move(filed, 4, key=99)
    assert texts(filed) == []
