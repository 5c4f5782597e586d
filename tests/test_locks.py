"""Locks: outcomes of calls, delivery reports and sweeps over the same rows never wait for each other in a ring."""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from smsgw.carriers import Outcome, Parcel
from smsgw.errors import StoreUnavailable
from smsgw.gateway.send import SendVerb
from smsgw.messages import outbox, reports, states
from smsgw.messages.outbox import Mark
from smsgw.messages.reports import Delivery
from smsgw.messages.rows import Draft, Kind
from smsgw.messages.tables import outbound
from smsgw.store import Store
from tests.support.scripted import Scripted, accept
from tests.support.sweeping import sweep

ROWS, ROUNDS = 200, 40
CARRIERS = ("twilio", "kannel")


def in_heap_order(store: Store) -> None:
    """PostgreSQL plans as it does for some tables: a join that takes rows as they lie, which updates have mixed."""
    if store.engine.dialect.name == "postgresql":
        with store.write() as connection:
            name = connection.engine.url.database
            for way in ("nestloop", "mergejoin"):
                connection.exec_driver_sql(f"ALTER DATABASE {name} SET enable_{way} = off")
            connection.execute(update(outbound).where(outbound.c.id % 3 == 0).values(updated_at=0))
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE outbound")
        store.close()


def claimed(store: Store) -> list[Any]:
    """Messages under one claim, of two carriers in turn."""
    with store.write() as connection:
        drafts = [
            Draft(Kind.NOTICE, CARRIERS[i % 2], "2757", f"+62812{i:08}", "Halo", 4, "id", "t") for i in range(ROWS)
        ]
        outbox.queue(connection, drafts)
        outbox.claim(connection, "mine", ROWS)
        return list(connection.execute(select(outbound.c.id, outbound.c.carrier, outbound.c.callback_token)))


def shuffled(rows: list[Any], seed: int) -> list[Any]:
    return random.Random(seed).sample(rows, k=len(rows) * 2 // 3)


def marking(store: Store, rows: list[Any], seed: int) -> None:
    marks = [Mark(row.id, states.ACCEPTED, f"id-{row.id}", "queued") for row in shuffled(rows, seed)]
    with store.write() as connection:
        outbox.mark(connection, "mine", marks)


def reporting(store: Store, rows: list[Any], seed: int) -> None:
    """Some by their token, some by their carrier's id, some that nobody sent."""
    chosen = random.Random(seed)
    told = [
        Delivery(row.carrier, chosen.choice([row.callback_token, ""]), f"id-{row.id}", f"word{seed}", "sent", None)
        for row in shuffled(rows, seed)
    ]
    orphans = [Delivery(name, "", f"orphan-{i}", "sent", "sent", None) for i in range(4) for name in CARRIERS]
    chosen.shuffle(orphans)
    with store.write() as connection:
        reports.apply_all(connection, told + orphans)


def sweeping(store: Store, rows: list[Any], seed: int) -> None:
    sweep(store)


def test_nobody_waits_for_another_in_a_ring(store: Store) -> None:
    rows = claimed(store)
    in_heap_order(store)
    works: list[Callable[[Store, list[Any], int], None]] = [marking, reporting, marking, reporting, reporting, sweeping]

    def work(turn: int) -> None:
        works[turn % len(works)](store, rows, turn)

    with ThreadPoolExecutor(len(works)) as pool:
        list(pool.map(work, range(ROUNDS * len(works))))
    with store.read() as connection:
        assert set(connection.scalars(select(outbound.c.state))) == {"sent"}


class Flaky(Store):
    """A store whose first writes after a call fail."""

    def __init__(self, store: Store, failures: int) -> None:
        super().__init__(store.engine, store.cipher)
        self.failures = failures

    @contextmanager
    def write(self) -> Iterator[Connection]:
        if self.failures > 0:
            self.failures -= 1
            raise StoreUnavailable("database: DeadlockDetected")
        with super().write() as connection:
            yield connection


@pytest.mark.parametrize("failures", [1, 3])
def test_what_came_of_a_call_is_written_again_where_the_database_was_away(store: Store, failures: int) -> None:
    flaky = Flaky(store, 0)

    def then_away(parcel: Parcel) -> Outcome:
        flaky.failures = failures
        return accept(parcel)

    with store.write() as connection:
        outbox.queue(connection, [Draft(Kind.NOTICE, "scripted", "2757", "+62812", "Halo", 4, "id", "t")])
    carrier = Scripted(then_away)
    with ThreadPoolExecutor(1) as pool:
        SendVerb(flaky, {"scripted": carrier}, pool)(1)
    with store.read() as connection:
        assert (list(connection.scalars(select(outbound.c.state))), len(carrier.taken)) == (["accepted"], 1)
