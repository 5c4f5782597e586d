"""The JSON API: what it takes and refuses, short waits that hold few threads, and what it gives of the log."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from smsgw.keywords.gsm7 import measure
from smsgw.simulator.asks import Mailbox, Send
from smsgw.simulator.behaviour import Delays
from smsgw.simulator.mailroom import WAIT_S, WAITERS, Mailroom
from smsgw.simulator.runs import AT_ONCE, GREEN, RUNNING, Busy, Runs
from smsgw.simulator.script import Script, Stage, Turn
from smsgw.simulator.serving import serving
from smsgw.simulator.standin import StandIn
from smsgw.simulator.talk import Exchange, Line
from smsgw.store import Store
from tests.support import twilio
from tests.support.gateway import Gateway
from tests.support.identity import SITI, STRANGER, open_gate, say
from tests.support.receiver import Receiver

API = "/simulator/api"


def ask(gate: Gateway, path: str, body: object = None, **more: Any) -> tuple[int, Any]:
    """Status and object of one request; a POST where there is a body."""
    call = gate.client.get if body is None else gate.client.post
    told = call(API + path, **({} if body is None else {"json": body}), **more)
    return told.status_code, told.get_json()


WRONG: list[tuple[str, object, int, str]] = [
    ("/messages", None, 422, "give either"),
    ("/messages?to=budi", None, 422, "to: is not a phone number"),
    ("/messages?to=081218050012&from=081218050012", None, 422, "give either"),
    ("/messages?to=081218050012&until=1", None, 422, "until"),
    ("/send", {"from": "081218050012"}, 422, "text: Field required"),
    ("/send", {"from": "081218050012", "text": "x" * 1601}, 422, "text: "),
    ("/send", {"from": "2757", "text": "x"}, 422, "from: is not a phone number"),
    ("/send", [], 422, "it: "),
    ("/burst", {"from": ["081218050012"], "text": "x", "count": 201}, 422, "count: "),
    ("/burst", {"from": ["081218050012"], "text": "x", "per_second": 51}, 422, "per_second: "),
    ("/faults/clear", {"phone": "budi"}, 422, "phone: is not a phone number"),
    ("/faults", [], 400, "must be an object"),
    ("/faults", {"kind": "429"}, 502, "no stand-in carrier answers"),
    ("/time", {"advance": "soon"}, 422, "advance: "),
    ("/time", {"advance": 10**12}, 422, "advance: "),
    ("/reset", {"phone": "budi"}, 422, "phone: is not a phone number"),
    ("/reset", {}, 502, "no stand-in carrier answers"),
    ("/exchanges?limit=501", None, 422, "limit: "),
    ("/scripts", {"script": "turns: []"}, 422, "phone: Field required"),
    ("/scripts/7", None, 404, "no longer remembered"),
    ("/transcript", None, 422, "give `phone`"),
    ("/transcript?phone=081218050012&as=pdf", None, 422, "text, json or script"),
    ("/transcript?phone=081218050012&as=script", None, 404, "nothing has been said"),
    ("/nowhere", None, 404, ""),
]


@pytest.fixture
def gate(sqlite_url: str, redis_url: str) -> Iterator[Gateway]:
    with open_gate(sqlite_url, redis_url) as opened:
        yield opened


def test_what_is_wrong_is_told(gate: Gateway) -> None:
    told = [ask(gate, path, body) for path, body, _, _ in WRONG[:-1]]
    wanted = [(status, text) for _, _, status, text in WRONG[:-1]]
    assert [(status, text in answer["error"]) for (status, answer), (_, text) in zip(told, wanted, strict=True)] == [
        (status, True) for status, _ in wanted
    ]


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"])
def test_a_form_of_a_foreign_page_is_refused(gate: Gateway, kind: str) -> None:
    told = gate.client.post(f"{API}/reset", data="{}", content_type=kind)
    assert (told.status_code, "application/json" in told.get_json()["error"]) == (415, True)


def test_a_foreign_name_is_refused(gate: Gateway) -> None:
    assert gate.client.get(f"{API}/people", headers={"Host": "evil.example"}).status_code == 403


def test_what_was_said_and_told(gate: Gateway) -> None:
    say(gate, f"JHT {SITI.number}", SITI.phone)
    say(gate, "BANTUAN", STRANGER)
    (told,) = ask(gate, f"/messages?to={SITI.phone.replace('+', '%2B')}")[1]["messages"]
    (sent,) = ask(gate, "/messages?from=081218050012")[1]["messages"]
    assert (told["to"], told["from"], told["state"], told["kind"]) == (SITI.phone, twilio.NUMBER, "queued", "reply")
    assert (told["answers"], told["septets"], told["segments"]) == (
        sent["message_sid"],
        measure(told["text"]).septets,
        1,
    )
    assert (sent["text"], sent["keyword"], sent["state"]) == (f"JHT {SITI.number}", "JHT", "answered")
    assert ask(gate, f"/messages?to=081218050012&after={told['id']}")[1]["messages"] == []
    assert ask(gate, "/messages?to=081218050012&state=delivered")[1]["messages"] == []


def test_the_clock_is_moved_and_told(gate: Gateway) -> None:
    before = ask(gate, "/time")[1]
    assert (before["moved"], ask(gate, "/time", {"advance": 3600})[1]["moved"]) == (0, 3600)
    assert ask(gate, "/time", {"advance": -3600})[1]["moved"] == 0


def test_a_transcript_in_three_forms(gate: Gateway) -> None:
    say(gate, "STOP", SITI.phone)
    ((one,),) = ask(gate, "/transcript?phone=081218050012")[1].values()
    assert (one["sent"]["text"], one["heard"]) == ("STOP", None)
    text = gate.client.get(f"{API}/transcript?phone=081218050012&as=text").get_data(as_text=True)
    assert text == f": {SITI.phone}\n> STOP\n(no reply: opt_out)\n"
    script = gate.client.get(f"{API}/transcript?phone=081218050012&as=script").get_data(as_text=True)
    assert script == f"phone: '{SITI.phone}'\nfresh: true\nturns:\n- send: STOP\n  silence: opt_out\n"


@pytest.fixture
def line() -> Iterator[Line]:
    receiver = Receiver()
    with (
        serving(receiver.app) as hook,
        StandIn(twilio.ACCOUNT, twilio.TOKEN, delays=Delays(0, 0), public_url=hook) as standin,
        serving(standin) as api,
    ):
        yield Line(hook, twilio.ACCOUNT, twilio.TOKEN, twilio.NUMBER, api)


def test_few_wait_and_the_others_are_answered_at_once(sqlite_store: Store, line: Line) -> None:
    room, done = Mailroom(sqlite_store, line), threading.Semaphore(0)
    asked = Mailbox.model_validate({"to": SITI.phone, "wait": 600})

    def wait() -> None:
        room.messages(asked)
        done.release()

    begun = time.monotonic()
    threads = [threading.Thread(target=wait) for _ in range(WAITERS + 3)]
    for thread in threads:
        thread.start()
    assert all(done.acquire(timeout=WAIT_S / 2) for _ in range(3))
    assert not done.acquire(blocking=False)
    for thread in threads:
        thread.join()
    assert time.monotonic() - begun < WAIT_S * 2


def test_a_text_that_is_not_taken_is_told(sqlite_store: Store, line: Line) -> None:
    line.carrier.switch({"kind": "webhook-never", "seed": 1})
    sent = Send.model_validate({"from": SITI.phone, "text": "SALDO"})
    told = Mailroom(sqlite_store, line).send(sent)
    assert (told["fault"], told["refused"], told["answer"]) == ("webhook-never", None, None)
    gone = Line("http://127.0.0.1:9", line.account_sid, line.auth_token, line.number, "http://127.0.0.1:9")
    assert Mailroom(sqlite_store, gone).send(sent)["refused"] == "gateway_silent"


def test_two_scripts_run_at_once() -> None:
    go, exchange = threading.Event(), Exchange("A", SITI.phone, "SM1", 1, "Halo", 4, 1, "delivered", "answered")

    def talk(text: str, phone: str, seconds: float) -> Exchange:
        go.wait(10)
        return exchange

    def nothing(*_: object) -> dict[str, Any]:
        return {}

    runs = Runs(Stage(talk, lambda _: None, nothing, nothing, nothing))
    script = Script(phone=SITI.phone, turns=(Turn(send="A"), Turn(send="B")))
    begun = [runs.start(script, name) for name in "ab"]
    assert (len(begun), [run.state for run in begun]) == (AT_ONCE, [RUNNING, RUNNING])
    with pytest.raises(Busy):
        runs.start(script, "c")
    go.set()
    until = time.monotonic() + 10
    while any((run := runs.get(one.id)) and run.state == RUNNING for one in begun) and time.monotonic() < until:
        time.sleep(0.01)
    ended = [runs.get(one.id) for one in begun]
    assert [(run.state, len(run.played)) for run in ended if run] == [(GREEN, 2), (GREEN, 2)]
