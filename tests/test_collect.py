"""Collect: what the carrier has for us and no webhook brought enters the log, once."""

import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from smsgw import logs
from smsgw.carriers import Carrier
from smsgw.carriers.base import Page, Received
from smsgw.carriers.twilio import SENT_WITHIN_S, Twilio
from smsgw.gateway.bell import QuietBell
from smsgw.gateway.collect import END_WITHIN_S, CollectVerb
from smsgw.gateway.receive import Receive
from smsgw.messages import collecting, inbox
from smsgw.messages.rows import Arrival
from smsgw.messages.tables import heartbeat, inbound, seen_id
from smsgw.simulator.ledger import Message
from smsgw.simulator.serving import serving
from smsgw.simulator.standin import StandIn
from smsgw.store import Store, db_now
from tests.support import twilio
from tests.support.scripted import Scripted
from tests.support.sweeping import sweep
from tests.support.wire import server

PHONE = "+6281200000001"
MINUTE_MS = 60_000


def message(given: str, body: str = "SALDO") -> Received:
    return Received(given, PHONE, twilio.NUMBER, body, 0, None)


@contextmanager
def collector(
    store: Store, carrier: Carrier, *, with_pin: bool = False, now: Callable[[], float] = time.monotonic
) -> Iterator[CollectVerb]:
    bell = QuietBell()
    receive = Receive(store, bell, with_pin=with_pin)
    with ThreadPoolExecutor(4) as pool:
        yield CollectVerb(store, {carrier.name: carrier}, receive, bell, pool, now=now)


def pass_time(store: Store, minutes: int) -> None:
    sweep(store)
    with store.write() as connection:
        connection.execute(update(heartbeat).values(at=heartbeat.c.at - minutes * MINUTE_MS))


def collect(store: Store, carrier: Carrier, minutes: int = 6, **how: Any) -> int:
    """Collect so many minutes after the last turn."""
    pass_time(store, minutes)
    with collector(store, carrier, **how) as verb:
        return verb()


def rows(store: Store) -> list[Any]:
    with store.read() as connection:
        return list(connection.execute(select(inbound).order_by(inbound.c.id)))


def test_what_no_webhook_brought_enters_like_all_others(store: Store) -> None:
    receive = Receive(store, QuietBell())
    receive(Arrival("scripted", "SM1", PHONE, twilio.NUMBER, "SALDO"))
    receive.close()
    carrier = Scripted(came=lambda since_ms: [message("SM1"), message("SM2", "BANTUAN")])
    assert [collect(store, carrier) for _ in range(2)] == [1, 0]
    found = [(row.carrier_id, row.body, row.source, row.state) for row in rows(store)]
    assert found == [("SM1", "SALDO", "webhook", "received"), ("SM2", "BANTUAN", "sweep", "received")]


def test_what_was_purged_does_not_come_back(store: Store) -> None:
    with store.write() as connection:
        digest = inbox.tombstone(store, "scripted", "SM1")
        connection.execute(insert(seen_id).values(digest=digest, seen_at=0))
    collect(store, Scripted(came=lambda since_ms: [message("SM1")]))
    assert rows(store) == []


def test_a_pin_is_taken_out_as_it_is_of_a_webhooks_message(store: Store) -> None:
    text = "PIN BARU 135790"
    receive = Receive(store, QuietBell(), with_pin=True)
    receive(Arrival("scripted", "SM1", PHONE, twilio.NUMBER, text))
    receive.close()
    collect(store, Scripted(came=lambda since_ms: [message("SM2", text)]), with_pin=True)
    by_webhook, by_list = rows(store)
    assert by_webhook.secret == "135790"
    assert (by_list.body, by_list.secret) == (by_webhook.body, by_webhook.secret)


def test_the_sweep_calls_for_it_every_five_minutes(store: Store) -> None:
    assert sweep(store) == ()
    with store.write() as connection:
        mine = update(heartbeat).where(heartbeat.c.name == collecting.ASKED)
        connection.execute(mine.values(at=heartbeat.c.at - 5 * MINUTE_MS))
    assert sweep(store) == ("collect",)
    with collector(store, Scripted()) as verb:
        assert verb() == 0
    assert sweep(store) == ()


