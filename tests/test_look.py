"""Look: what is unknown is looked for in the carrier's list, at its times, and is never sent again."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select, update
from werkzeug.wrappers import Response

from smsgw.carriers import Carrier, Listed, Outcome, Verdict
from smsgw.carriers.kannel import Kannel
from smsgw.carriers.twilio import Twilio
from smsgw.gateway.look import LookVerb
from smsgw.gateway.send import SendVerb
from smsgw.gateway.settle import Settle
from smsgw.messages import looks, outbox, states
from smsgw.messages.outbox import Mark
from smsgw.messages.reports import Delivery
from smsgw.messages.rows import Draft, Kind
from smsgw.messages.tables import outbound, outbound_event
from smsgw.simulator.behaviour import Behaviour
from smsgw.simulator.ledger import Message
from smsgw.simulator.serving import serving
from smsgw.simulator.standin import StandIn
from smsgw.store import Store, db_now
from tests.support import kannel, twilio
from tests.support.scripted import Scripted
from tests.support.sweeping import sweep

PHONE = "+6281200000001"


def draft(body: str, carrier: str = "scripted") -> Draft:
    return Draft(Kind.NOTICE, carrier, twilio.NUMBER, PHONE, body, len(body), "id", "t")


def lost(store: Store, *calls: tuple[str, int], carrier: str = "scripted") -> int:
    """Messages of unknown fate, each a text and how long ago it was called, in seconds; now, by the database."""
    with store.write() as connection:
        outbox.queue(connection, [draft(body, carrier) for body, _ in calls])
        now_ms = int(connection.scalar(select(db_now())) or 0)
        claimed = outbox.claim(connection, "mine", len(calls))
        outbox.mark(connection, "mine", [Mark(row.id, states.UNKNOWN) for row in claimed])
        for row, (_, ago_s) in zip(claimed, calls, strict=True):
            at = now_ms - ago_s * 1000
            connection.execute(update(outbound).where(outbound.c.id == row.id).values(claimed_at=at))
    return now_ms


def pass_time(store: Store) -> None:
    """Whatever waits for its next look has waited long enough."""
    with store.write() as connection:
        connection.execute(update(outbound).values(next_attempt_at=db_now() - 1))


def look(store: Store, carrier: Carrier) -> int:
    pass_time(store)
    with ThreadPoolExecutor(4) as pool:
        return LookVerb(store, {carrier.name: carrier}, pool)()


def rows(store: Store) -> list[Any]:
    with store.read() as connection:
        return list(connection.execute(select(outbound).order_by(outbound.c.id)))


def fates(store: Store) -> list[tuple[str, str | None]]:
    return [(row.state, row.carrier_id) for row in rows(store)]


def steps(store: Store) -> list[tuple[str, ...]]:
    columns = outbound_event.c.from_state, outbound_event.c.to_state, outbound_event.c.cause
    with store.read() as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(outbound_event.c.id))]


UNKNOWN = ("unknown", None)
# Calls as text and seconds ago; the carrier's list as id, text and seconds ago; what becomes of the calls.
CASES: dict[str, tuple[Sequence[tuple[str, int]], Sequence[tuple[str, str, int]], Sequence[tuple[str, str | None]]]] = {
    "found": ([("a", 60)], [("SM1", "a", 59)], [("accepted", "SM1")]),
    "another text": ([("a", 60)], [("SM1", "b", 59)], [UNKNOWN]),
    "the carrier's clock is behind": ([("a", 60)], [("SM1", "a", 64)], [("accepted", "SM1")]),
    "a foreign one of the same text, but older": ([("a", 60)], [("SM1", "a", 66)], [UNKNOWN]),
    "a foreign one of the same text, long after": ([("a", 900)], [("SM1", "a", 500)], [UNKNOWN]),
    "the oldest takes the oldest": (
        [("a", 60), ("a", 90)],
        [("SM2", "a", 59), ("SM1", "a", 89)],
        [("accepted", "SM2"), ("accepted", "SM1")],
    ),
    "the oldest takes the only one": ([("a", 61), ("a", 60)], [("SM1", "a", 59)], [("accepted", "SM1"), UNKNOWN]),
    "each text its own": (
        [("a", 60), ("b", 60)],
        [("SM1", "b", 59), ("SM2", "a", 59)],
        [("accepted", "SM2"), ("accepted", "SM1")],
    ),
    "nothing at all": ([("a", 60)], [], [UNKNOWN]),
}


@pytest.mark.parametrize("case", CASES)
def test_what_the_list_tells(store: Store, case: str) -> None:
    calls, listed, expected = CASES[case]
    now_ms = lost(store, *calls)
    found = [Listed(given, body, "sent", now_ms - ago_s * 1000) for given, body, ago_s in listed]
    look(store, Scripted(lists=lambda to_phone: found))
    assert fates(store) == list(expected)


def test_a_status_of_the_list_that_is_longer_than_its_column_is_cut(store: Store) -> None:
    now_ms = lost(store, ("a", 60))
    look(store, Scripted(lists=lambda to_phone: [Listed("SM1", "a", "s" * 25, now_ms - 59_000)]))
    assert [(row.state, row.carrier_status) for row in rows(store)] == [("accepted", "s" * 24)]


def test_an_id_that_a_message_of_ours_has_is_nobody_elses(store: Store) -> None:
    now_ms = lost(store, ("a", 61), ("a", 60))
    with store.write() as connection:
        known = update(outbound).where(outbound.c.id == 1).values(state="delivered", carrier_id="SM1")
        connection.execute(known)
    look(store, Scripted(lists=lambda to_phone: [Listed("SM1", "a", "sent", now_ms - 60_000)]))
    assert fates(store) == [("delivered", "SM1"), UNKNOWN]


def test_while_the_same_text_is_under_way_a_look_tells_nothing(store: Store) -> None:
    now_ms = lost(store, ("a", 20))
    with store.write() as connection:
        outbox.queue_claimed(connection, [draft("a")], "other")
    carrier = Scripted(lists=lambda to_phone: [Listed("SM1", "a", "sent", now_ms)])
    look(store, carrier)
    assert (fates(store)[0], rows(store)[0].looks) == (UNKNOWN, 0)
    with store.write() as connection:
        outbox.mark(connection, "other", [Mark(2, states.ACCEPTED, "SM1")])
    look(store, carrier)
    assert (fates(store), rows(store)[0].looks) == ([UNKNOWN, ("accepted", "SM1")], 1)


def waits(store: Store) -> int:
    """Seconds until the next look, by the clock of the database."""
    row = rows(store)[0]
    return int(row.next_attempt_at - row.updated_at + 500) // 1000


def test_three_looks_then_it_is_given_up_and_looked_for_hourly_for_a_day(store: Store) -> None:
    lost(store, ("a", 0))
    carrier = Scripted()
    assert waits(store) == 15
    seen = []
    for _ in range(3):
        look(store, carrier)
        seen.append((rows(store)[0].state, waits(store)))
    assert seen == [("unknown", 45), ("unknown", 240), ("failed_unknown", 3600)]
    assert [look(store, carrier) for _ in range(26)] == [1] * 24 + [0] * 2
    assert carrier.taken == []
    assert steps(store)[2:] == [("unknown", "failed_unknown", "list")]


def test_what_was_given_up_may_still_be_found(store: Store) -> None:
    now_ms = lost(store, ("a", 0))
    for _ in range(3):
        look(store, Scripted())
    look(store, Scripted(lists=lambda to_phone: [Listed("SM1", "a", "delivered", now_ms)]))
    row = rows(store)[0]
    assert (row.state, row.carrier_id, row.carrier_status) == ("accepted", "SM1", "delivered")
    assert steps(store)[-1] == ("failed_unknown", "accepted", "list")


def test_a_late_report_lifts_what_was_given_up(store: Store) -> None:
    lost(store, ("a", 0))
    for _ in range(3):
        look(store, Scripted())
    Settle(store)(Delivery("scripted", rows(store)[0].callback_token, "SM1", "sent", "sent", None))
    assert fates(store) == [("sent", "SM1")]
    assert look(store, Scripted()) == 0


def test_a_look_without_an_answer_does_not_count(store: Store) -> None:
    now_ms = lost(store, ("a", 0))
    for _ in range(5):
        look(store, Scripted(lists=lambda to_phone: None))
    assert (fates(store), rows(store)[0].looks) == ([UNKNOWN], 0)
    look(store, Scripted(lists=lambda to_phone: [Listed("SM1", "a", "sent", now_ms)]))
    assert fates(store) == [("accepted", "SM1")]


def test_many_lookers_at_once_look_once(store: Store) -> None:
    lost(store, ("a", 0), ("b", 0))
    pass_time(store)
    carrier = Scripted()
    with ThreadPoolExecutor(8) as lookers, ThreadPoolExecutor(8) as pool:
        verb = LookVerb(store, {carrier.name: carrier}, pool)
        looked = list(lookers.map(lambda _: verb(), range(16)))
    assert (sum(looked), [row.looks for row in rows(store)]) == (2, [1, 1])


def test_two_rows_of_a_phone_that_two_lookers_have_do_not_take_the_same_message(store: Store) -> None:
    now_ms = lost(store, ("a", 1), ("a", 0))
    entries = [looks.Entry("SM1", "a", "sent", now_ms)]
    pass_time(store)
    with store.write() as connection:
        first = looks.claim(connection, 1)
    with store.write() as connection:
        second = looks.claim(connection, 1)
    for looked in (second, first):
        with store.write() as connection:
            looks.settle(connection, looked, entries)
    assert fates(store) == [("accepted", "SM1"), UNKNOWN]


def test_no_transaction_is_open_while_the_carrier_is_asked(store: Store) -> None:
    lost(store, ("a", 0))

    def lists(to_phone: str) -> Sequence[Listed]:
        with store.write() as connection:
            connection.execute(update(outbound).values(error_text="written meanwhile"))
        return ()

    look(store, Scripted(lists=lists))
    assert [(row.error_text, row.looks) for row in rows(store)] == [("written meanwhile", 1)]


def test_a_carrier_that_is_no_longer_there_is_not_waited_for(store: Store) -> None:
    lost(store, ("a", 0), carrier="gone")
    for _ in range(3):
        look(store, Scripted())
    assert fates(store) == [("failed_unknown", None)]


def test_kannel_has_no_list_only_a_report_tells(store: Store) -> None:
    lost(store, ("a", 0), ("b", 0), carrier="kannel")
    side = Kannel(twilio.settings(**kannel.settings("http://127.0.0.1:1")))
    look(store, side)
    Settle(store)(Delivery("kannel", rows(store)[0].callback_token, "smsc/1", "delivered", "delivered", None))
    for _ in range(2):
        look(store, side)
    assert fates(store) == [("delivered", "smsc/1"), ("failed_unknown", None)]


def test_an_ambiguous_call_and_a_dead_worker_start_the_same_clock(store: Store) -> None:
    with store.write() as connection:
        outbox.queue(connection, [draft("a"), draft("b")])
    carrier = Scripted(lambda parcel: Outcome(Verdict.AMBIGUOUS))
    with ThreadPoolExecutor(1) as pool:
        SendVerb(store, {carrier.name: carrier}, pool)(1)
    with store.write() as connection:
        outbox.claim(connection, "dead", 1)
        connection.execute(update(outbound).values(claimed_at=outbound.c.claimed_at - outbox.LEASE_MS - 1))
    assert sweep(store) == ()
    assert [round((row.next_attempt_at - row.updated_at) / 1000) for row in rows(store)] == [15, 15]
    assert ("sending", "unknown", "lease") in steps(store)
    pass_time(store)
    assert sweep(store) == ("look",)


class Lagging(Behaviour):
    """Takes each message and says that something went wrong; the list does not show it at first."""

    shows = False

    def answer(self, message: Message, respond: Any) -> Response:
        return Response("{}", 500)

    def listed(self, message: Message, now: float) -> bool:
        return self.shows


@pytest.fixture
def lagging() -> Lagging:
    return Lagging()


@pytest.fixture
def side(lagging: Lagging) -> Iterator[Twilio]:
    with StandIn(twilio.ACCOUNT, twilio.TOKEN, behaviour=lagging) as standin, serving(standin) as url:
        yield Twilio(twilio.settings(twilio_api_url=url))


def test_a_list_that_lags_shows_it_at_the_second_look(store: Store, side: Twilio, lagging: Lagging) -> None:
    with store.write() as connection:
        outbox.queue(connection, [draft("Halo", "twilio"), draft("Halo lagi", "twilio"), draft("Halo", "twilio")])
    with ThreadPoolExecutor(1) as pool:
        SendVerb(store, {"twilio": side}, pool)(64)
    look(store, side)
    assert fates(store) == [UNKNOWN] * 3
    lagging.shows = True
    look(store, side)
    newest = side.list_sent(PHONE, twilio.NUMBER, 0) or ()
    assert [one.body for one in newest] == ["Halo", "Halo lagi", "Halo"]
    # All three were made within one second, as far as the carrier tells: equal texts may change places.
    assert {row.state for row in rows(store)} == {"accepted"}
    body_of = {one.carrier_id: one.body for one in newest}
    assert [body_of[row.carrier_id] for row in rows(store)] == ["Halo", "Halo lagi", "Halo"]


def test_the_list_is_of_one_phone_one_number_and_since_then(side: Twilio, lagging: Lagging, store: Store) -> None:
    with store.write() as connection:
        outbox.queue(connection, [draft("Halo", "twilio")])
    with ThreadPoolExecutor(1) as pool:
        SendVerb(store, {"twilio": side}, pool)(64)
    lagging.shows = True
    ends = [(PHONE, twilio.NUMBER, 0), ("+6281200000002", twilio.NUMBER, 0), (PHONE, "2757", 0), (PHONE, "2757", 2**53)]
    assert [len(side.list_sent(*one) or ()) for one in ends] == [1, 0, 0, 0]
