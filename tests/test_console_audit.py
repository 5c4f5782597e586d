"""The audit log: what stands in it, how it is found, and that nobody changes it."""

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DatabaseError

from smsgw.operators import accounts
from smsgw.operators import audit as log
from smsgw.operators.audit import Actor, Filter
from smsgw.operators.tables import audit
from smsgw.store import Store
from tests.support.console import Console

DAY = 86_400_000
ROWS = [
    # actor, act, about, reason, address, day
    ("rina", "reveal", "inbound/1", "peserta menelepon", "10.0.0.1", 0),
    ("rina", "resend", "outbound/12", "tidak sampai", "10.0.0.1", 1),
    ("budi", "reveal", "inbound/12", "KELUHAN L2511-00003", "10.0.0.2", 2),
]


def fill(store: Store) -> None:
    with store.write() as connection:
        for actor, act, about, reason, address, day in ROWS:
            log.add(connection, Actor(actor, None, address), act, about, reason, day * DAY)


FOUND = [
    ({}, [3, 2, 1]),
    ({"actor": "rina"}, [2, 1]),
    ({"act": "reveal"}, [3, 1]),
    ({"about": "inbound/1"}, [3, 1]),
    ({"about": "inbound/%"}, []),
    ({"address": "10.0.0.2"}, [3]),
    ({"reason": "keluhan"}, [3]),
    ({"since": DAY}, [3, 2]),
    ({"until": DAY}, [1]),
    ({"before": 3}, [2, 1]),
    ({"actor": "rina", "reason": "sampai"}, [2]),
]


@pytest.mark.parametrize(("wanted", "ids"), FOUND, ids=str)
def test_rows_are_found(store: Store, wanted: dict[str, object], ids: list[int]) -> None:
    fill(store)
    with store.read() as connection:
        found = log.find(connection, Filter(**wanted), 10)  # type: ignore[arg-type]  # a table of fields
    assert [row.id for row in found] == ids


@pytest.mark.parametrize("change", [update(audit).values(actor="nobody"), delete(audit)], ids=["update", "delete"])
def test_the_database_itself_refuses_to_change_a_row(store: Store, change: object) -> None:
    fill(store)
    with pytest.raises(DatabaseError, match="only added to"), store.write() as connection:
        connection.execute(change)  # type: ignore[call-overload]  # either of two statements


def test_postgresql_refuses_to_empty_it(postgresql_store: Store) -> None:
    with pytest.raises(DatabaseError, match="only added to"), postgresql_store.write() as connection:
        connection.execute(text("TRUNCATE audit"))


def test_the_reason_is_not_readable_in_the_database(sqlite_store: Store) -> None:
    fill(sqlite_store)
    with sqlite_store.read() as connection:
        raw = connection.execute(text("SELECT reason FROM audit")).scalars().all()
    assert all(b"peserta" not in bytes(value) for value in raw)


def test_an_act_whose_row_cannot_be_written_does_not_happen(store: Store) -> None:
    def act() -> None:
        with store.write() as connection:
            accounts.add(connection, "rina", "viewer", "", 0)
            log.add(connection, Actor("rina", 99), "resend", "outbound/1", "", 0)  # there is no operator 99

    with pytest.raises(DatabaseError):
        act()
    with store.read() as connection:
        assert (accounts.listed(connection), log.find(connection, Filter(), 1)) == ([], [])


def test_the_page_shows_filters_and_leafs(console: Console) -> None:
    admin = console.signed_in("admin")
    with console.services.store.write() as connection:
        for n in range(60):
            log.add(connection, Actor("rina"), "reveal", f"inbound/{n}", f"alasan {n}", n)
    first = admin.get("/audit?actor=rina").text
    assert ("inbound/59" in first, "inbound/9<" in first, "before=12" in first) == (True, False, True)
    assert "inbound/9<" in admin.get("/audit?actor=rina&before=12").text


def test_a_reason_is_searched_without_standing_in_an_address(console: Console) -> None:
    admin = console.signed_in("admin")
    fill(console.services.store)
    answer = admin.post("/audit", {"reason": "keluhan"})
    assert (answer.status_code, "L2511-00003" in answer.text, "tidak sampai" in answer.text) == (200, True, False)
    moved = admin.post("/audit", {"actor": "rina", "reason": " "})
    assert moved.headers["Location"] == "/console/audit?actor=rina"


@pytest.mark.parametrize("query", ["since=x&until=y", "before=-1", "before=" + "9" * 30, "act=%00", "since=0001-01-01"])
def test_a_filter_that_is_none_is_left_out(console: Console, query: str) -> None:
    assert console.signed_in("admin").get(f"/audit?{query}").status_code == 200


def test_an_empty_log_teaches(console: Console) -> None:
    assert "Tidak ada baris yang cocok" in console.signed_in("admin").get("/audit?actor=nobody").text