# Minutes between the turns, whether each was answered, and how far back the last one asks.
TURNS = [([6], [True], 21), ([6, 6], [True, True], 21), ([6, 6, 6], [True, False, True], 27), ([9000], [True], 1440)]


@pytest.mark.parametrize(("minutes", "answers", "back"), TURNS)
def test_a_turn_asks_from_a_little_before_the_last_answer(
    store: Store, minutes: Sequence[int], answers: Sequence[bool], back: int
) -> None:
    since: list[int] = []

    def came(since_ms: int) -> Sequence[Received] | None:
        since.append(since_ms)
        return () if answers[len(since) - 1] else None

    carrier = Scripted(came=came)
    for passed in minutes:
        collect(store, carrier, passed)
    with store.read() as connection:
        now_ms = int(connection.scalar(select(db_now())) or 0)
    assert (now_ms - since[-1]) // MINUTE_MS == back


def test_of_many_collectors_one_has_the_turn(store: Store) -> None:
    sweep(store)
    with store.write() as connection:
        connection.execute(update(heartbeat).values(at=0))
    asked: list[int] = []

    def came(since_ms: int) -> Sequence[Received]:
        asked.append(since_ms)
        return [message("SM1")]

    with collector(store, Scripted(came=came)) as verb, ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: verb(), range(8))) == 1
    assert len(asked) == 1


class Paging(Scripted):
    """A carrier with a list of messages, each with when it came: newest first, two a page, and this many pages told."""

    def __init__(self, *came: tuple[int, Received]) -> None:
        super().__init__()
        self.came = list(came)
        self.tells = 99

    def list_received(self, to_phone: str, since_ms: int, before_ms: int | None = None) -> Iterator[Page]:
        """The list."""
        newest = sorted((one for one in self.came if before_ms is None or one[0] <= before_ms), reverse=True)
        recent = [one for one in newest if one[0] >= since_ms]
        for at in range(0, min(2 * self.tells, max(1, len(recent))), 2):
            two = recent[at : at + 2]
            yield Page([one for _, one in two], two[-1][0] if len(recent) > at + 2 else since_ms)


def two_rounds() -> Callable[[], float]:
    """A clock by which two rounds take all of a turn's time."""
    seconds = count(0, 2)
    return lambda: float(next(seconds))


def paging(store: Store, minutes: Sequence[int]) -> Paging:
    now_ms = db_ms(store)
    return Paging(*((now_ms - ago * MINUTE_MS, message(f"SM{ago}")) for ago in minutes))


def a_turn(store: Store, carrier: Paging) -> int:
    """A turn of two rounds, six minutes after the last one."""
    carrier.came = [(at_ms - 6 * MINUTE_MS, one) for at_ms, one in carrier.came]
    return collect(store, carrier, now=two_rounds())


def db_ms(store: Store) -> int:
    with store.read() as connection:
        return int(connection.scalar(select(db_now())) or 0)


