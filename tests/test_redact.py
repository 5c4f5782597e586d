"""Redaction at the carrier: texts go there after four days, each once, whatever the carrier answers meanwhile."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from smsgw import logs
from smsgw.carriers import Carrier, Outcome, Parcel, Redacting, Verdict
from smsgw.carriers.kannel import Kannel
from smsgw.carriers.twilio import Twilio
from smsgw.clock import Clock
from smsgw.gateway.purge import TURN, PurgeVerb
from smsgw.gateway.redact import AT_ONCE, Redact
from smsgw.messages.redacting import DAYS
from smsgw.messages.tables import heartbeat, inbound, outbound
from smsgw.simulator.behaviour import Delays
from smsgw.simulator.serving import serving
from smsgw.simulator.standin import StandIn
from smsgw.store import Store, db_now
from tests.conftest import KEY
from tests.support import twilio
from tests.support.gateway import gateway
from tests.support.scripted import Scripted
from tests.support.sweeping import sweep

PHONE = "+6281200000001"
DAY_MS = 86_400_000
DONE, REFUSED = Outcome(Verdict.ACCEPTED), Outcome(Verdict.REFUSED, error_code="20009")
BUSY, DARK = Outcome(Verdict.SAFE, error_code="20429"), Outcome(Verdict.AMBIGUOUS, error_code="500")


class Keeping:
    """A carrier that keeps texts: remembers what it was told to redact, and answers by the id."""

    def __init__(self, answer: Callable[[str], Outcome] = lambda carrier_id: DONE) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def redact(self, carrier_id: str) -> Outcome:
        self.asked.append(carrier_id)
        return self.answer(carrier_id)


def came(store: Store, carrier_id: str, days: float, carrier: str = "twilio") -> None:
    at = db_now() - int(days * DAY_MS)
    row = {"carrier": carrier, "carrier_id": carrier_id, "from_phone": PHONE, "to_phone": twilio.NUMBER}
    row |= {"body": "SALDO", "source": "webhook", "state": "answered"}
    with store.write() as connection:
        connection.execute(insert(inbound).values(**row, received_at=at, next_attempt_at=at))


def went(store: Store, carrier_id: str | None, days: float, carrier: str = "twilio") -> None:
    at = db_now() - int(days * DAY_MS)
    row: dict[str, Any] = {"kind": "notice", "carrier": carrier, "carrier_id": carrier_id, "from_phone": twilio.NUMBER}
    row |= {"to_phone": PHONE, "body": "Halo", "septets": 4, "language": "id", "priority": 2, "state": "delivered"}
    stamps = dict.fromkeys(("created_at", "updated_at", "next_attempt_at", "expires_at"), at)
    with store.write() as connection:
        token = f"{carrier_id}-{days}"[-32:]
        connection.execute(insert(outbound).values(**row, **stamps, callback_token=token))


def redact(store: Store, carrier: Redacting) -> int:
    with ThreadPoolExecutor(4) as pool:
        return Redact(store, {"twilio": carrier}, pool)()


def test_what_came_and_what_left_is_redacted_once_it_is_four_days_old(store: Store) -> None:
    for number in range(3 * AT_ONCE):
        came(store, f"in{number}", DAYS + 1)
        went(store, f"out{number}", DAYS + 1)
    came(store, "young", DAYS - 0.1)
    went(store, "fresh", DAYS - 0.1)
    carrier = Keeping()
    assert [redact(store, carrier), redact(store, carrier)] == [6 * AT_ONCE, 0]
    assert sorted(carrier.asked) == sorted(f"{way}{i}" for way in ("in", "out") for i in range(3 * AT_ONCE))
    with store.write() as connection:
        connection.execute(update(inbound).values(received_at=0))
    assert (redact(store, carrier), carrier.asked[-1]) == (1, "young")


def test_what_never_got_there_and_what_another_carrier_took_is_passed_over(store: Store) -> None:
    went(store, None, 9)
    went(store, "smsc/1", 8, "kannel")
    went(store, "out", 7)
    carrier = Keeping()
    assert (redact(store, carrier), carrier.asked) == (1, ["out"])


# What the carrier answers for the second of three; how often it is asked for each in three turns, and what is redacted.
ANSWERS = [
    (REFUSED, [1, 1, 1], 2),
    (DARK, [1, 2, 1], 2),
    (BUSY, [1, 3, 3], 1),
]


@pytest.mark.parametrize(("answer", "asked", "redacted"), ANSWERS, ids=lambda value: getattr(value, "verdict", None))
def test_a_refusal_is_told_and_passed_over_and_a_busy_carrier_is_asked_again(
    store: Store, answer: Outcome, asked: list[int], redacted: int, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("WARNING")
    for days, carrier_id in ((7, "a"), (6, "b"), (5, "c")):
        went(store, carrier_id, days)
    carrier = Keeping(lambda carrier_id: answer if carrier_id == "b" else DONE)
    assert sum(redact(store, carrier) for _ in range(3)) == redacted
    assert [carrier.asked.count(carrier_id) for carrier_id in "abc"] == asked
    said = capsys.readouterr().err
    assert said.count("not_redacted") == (answer is not BUSY)
    assert PHONE not in said


def test_a_carrier_that_is_away_is_asked_again_for_all(store: Store) -> None:
    for number in range(2 * AT_ONCE):
        went(store, f"out{number}", 9)
    away = Keeping(lambda carrier_id: DARK)
    assert (redact(store, away), len(away.asked)) == (0, 2 * AT_ONCE)  # one page, each of it twice
    assert redact(store, Keeping()) == 2 * AT_ONCE


def test_a_call_that_took_long_is_not_tried_again(store: Store) -> None:
    for days, carrier_id in ((7, "a"), (6, "b"), (5, "c")):
        went(store, carrier_id, days)
    seconds = [0.0]

    def slow(carrier_id: str) -> Outcome:
        if carrier_id != "b":
            return DONE
        seconds[0] += 13
        return DARK

    carrier = Keeping(slow)
    with ThreadPoolExecutor(4) as pool:
        assert Redact(store, {"twilio": carrier}, pool, now=lambda: seconds[0])() == 2
    assert sorted(carrier.asked) == ["a", "b", "c"]


def test_calls_that_hang_are_not_waited_for_beyond_the_turns_time(store: Store) -> None:
    for days, carrier_id in ((7, "a"), (6, "b"), (5, "c")):
        went(store, carrier_id, days)
    over = Event()

    def hanging(carrier_id: str) -> Outcome:
        if carrier_id == "b":
            over.wait(10)
        return DONE

    carrier = Keeping(hanging)
    with ThreadPoolExecutor(4) as pool:
        verb = Redact(store, {"twilio": carrier}, pool, ends_s=1.0)
        assert verb() == 1
        over.set()
        assert verb() == 2  # from the first that had not ended


def test_it_is_part_of_the_purges_turn(store: Store) -> None:
    went(store, "out", 9)
    carrier = Keeping()
    with ThreadPoolExecutor(1) as pool:
        verb = PurgeVerb(store, Clock(store), redact=Redact(store, {"twilio": carrier}, pool))
        sweep(store)
        verb()
        assert carrier.asked == []
        with store.write() as connection:
            connection.execute(update(heartbeat).where(heartbeat.c.name == TURN).values(at=0))
        verb()
    assert carrier.asked == ["out"]


def test_which_carriers_keep_texts() -> None:
    settings = twilio.settings()
    assert [isinstance(one, Redacting) for one in (Twilio(settings), Kannel(settings), Scripted())] == [
        True, False, False,
    ]  # fmt: skip


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn(twilio.ACCOUNT, twilio.TOKEN, delays=Delays(sent=3600, delivered=3600)) as made:
        yield made


def taken(standin: StandIn, carrier: Carrier, status: str) -> str:
    """A message that the stand-in has taken and brought so far; its id."""
    sid = carrier.send(Parcel(PHONE, twilio.NUMBER, "Halo", "token", 60)).carrier_id
    assert sid is not None
    standin.ledger.advance(sid, status)
    return sid


def sdk(url: str) -> Client:
    made = Client(twilio.ACCOUNT, twilio.TOKEN)
    made.api.base_url = url
    return made


def text_of(standin: StandIn, sid: str) -> str:
    found = standin.ledger.get(sid)
    assert found is not None
    return found.body


def test_twilio_empties_a_text_once_it_is_delivered_and_says_no_before(standin: StandIn) -> None:
    with serving(standin) as url:
        carrier = Twilio(twilio.settings(twilio_api_url=url, public_url="http://127.0.0.1:9"))
        sid, early = taken(standin, carrier, "delivered"), taken(standin, carrier, "sending")
        ends = [carrier.redact(one) for one in (sid, sid, early, twilio.sid())]
        with pytest.raises(TwilioRestException, match="Parameters are not valid"):
            sdk(url).messages(sid).update(body="Another text")
    assert [(end.verdict, end.error_code) for end in ends] == [
        (Verdict.ACCEPTED, None),
        (Verdict.ACCEPTED, None),
        (Verdict.REFUSED, "20009"),
        (Verdict.REFUSED, "20404"),
    ]
    assert (text_of(standin, sid), text_of(standin, early)) == ("", "Halo")
    assert carrier.redact(sid).verdict is Verdict.SAFE  # nobody is there any more


@pytest.mark.parametrize("setting", ["on", "off"])
def test_a_setting_switches_it_on(standin: StandIn, setting: str, sqlite_url: str, redis_url: str) -> None:
    address = {"public_url": "http://127.0.0.1:9", "database_url": sqlite_url, "redis_url": redis_url}
    with serving(standin) as url:
        settings = twilio.settings(**address, twilio_api_url=url, twilio_redact=setting, data_key=KEY.hex())
        with gateway(settings) as gate:
            store = gate.services.store
            sid = taken(standin, gate.services.carriers["twilio"], "delivered")
            went(store, sid, DAYS + 1)
            with store.write() as connection:
                connection.execute(insert(heartbeat).values(name=TURN, at=0))
            gate.work.purge()
            with store.read() as connection:
                assert connection.scalar(select(outbound.c.body)) == "Halo"  # ours is kept as long as ever
    assert text_of(standin, sid) == ("" if setting == "on" else "Halo")
