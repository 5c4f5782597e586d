"""Manners: no phone is flooded, loops break, opting out is silence; a message without an answer says why."""

import pytest
from sqlalchemy import select, update

from smsgw.config import load
from smsgw.errors import StartupError
from smsgw.members.demo import DEMO_PEOPLE
from smsgw.messages.rows import Arrival
from smsgw.messages.tables import inbound, outbound
from tests.conftest import KEY
from tests.support import twilio
from tests.support.gateway import Gateway, gateway

SITI = DEMO_PEOPLE[0]
OWN = f"JHT {SITI.number}"
HOUR_MS = 3_600_000


def say(gate: Gateway, text: str, phone: str = SITI.phone) -> str:
    """What becomes of one message: its reply's template, or the reason of silence in brackets."""
    gate.receive(text, phone)
    return newest(gate)


def newest(gate: Gateway) -> str:
    """Answer what waits, and what became of the newest message."""
    while gate.work.answering(64):
        pass
    joined = inbound.outerjoin(outbound, outbound.c.inbound_id == inbound.c.id)
    columns = outbound.c.template, inbound.c.reason, inbound.c.state
    with gate.services.store.read() as connection:
        found = select(*columns).select_from(joined).order_by(inbound.c.id.desc()).limit(1)
        one = connection.execute(found).one()
    assert one.state in ("answered", "suppressed")
    return one.template or f"({one.reason})"


def wait(gate: Gateway, ms: int) -> None:
    """Let time pass over all that was sent."""
    with gate.services.store.write() as connection:
        connection.execute(update(outbound).values(created_at=outbound.c.created_at - ms))


def test_ten_an_hour_then_one_last_word_then_silence(gate: Gateway) -> None:
    said = [say(gate, OWN) for _ in range(13)]
    assert said == ["jht.balance"] * 10 + ["base.limit"] + ["(limit)"] * 2
    wait(gate, HOUR_MS)
    assert say(gate, OWN) == "jht.balance"
    assert say(gate, OWN, DEMO_PEOPLE[1].phone) == "base.stranger"


def test_twenty_a_day_the_last_word_included(gate: Gateway) -> None:
    said: list[str] = []
    for _ in range(4):
        said += [say(gate, OWN) for _ in range(8)]
        wait(gate, HOUR_MS)
    assert said == ["jht.balance"] * 19 + ["base.limit"] + ["(limit)"] * 12
    wait(gate, 24 * HOUR_MS)
    assert say(gate, OWN) == "jht.balance"


@pytest.mark.parametrize(("text", "template"), [("APA INI", "base.unknown"), ("MENU", "bantuan.menu")])
def test_the_same_general_text_three_times_an_hour(gate: Gateway, text: str, template: str) -> None:
    assert [say(gate, text) for _ in range(5)] == [template] * 3 + ["(repeated)"] * 2
    assert say(gate, OWN) == "jht.balance"
    wait(gate, HOUR_MS)
    assert say(gate, text) == template


def test_a_machine_that_answers_every_reply_is_left_alone(gate: Gateway) -> None:
    replies = sum(not say(gate, f"Terima kasih atas pesan Anda no {turn}").startswith("(") for turn in range(60))
    assert replies <= 20


@pytest.mark.parametrize("text", [OWN, "halo", "STOP"])
def test_our_own_numbers_are_never_answered(gate: Gateway, text: str) -> None:
    assert say(gate, text, twilio.NUMBER) == "(own_number)"


FOREIGN = ["+622150000001", "+6591234567", "+14155550100", "+8821612345678"]


@pytest.mark.parametrize("phone", FOREIGN)
def test_only_mobile_numbers_of_the_country_are_answered(gate: Gateway, phone: str) -> None:
    assert say(gate, OWN, phone) == "(foreign_number)"
    assert say(gate, "STOP", phone) == "(opt_out)"


def test_further_numbers_are_answered_by_a_setting(sqlite_url: str, redis_url: str) -> None:
    with gateway(twilio.settings(database_url=sqlite_url, redis_url=redis_url, answer_to="+62, +65")) as gate:
        said = [say(gate, "MENU", phone) for phone in ("+6591234567", SITI.phone, FOREIGN[0], FOREIGN[2])]
    assert said == ["bantuan.menu", "bantuan.menu", "(foreign_number)", "(foreign_number)"]


@pytest.mark.parametrize("value", ["", "62", "+0", "+62,abc"])
def test_a_wrong_beginning_of_numbers_names_its_setting(value: str) -> None:
    with pytest.raises(StartupError, match="SMSGW_ANSWER_TO"):
        load(answer_to=value)


def test_stop_is_heard_whatever_the_budget(gate: Gateway) -> None:
    for _ in range(13):
        say(gate, OWN)
    assert say(gate, "STOP") == "(opt_out)"
    wait(gate, 24 * HOUR_MS)
    assert say(gate, OWN) == "(opted_out)"
    assert say(gate, "START") == "(opt_in)"
    assert say(gate, OWN) == "jht.balance"


KANNEL = {
    "kannel_from": "2757",
    "kannel_token": "a-token-of-enough-length",
    "kannel_url": "http://127.0.0.1:13013/cgi-bin/sendsms",
    "kannel_user": "smsgw",
    "kannel_password": "not-a-real-password",
}


@pytest.mark.parametrize(
    ("carrier", "heard"),
    [
        ("twilio", ["(opt_out)", "(opt_out)", "(opt_in)"]),
        ("kannel", ["berhenti.done", "(opted_out)", "mulai.done"]),
    ],
)
def test_stop_is_confirmed_where_the_carrier_does_not_answer_it(
    sqlite_url: str, redis_url: str, carrier: str, heard: list[str]
) -> None:
    settings = twilio.settings(database_url=sqlite_url, redis_url=redis_url, data_key=KEY.hex(), **KANNEL)
    with gateway(settings) as gate:
        said = []
        for text in ("STOP", "STOP", "START"):
            gate.services.receive(Arrival(carrier, twilio.sid(), SITI.phone, "2757", text))
            said.append(newest(gate))
    assert said == heard
