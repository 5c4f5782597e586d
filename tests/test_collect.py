"""Collect: what the carrier has for us and no webhook brought enters the log, once."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from smsgw.carriers import Carrier
from smsgw.carriers.base import Received
from smsgw.carriers.twilio import Twilio
from smsgw.gateway.bell import QuietBell
from smsgw.gateway.collect import CollectVerb
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

PHONE = "+6281200000001"
MINUTE_MS = 60_000


def message(given: str, body: str = "SALDO") -> Received:
    return Received(given, PHONE, twilio.NUMBER, body, 0, None)


def collector(store: Store, carrier: Carrier, *, with_pin: bool = False) -> CollectVerb:
    bell = QuietBell()
    return CollectVerb(store, {carrier.name: carrier}, Receive(store, bell, with_pin=with_pin), bell)


def collect(store: Store, carrier: Carrier, minutes: int = 6, *, with_pin: bool = False) -> int:
    """Collect so many minutes after the last turn."""
    sweep(store)
    with store.write() as connection:
        connection.execute(update(heartbeat).values(at=heartbeat.c.at - minutes * MINUTE_MS))
    return collector(store, carrier, with_pin=with_pin)()


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
    carrier = Scripted()
    assert collector(store, carrier)() == 0
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

    verb = collector(store, Scripted(came=came))
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: verb(), range(8))) == 1
    assert len(asked) == 1


def in_list(ago_s: int, **changes: Any) -> Message:
    at = time.time() - ago_s
    values: dict[str, Any] = {"to": twilio.NUMBER, "sender": PHONE, "body": "SALDO", "direction": "inbound"}
    values |= {"sid": twilio.sid(), "account_sid": twilio.ACCOUNT, "segments": 1, "status": "received"}
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
        found = Twilio(twilio.settings(twilio_api_url=url)).list_received(twilio.NUMBER, int(time.time() - 600) * 1000)
    assert found == [Received(one.sid, one.sender, one.to, one.body, 0, None) for one in reversed(told)]


def test_from_twilios_list_into_the_log(store: Store, standin: StandIn) -> None:
    came = in_list(60)
    standin.remember(came)
    with serving(standin) as url:
        assert collect(store, Twilio(twilio.settings(twilio_api_url=url))) == 1
    assert [(row.carrier_id, row.from_phone, row.body) for row in rows(store)] == [(came.sid, PHONE, "SALDO")]