def test_what_a_turn_has_no_time_for_is_the_next_ones(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO")
    carrier = paging(store, range(1, 11))
    assert a_turn(store, carrier) == 4
    assert "webhooks_left" in capsys.readouterr().err
    carrier.came.append((db_ms(store), message("SM0")))
    assert [a_turn(store, carrier) for _ in range(3)] == [3, 3, 1]  # a page begins with what the one before ended with
    assert {row.carrier_id for row in rows(store)} == {f"SM{ago}" for ago in range(11)}


def test_what_a_turn_has_left_is_soon_gone_on_with(store: Store) -> None:
    collect(store, paging(store, range(1, 11)), now=two_rounds())
    assert "collect" not in sweep(store)
    pass_time(store, 1)
    assert "collect" in sweep(store)


def test_a_list_that_breaks_off_is_gone_on_with_from_there(store: Store) -> None:
    carrier = paging(store, range(1, 8))
    carrier.tells = 1
    assert [a_turn(store, carrier) for _ in range(3)] == [2, 1, 1]


def test_our_numbers_are_asked_at_the_same_time(store: Store) -> None:
    both = threading.Barrier(2, timeout=10)

    def came(since_ms: int) -> Sequence[Received]:
        both.wait()
        return ()

    carrier = Scripted(came=came)
    carrier.numbers = twilio.NUMBER, "+622150000001"
    assert collect(store, carrier) == 0
    assert not both.broken


def test_a_list_that_hangs_does_not_hold_a_turn_beyond_its_time(store: Store) -> None:
    over, hangs = threading.Event(), iter([True, False])

    def came(since_ms: int) -> Sequence[Received]:
        if next(hangs):
            over.wait(10)
        return [message("SM1")]

    carrier, seconds = Scripted(came=came), iter([0.0, END_WITHIN_S, END_WITHIN_S])
    pass_time(store, 6)
    with collector(store, carrier, now=lambda: next(seconds)) as verb:
        assert verb() == 0
        over.set()
    assert collect(store, carrier) == 1


class TimeIsUp(Exception):
    """What a queue raises in a job that has taken too long."""


def test_the_end_of_a_jobs_time_passes(store: Store) -> None:
    over = threading.Event()

    def time_is_up(number: int, frame: object) -> None:
        raise TimeIsUp

    def talk(connection: socket.socket, number: int) -> None:
        over.wait(10)

    before = signal.signal(signal.SIGALRM, time_is_up)
    pass_time(store, 6)
    try:
        with server(talk) as url, collector(store, Twilio(twilio.settings(twilio_api_url=url))) as verb:
            signal.setitimer(signal.ITIMER_REAL, 0.3)
            with pytest.raises(TimeIsUp):
                verb()
            over.set()
    finally:
        signal.signal(signal.SIGALRM, before)


def in_list(ago_s: int, **changes: Any) -> Message:
    at = time.time() - ago_s
    values: dict[str, Any] = {"to": twilio.NUMBER, "sender": PHONE, "body": "SALDO", "direction": "inbound"}
    values |= {"sent_at": at, "sid": twilio.sid(), "account_sid": twilio.ACCOUNT, "segments": 1, "status": "received"}
    return Message(**(values | {"created_at": at, "updated_at": at} | changes))


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn(twilio.ACCOUNT, twilio.TOKEN) as made:
        yield made


def test_twilios_list_is_read_as_far_back_as_asked(standin: StandIn) -> None:
    told = [in_list(50), in_list(40, body=""), in_list(30, sender="123")]
    odd = [in_list(20, sender="no; phone"), in_list(10, direction="outbound-api"), in_list(5, to="+622150000001")]
    for one in (in_list(900), *told, *odd):
        standin.remember(one)
    with serving(standin) as url:
        since_ms = int(time.time() - 600) * 1000
        pages = [*Twilio(twilio.settings(twilio_api_url=url)).list_received(twilio.NUMBER, since_ms)]
    found = [Received(one.sid, one.sender, one.to, one.body, 0, None) for one in reversed(told)]
    assert pages == [Page(found, since_ms)]


def test_a_list_of_any_length_is_read_to_its_end(store: Store, standin: StandIn) -> None:
    came = [in_list(600 - at // 8, body="x" * 600) for at in range(3100)]
    for one in came:
        standin.remember(one)
    with serving(standin) as url:
        assert collect(store, Twilio(twilio.settings(twilio_api_url=url))) == len(came)
    assert {row.carrier_id for row in rows(store)} == {one.sid for one in came}


def test_twilios_list_is_read_from_where_another_turn_has_left_it(standin: StandIn) -> None:
    came = [in_list(600 - at) for at in range(100)]
    for one in came:
        standin.remember(one)
    before_ms = int(came[50].created_at) * 1000
    with serving(standin) as url:
        pages = [*Twilio(twilio.settings(twilio_api_url=url)).list_received(twilio.NUMBER, 0, before_ms)]
    found = [one.carrier_id for page in pages for one in page.found]
    assert found == [one.sid for one in reversed(came) if one.created_at <= before_ms / 1000 + SENT_WITHIN_S]


def test_from_twilios_list_into_the_log(store: Store, standin: StandIn) -> None:
    came = in_list(60)
    standin.remember(came)
    with serving(standin) as url:
        assert collect(store, Twilio(twilio.settings(twilio_api_url=url))) == 1
    assert [(row.carrier_id, row.from_phone, row.body) for row in rows(store)] == [(came.sid, PHONE, "SALDO")]
