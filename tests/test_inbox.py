"""Inbound rows are claimed once, each phone's in their order, and given back or taken over when a claim is lost."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from smsgw.messages import inbox, states
from smsgw.messages.rows import Answer, Arrival, InboundRow
from smsgw.messages.tables import contact, inbound
from smsgw.store import Store


def receive(store: Store, *texts: tuple[str, str]) -> None:
    """(phone, body) pairs, in their order."""
    with store.write() as connection:
        for i, (phone, body) in enumerate(texts):
            inbox.record(store, connection, [Arrival("twilio", f"SM{i:03}", phone, "+622150000000", body)])


def claim(store: Store, token: str = "token", limit: int = 64) -> list[InboundRow]:
    with store.write() as connection:
        return inbox.claim(connection, token, limit)


def finish(store: Store, rows: list[InboundRow], token: str = "token") -> set[int]:
    with store.write() as connection:
        mine = inbox.held(connection, token, [row.id for row in rows])
        inbox.finish(connection, [Answer(row.id, row.from_phone, states.ANSWERED) for row in rows if row.id in mine])
        return mine


def test_each_phone_is_answered_in_its_order(store: Store) -> None:
    receive(store, ("+62811", "a1"), ("+62812", "b1"), ("+62811", "a2"), ("+62812", "b2"), ("+62811", "a3"))
    rounds = []
    while rows := claim(store):
        rounds.append([row.body for row in rows])
        finish(store, rows)
    assert rounds == [["a1", "b1"], ["a2", "b2"], ["a3"]]


def test_a_phones_second_message_waits_while_the_first_is_claimed(store: Store) -> None:
    receive(store, ("+62811", "a1"), ("+62811", "a2"))
    assert [row.body for row in claim(store, "one")] == ["a1"]
    assert claim(store, "two") == []


def test_many_workers_claim_each_row_once(store: Store) -> None:
    receive(store, *[(f"+628{i:04}", f"text {i}") for i in range(60)])
    with ThreadPoolExecutor(8) as pool:
        batches = list(pool.map(lambda i: claim(store, f"worker {i}", 7), range(24)))
    bodies = [row.body for batch in batches for row in batch]
    assert sorted(bodies) == sorted(f"text {i}" for i in range(60))


def test_a_claim_of_a_dead_worker_is_taken_over_and_its_late_answer_is_nothing(store: Store) -> None:
    receive(store, ("+62811", "a1"))
    rows = claim(store, "dead")
    assert claim(store, "next") == []
    with store.write() as connection:
        connection.execute(update(inbound).values(claimed_at=inbound.c.claimed_at - inbox.LEASE_MS - 1))
    taken = claim(store, "next")
    assert [row.id for row in taken] == [row.id for row in rows]
    assert finish(store, rows, "dead") == set()
    assert finish(store, taken, "next") == {rows[0].id}


@pytest.mark.parametrize(("failed_try", "attempts"), [(True, 1), (False, 0)])
def test_what_is_held_comes_back_after_its_wait(store: Store, failed_try: bool, attempts: int) -> None:
    receive(store, ("+62811", "a1"))
    (row,) = claim(store)
    with store.write() as connection:
        inbox.hold(connection, [row.id], 60_000, failed_try=failed_try)
    assert claim(store) == []
    with store.write() as connection:
        inbox.hold(connection, [row.id], 0, failed_try=False)
    (again,) = claim(store)
    assert again.attempts == attempts


def test_what_is_remembered_of_a_phone_comes_with_its_next_message(store: Store) -> None:
    receive(store, ("+62811", "BAHASA EN"), ("+62811", "STOP"), ("+62811", "SALDO"))
    effects = [{"set_language": "en"}, {"set_opted_out": True}]
    seen = []
    for effect in [*effects, {}]:
        (row,) = claim(store)
        seen.append((row.language, row.opted_out))
        with store.write() as connection:
            inbox.finish(connection, [Answer(row.id, row.from_phone, states.ANSWERED, **effect)])  # type: ignore[arg-type]
    assert seen == [(None, False), ("en", False), ("en", True)]
    with store.read() as connection:
        assert connection.scalar(select(contact.c.phone)) == "+62811"


def test_nothing_is_due_where_all_is_answered(store: Store) -> None:
    receive(store, ("+62811", "a1"))
    with store.read() as connection:
        assert inbox.is_due(connection)
    finish(store, claim(store))
    with store.read() as connection:
        assert not inbox.is_due(connection)
