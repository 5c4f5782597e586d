"""Reroutes: another carrier of the number sends what one provably did not take, and never what it may have taken."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select, update

from smsgw.carriers import Outcome, Parcel, Verdict
from smsgw.config import Settings
from smsgw.errors import StartupError
from smsgw.gateway.send import SendVerb
from smsgw.gateway.settle import Settle
from smsgw.messages import outbox
from smsgw.messages.reports import Delivery
from smsgw.messages.rows import Draft, Kind
from smsgw.messages.tables import carrier_pause, outbound, outbound_event
from smsgw.services import open_carriers
from smsgw.store import Store, db_now
from tests.support import twilio
from tests.support.scripted import Scripted, accept
from tests.support.sweeping import sweep

NUMBER = "2757"
ROUTES = {NUMBER: ("a", "b")}
THREE = {NUMBER: ("a", "b", "c")}
ACCOUNT = Outcome(Verdict.SAFE, error_code="20003", breaker=True)
BUSY = Outcome(Verdict.SAFE, error_code="20429")
NOT_BY_US = Outcome(Verdict.REFUSED, error_code="21408", elsewhere=True)


def carrier(name: str, outcome: Outcome | None = None) -> Scripted:
    made = Scripted(accept if outcome is None else lambda parcel: outcome)
    made.name = name
    return made


def queue(store: Store, n: int = 1, name: str = "a", number: str = NUMBER, kind: Kind = Kind.NOTICE) -> None:
    drafts = [Draft(kind, name, number, f"+62812{i:08}", f"Halo {i}", 6, "id", "t") for i in range(n)]
    with store.write() as connection:
        outbox.queue(connection, drafts)


def send(store: Store, *carriers: Scripted, routes: Any = ROUTES, limit: int = 64) -> int:
    with store.write() as connection:
        connection.execute(update(outbound).where(outbound.c.state == "queued").values(next_attempt_at=db_now()))
    with ThreadPoolExecutor(4) as pool:
        return SendVerb(store, {one.name: one for one in carriers}, pool, routes)(limit)


def rows(store: Store) -> list[Any]:
    with store.read() as connection:
        return list(connection.execute(select(outbound).order_by(outbound.c.id)))


def stand(store: Store) -> list[tuple[str, str, int]]:
    return [(row.carrier, row.state, row.attempts) for row in rows(store)]


def reroutes(store: Store) -> Sequence[str]:
    mine = select(outbound_event.c.cause_key).where(outbound_event.c.cause == "reroute").order_by(outbound_event.c.id)
    with store.read() as connection:
        return [key.removeprefix("reroute:") for key in connection.scalars(mine)]


def pause_over(store: Store) -> None:
    with store.write() as connection:
        connection.execute(update(carrier_pause).values(paused_until=db_now() - 1))


STAYS = [
    Outcome(Verdict.AMBIGUOUS, error_code="ReadTimeout"),
    Outcome(Verdict.AMBIGUOUS, error_code="500"),
    Outcome(Verdict.REFUSED, error_code="21211"),
    BUSY,
]


@pytest.mark.parametrize("outcome", STAYS, ids=lambda outcome: f"{outcome.verdict}-{outcome.error_code}")
def test_what_may_have_been_taken_or_is_refused_for_itself_or_was_tried_once_stays(
    store: Store, outcome: Outcome
) -> None:
    queue(store)
    assert send(store, carrier("a", outcome), carrier("b")) == 1
    assert (rows(store)[0].carrier, reroutes(store)) == ("a", [])


def test_what_is_uncertain_is_given_to_no_other_carrier_ever(store: Store) -> None:
    queue(store)
    other = carrier("b")
    send(store, carrier("a", STAYS[0]), other)
    for _ in range(4):
        sweep(store, ROUTES)
        send(store, carrier("a"), other)
    assert (other.taken, stand(store)) == ([], [("a", "unknown", 1)])


def test_a_claim_that_died_is_given_to_no_other_carrier(store: Store) -> None:
    queue(store)
    with store.write() as connection:
        outbox.claim(connection, "dead", 1)
        connection.execute(update(outbound).values(claimed_at=outbound.c.claimed_at - outbox.LEASE_MS - 1))
    sweep(store, ROUTES)
    other = carrier("b")
    assert (send(store, carrier("a"), other), other.taken) == (0, [])


@pytest.mark.parametrize(("outcome", "why"), [(ACCOUNT, "account"), (NOT_BY_US, "refused")])
def test_what_a_carrier_does_not_take_from_us_goes_by_the_next_at_once(
    store: Store, outcome: Outcome, why: str
) -> None:
    queue(store)
    token = rows(store)[0].callback_token
    other = carrier("b")
    send(store, carrier("a", outcome), other)
    assert (stand(store), reroutes(store)) == ([("b", "queued", 1)], [f"{why}:a:1"])
    assert rows(store)[0].next_attempt_at <= rows(store)[0].updated_at + 1000
    send(store, carrier("a"), other)
    assert (stand(store), [parcel.token for parcel in other.taken]) == ([("b", "accepted", 2)], [token])


def test_one_that_is_busy_or_away_has_three_tries(store: Store) -> None:
    queue(store)
    busy, other = carrier("a", BUSY), carrier("b")
    for _ in range(4):
        send(store, busy, other)
    assert (len(busy.taken), len(other.taken)) == (3, 1)
    assert (stand(store), reroutes(store)) == ([("b", "accepted", 4)], ["tries:a:3"])


def test_they_take_turns_until_the_tries_are_used_up(store: Store) -> None:
    queue(store, kind=Kind.REPLY)
    a, b = carrier("a", BUSY), carrier("b", BUSY)
    while send(store, a, b):
        pass
    assert (len(a.taken), len(b.taken), rows(store)[0].attempts) == (8, 6, outbox.MAX_ATTEMPTS)
    sweep(store, ROUTES)
    assert [row.state for row in rows(store)] == ["failed"]


def test_what_every_carrier_refuses_fails(store: Store) -> None:
    queue(store)
    carriers = [carrier(name, NOT_BY_US) for name in "abc"]
    while send(store, *carriers, routes=THREE):
        pass
    assert [len(one.taken) for one in carriers] == [1, 1, 1]
    assert (stand(store), reroutes(store)) == ([("c", "failed", 3)], ["refused:a:1", "refused:b:2"])


def test_without_a_route_it_leaves_by_the_carrier_it_came_in_by_or_not_at_all(store: Store) -> None:
    queue(store, number="+622150000000")
    other = carrier("b")
    send(store, carrier("a", NOT_BY_US), other)
    assert (stand(store), other.taken) == ([("a", "failed", 1)], [])


def test_a_carrier_that_is_not_in_its_numbers_route_is_followed_by_the_first(store: Store) -> None:
    queue(store, name="old")
    send(store, carrier("a"), carrier("b"))
    assert (stand(store), reroutes(store)) == ([("a", "queued", 1)], ["refused:old:1"])


def test_what_waits_for_a_paused_carrier_is_taken_to_the_next_but_for_the_probe(store: Store) -> None:
    queue(store, 3)
    send(store, carrier("a", ACCOUNT), carrier("b"), limit=1)
    sweep(store, ROUTES)
    assert [row.carrier for row in rows(store)] == ["b", "b", "b"]
    queue(store, 2)
    pause_over(store)
    sweep(store, ROUTES)
    assert [row.carrier for row in rows(store)] == ["b", "b", "b", "a", "b"]
    a, b = carrier("a", ACCOUNT), carrier("b")
    assert send(store, a, b) == 5
    assert send(store, a, b) == 1
    assert (len(a.taken), len(b.taken)) == (1, 5)
    assert {(row.carrier, row.state) for row in rows(store)} == {("b", "accepted")}


def test_a_pause_does_not_end_because_another_carrier_took_its_probe(store: Store) -> None:
    queue(store)
    with store.write() as connection:
        probe = {"carrier": "a", "paused_until": db_now() + 60_000, "wait_ms": 30_000, "reason": "x", "probe_id": 1}
        connection.execute(carrier_pause.insert().values(probe))
        connection.execute(update(outbound).values(attempts=2))
    a, b = carrier("a", BUSY), carrier("b")
    send(store, a, b)
    send(store, a, b)
    assert stand(store) == [("b", "accepted", 4)]
    sweep(store, ROUTES)
    with store.read() as connection:
        assert list(connection.scalars(select(carrier_pause.c.carrier))) == ["a"]


def test_two_paused_carriers_do_not_play_with_each_others_messages(store: Store) -> None:
    queue(store, 2)
    a, b = carrier("a", ACCOUNT), carrier("b", ACCOUNT)
    send(store, a, b)
    send(store, a, b)
    sweep(store, ROUTES)
    assert {row.state for row in rows(store)} == {"queued"}
    assert (send(store, a, b), len(a.taken), len(b.taken)) == (0, 2, 2)


def test_many_sweeps_at_once_move_each_message_once(store: Store) -> None:
    queue(store, 30)
    with store.write() as connection:
        paused = {"carrier": "a", "paused_until": db_now() + 60_000, "wait_ms": 30_000, "reason": "x"}
        connection.execute(carrier_pause.insert().values(paused))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: sweep(store, ROUTES), range(8)))
    assert {row.carrier for row in rows(store)} == {"b"}
    assert len(reroutes(store)) == 30


def test_many_senders_and_sweeps_at_once_hand_each_message_over_once(store: Store) -> None:
    queue(store, 60)
    a, b = carrier("a", ACCOUNT), carrier("b")

    def turn(_: int) -> None:
        sweep(store, ROUTES)
        with ThreadPoolExecutor(2) as calls:
            SendVerb(store, {"a": a, "b": b}, calls, ROUTES)(7)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(turn, range(60)))
    assert len({parcel.token for parcel in b.taken}) == len(b.taken)
    while send(store, a, b):
        pass
    left = [row for row in rows(store) if row.state != "accepted"]
    assert len(b.taken) + len(left) == 60
    assert all(row.carrier == "a" for row in left)  # the probe of the pause


def test_a_report_that_came_first_keeps_the_message_where_it_is(store: Store) -> None:
    queue(store)

    def reported(parcel: Parcel) -> Outcome:
        Settle(store)(Delivery("a", parcel.token, "id-1", "sent", "sent", None))
        return ACCOUNT

    a = Scripted(reported)
    a.name = "a"
    other = carrier("b")
    send(store, a, other)
    send(store, a, other)
    assert (stand(store), reroutes(store), other.taken) == ([("a", "sent", 1)], [], [])


KANNEL = {"kannel_token": "x" * 16, "kannel_from": "2757", "kannel_url": "http://127.0.0.1:1/"}


def test_a_route_is_over_carriers_that_have_the_number() -> None:
    well = twilio.settings(**KANNEL, twilio_from="2757", routes=" 2757 = kannel , twilio ;")
    assert well.routes == {"2757": ("kannel", "twilio")}
    assert set(open_carriers(well)) == {"kannel", "twilio"}
    for route in ("2757=kannel,twilio", "2757=kannel,nobody"):
        with pytest.raises(StartupError, match=r"2757 is no number of (twilio|nobody)"):
            open_carriers(twilio.settings(**KANNEL, routes=route))


@pytest.mark.parametrize("route", ["2757", "2757=", "2757=kannel", "=kannel,twilio", "2757=kannel,", "2757=a,b;x"])
def test_a_route_that_cannot_be_read_says_so(route: str) -> None:
    with pytest.raises(ValueError, match="2757=kannel,twilio"):
        Settings.model_validate({"routes": route})
