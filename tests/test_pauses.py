"""Pauses: a carrier that refuses the account is left alone, then tried with one message, longer apart each time."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select, update

from smsgw.carriers import Outcome, Parcel, Verdict
from smsgw.errors import NotPossible
from smsgw.gateway.send import SendVerb
from smsgw.messages import outbox, pauses
from smsgw.messages.rows import Draft, Kind
from smsgw.messages.tables import carrier_pause, outbound
from smsgw.store import Store, db_now
from tests.conftest import KEY
from tests.support import twilio
from tests.support.gateway import Gateway, gateway
from tests.support.processes import wait_until
from tests.support.scripted import Scripted, accept
from tests.support.sweeping import sweep
from tests.support.wire import answering, server


def refuse(parcel: Parcel) -> Outcome:
    return Outcome(Verdict.SAFE, error_code="20003", breaker=True)


def drafts(n: int, carrier: str = "scripted") -> list[Draft]:
    return [Draft(Kind.NOTICE, carrier, "2757", f"+62812{i:08}", f"Halo {i}", 6, "id", "t") for i in range(n)]


def queue(store: Store, n: int, carrier: str = "scripted") -> None:
    with store.write() as connection:
        outbox.queue(connection, drafts(n, carrier))


def send(store: Store, *carriers: Scripted, limit: int = 64) -> int:
    with ThreadPoolExecutor(4) as pool:
        return SendVerb(store, {carrier.name: carrier for carrier in carriers}, pool)(limit)


def backoff_over(store: Store) -> None:
    with store.write() as connection:
        connection.execute(update(outbound).values(next_attempt_at=db_now() - 1))


def pause_over(store: Store) -> None:
    with store.write() as connection:
        connection.execute(update(carrier_pause).values(paused_until=db_now() - 1))


def pauses_of(store: Store) -> list[Any]:
    with store.read() as connection:
        return list(connection.execute(select(carrier_pause, (carrier_pause.c.paused_until - db_now()).label("left"))))


def states(store: Store) -> list[str]:
    with store.read() as connection:
        return list(connection.scalars(select(outbound.c.state).order_by(outbound.c.id)))


def paused(store: Store, n: int = 3) -> None:
    """A carrier that has just refused the first of `n` messages."""
    queue(store, n)
    assert send(store, Scripted(refuse), limit=1) == 1
    backoff_over(store)


def test_a_refused_account_pauses_its_carrier_alone(store: Store) -> None:
    paused(store)
    (pause,) = pauses_of(store)
    assert (pause.carrier, pause.reason, pause.wait_ms) == ("scripted", "20003", 30_000)
    assert 20_000 < pause.left <= 30_000
    other = Scripted(accept)
    other.name = "other"
    queue(store, 1, "other")
    assert send(store, Scripted(accept), other) == 1
    assert states(store) == ["queued"] * 3 + ["accepted"]
    assert sweep(store) == ()


def test_what_an_answer_queues_meanwhile_is_not_claimed(store: Store) -> None:
    paused(store, 1)
    with store.write() as connection:
        claimed = outbox.queue_claimed(connection, [*drafts(1), *drafts(1, "other"), *drafts(1)], "mine")
        columns = outbound.c.state, outbound.c.attempts, outbound.c.claim_token
        rows = connection.execute(select(*columns).order_by(outbound.c.id).where(outbound.c.id > 1)).all()
    assert [row.carrier for row in claimed] == ["other"]
    waiting = ("queued", 0, None)
    assert [tuple(row) for row in rows] == [waiting, ("sending", 1, "mine"), waiting]


def test_calls_that_were_under_way_do_not_make_the_pause_longer(store: Store) -> None:
    queue(store, 5)
    assert send(store, Scripted(refuse)) == 5
    assert [pause.wait_ms for pause in pauses_of(store)] == [30_000]


def test_a_pause_ends_with_one_probe_that_gets_through(store: Store) -> None:
    paused(store)
    pause_over(store)
    assert sweep(store) == ("send",)
    carrier = Scripted(accept)
    assert (send(store, carrier), send(store, carrier)) == (1, 0)
    assert sorted(states(store)) == ["accepted", "queued", "queued"]
    assert sweep(store) == ("send",)
    assert (pauses_of(store), send(store, carrier)) == ([], 2)


def test_even_a_refusal_of_the_message_shows_that_the_account_is_good(store: Store) -> None:
    paused(store)
    pause_over(store)
    sweep(store)
    send(store, Scripted(lambda parcel: Outcome(Verdict.REFUSED, error_code="21211")))
    sweep(store)
    assert pauses_of(store) == []


def test_each_refused_probe_makes_the_pause_longer_up_to_five_minutes(store: Store) -> None:
    paused(store)
    waits = []
    for _ in range(6):
        pause_over(store)
        sweep(store)
        assert send(store, Scripted(refuse)) == 1
        waits.append(pauses_of(store)[0].wait_ms)
    assert waits == [60_000, 120_000, 240_000, 300_000, 300_000, 300_000]
    with store.read() as connection:
        assert sorted(connection.scalars(select(outbound.c.attempts))) == [2, 2, 3]


@pytest.mark.parametrize("verdict", [Verdict.SAFE, Verdict.AMBIGUOUS])
def test_a_probe_that_says_nothing_of_the_account_is_followed_by_another(store: Store, verdict: Verdict) -> None:
    paused(store)
    pause_over(store)
    sweep(store)
    send(store, Scripted(lambda parcel: Outcome(verdict)))
    sweep(store)
    assert [pause.wait_ms for pause in pauses_of(store)] == [30_000]
    pause_over(store)
    assert sweep(store) == ("send",)
    assert send(store, Scripted(accept)) == 1


def test_a_pause_that_nothing_waits_for_ends(store: Store) -> None:
    paused(store, 1)
    with store.write() as connection:
        connection.execute(update(outbound).values(state="expired"))
    sweep(store)
    assert len(pauses_of(store)) == 1
    pause_over(store)
    sweep(store)
    assert pauses_of(store) == []


def test_many_sweeps_at_once_choose_one_probe(store: Store) -> None:
    paused(store)
    pause_over(store)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: sweep(store), range(8)))
    assert send(store, Scripted(accept)) == 1


@pytest.fixture(params=["sqlite_url", "postgresql_url"])
def gate(request: pytest.FixtureRequest, redis_url: str) -> Iterator[Gateway]:
    url = request.getfixturevalue(request.param)
    with server(answering("401 Unauthorized", '{"code": 20003, "message": "x"}')) as api:
        changes = {"database_url": url, "redis_url": redis_url, "data_key": KEY.hex(), "twilio_api_url": api}
        with gateway(twilio.settings(**changes)) as open_gate:
            yield open_gate


def metric(gate: Gateway) -> Sequence[str]:
    lines = gate.client.get("/metrics").get_data(as_text=True).splitlines()
    return sorted(line for line in lines if line.startswith("smsgw_carrier_paused{"))


def test_a_wrong_token_pauses_the_carrier_and_the_figures_show_it(gate: Gateway) -> None:
    off, on = 'smsgw_carrier_paused{carrier="twilio"} 0.0', 'smsgw_carrier_paused{carrier="twilio"} 1.0'
    kannel = 'smsgw_carrier_paused{carrier="kannel"} 0.0'
    assert metric(gate) == [kannel, off]
    gate.receive("BANTUAN")
    gate.work.answer()
    wait_until(lambda: metric(gate) == [kannel, on])  # the figures are kept for a moment
    gate.receive("BANTUAN", "+6281200000002")
    gate.work.answer()
    with gate.services.store.read() as connection:
        rows = connection.execute(select(outbound.c.state, outbound.c.attempts).order_by(outbound.c.id)).all()
    assert [tuple(row) for row in rows] == [("queued", 1), ("queued", 0)]


def by_hand(store: Store, do: Any, carrier: str = "scripted") -> str:
    try:
        with store.write() as connection:
            do(connection, carrier)
    except NotPossible as refused:
        return refused.why
    return "done"


def test_a_pause_by_hand_stands_until_it_is_resumed(store: Store) -> None:
    queue(store, 2)
    assert [by_hand(store, pauses.pause) for _ in range(2)] == ["done", "state"]
    pause_over_by_sweeps = [sweep(store) for _ in range(3)]
    assert pause_over_by_sweeps == [()] * 3
    assert (send(store, Scripted(accept)), states(store)) == (0, ["queued"] * 2)
    with store.read() as connection:
        assert pauses.listed(connection) == [pauses.Pause("scripted", pauses.BY_HAND, pauses.FOR_EVER)]
    assert [by_hand(store, pauses.resume) for _ in range(2)] == ["done", "state"]
    assert (send(store, Scripted(accept)), states(store)) == (2, ["accepted"] * 2)


def test_a_pause_by_hand_takes_the_place_of_another_and_of_its_probe(store: Store) -> None:
    paused(store)
    pause_over(store)
    sweep(store)
    assert by_hand(store, pauses.pause) == "done"
    assert send(store, Scripted(accept)) == 0
    with store.write() as connection:  # the probe that was under way is refused
        assert not pauses.begin(connection, "scripted", 1, "20003")
    sweep(store)
    assert [(pause.reason, pause.probe_id) for pause in pauses_of(store)] == [(pauses.BY_HAND, None)]


def test_many_at_once_pause_once(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: by_hand(store, pauses.pause), range(8)))
    assert sorted(done) == ["done", *["state"] * 7]
