"""Receive: one row per carrier id for ever, however many posts come at once; 503 and nothing when it cannot."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select

from smsgw.errors import StoreUnavailable
from smsgw.gateway.bell import QuietBell
from smsgw.gateway.receive import Receive
from smsgw.messages import inbox
from smsgw.messages.rows import Arrival
from smsgw.messages.tables import inbound, seen_id
from smsgw.store import Cipher, Store, db_now, open_store


def arrival(carrier_id: str, phone: str = "+6281200000001", body: str = "SALDO") -> Arrival:
    return Arrival("twilio", carrier_id, phone, "+622150000000", body)


def count(store: Store) -> int:
    with store.read() as connection:
        return int(connection.scalar(select(func.count()).select_from(inbound)) or 0)


def test_one_id_many_times_in_one_batch_is_one_row(store: Store) -> None:
    receive = Receive(store, QuietBell())

    async def all_at_once() -> None:
        await asyncio.gather(*(receive.gathered(arrival(f"SM{i % 3}")) for i in range(50)))

    asyncio.run(all_at_once())
    assert count(store) == 3


def test_two_processes_worth_of_receivers_do_not_double(store: Store) -> None:
    first, second = Receive(store, QuietBell()), Receive(store, QuietBell())
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda i: (first, second)[i % 2](arrival(f"SM{i // 2}")), range(200)))
    assert count(store) == 100


def test_the_same_id_of_another_carrier_is_another_message(store: Store) -> None:
    receive = Receive(store, QuietBell())
    receive(arrival("SM1"))
    receive(Arrival("kannel", "SM1", "+6281200000001", "2757", "SALDO"))
    assert count(store) == 2


def test_a_purged_message_is_known_for_ever(store: Store) -> None:
    with store.write() as connection:
        digest = inbox.tombstone(store, "twilio", "SM1")
        connection.execute(seen_id.insert().values(digest=digest, seen_at=db_now()))
    receive = Receive(store, QuietBell())
    receive(arrival("SM1"))
    receive(arrival("SM2"))
    assert count(store) == 1


@pytest.mark.parametrize("body", ["", "\x00", "a" * 1600, "🙏" * 400, "\u202e", "١٢٣"])
def test_any_text_is_stored_as_it_came(store: Store, body: str) -> None:
    Receive(store, QuietBell())(arrival("SM1", body=body))
    with store.read() as connection:
        assert connection.scalar(select(inbound.c.body)) == body


def test_personal_columns_are_unreadable_in_the_file(tmp_path: Path, sqlite_store: Store) -> None:
    Receive(sqlite_store, QuietBell())(arrival("SM1", body="JHT 18050012345"))
    with sqlite_store.engine.connect() as connection:
        raw = connection.exec_driver_sql("SELECT from_phone, body FROM inbound").one()
    assert not any(secret in value for value in raw for secret in (b"81200000001", b"18050012345"))


def test_a_database_that_cannot_be_reached_is_said_so(tmp_path: Path) -> None:
    gone = open_store(f"sqlite:///{tmp_path}/no/such/folder.sqlite", Cipher(bytes(64)))
    with pytest.raises(StoreUnavailable):
        Receive(gone, QuietBell())(arrival("SM1"))


def test_the_bell_is_rung_after_the_commit(store: Store) -> None:
    seen: list[int] = []

    class Looking(QuietBell):
        def ring(self, verb: str) -> None:
            seen.append(count(store))

    Receive(store, Looking())(arrival("SM1"))
    assert seen == [1]
