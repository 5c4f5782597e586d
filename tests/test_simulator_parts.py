"""Faults, traffic, scripts and tools: the pages over a stand-in carrier, without a browser."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from smsgw.clock import Clock
from smsgw.config import Settings
from smsgw.keywords import Registry, load_registry
from smsgw.messages.tables import contact, inbound
from smsgw.simulator.frame import offset_ms
from smsgw.simulator.pages import blueprint
from smsgw.simulator.people import READY
from smsgw.simulator.serving import serving
from smsgw.simulator.standin import StandIn
from smsgw.simulator.switches import NotANumber, order_of
from smsgw.simulator.traffic import change_of
from smsgw.store import Store
from tests.support import twilio
from tests.support.pages import reader

SITI = READY[0].phone


@dataclass(frozen=True)
class Wiring:
    settings: Settings
    store: Store
    clock: Clock
    registry: Registry


@cache
def registry() -> Registry:
    return load_registry()


@dataclass(frozen=True)
class Desk:
    """The pages of one visitor, the stand-in behind them, and the gateway's clock."""

    client: FlaskClient
    standin: StandIn
    clock: Clock
    store: Store

    def post(self, path: str, **form: str) -> TestResponse:
        found = re.search(r'name="form_token" value="([^"]+)"', self.client.get("/simulator").text)
        assert found
        return self.client.post(f"/simulator{path}", data={"form_token": found[1]} | form)

    def text(self, path: str) -> str:
        answer = self.client.get(f"/simulator{path}")
        assert answer.status_code == 200
        return answer.text


@pytest.fixture
def gateway() -> Flask:
    """A webhook that takes everything."""
    app = Flask("gateway")
    app.add_url_rule("/webhooks/twilio/<kind>", "take", lambda kind: ("<Response/>", 200), methods=["POST"])
    return app


@pytest.fixture
def desk(sqlite_store: Store, gateway: Flask) -> Iterator[Desk]:
    with (
        serving(gateway) as url,
        StandIn(twilio.ACCOUNT, twilio.TOKEN, public_url=url) as standin,
        serving(standin) as carrier,
    ):
        yield made(twilio.settings(public_url=url, twilio_api_url=carrier), sqlite_store, standin)


def made(settings: Settings, store: Store, standin: StandIn) -> Desk:
    app, clock = Flask("pages"), Clock(store, movable=True)
    app.register_blueprint(blueprint(Wiring(settings, store, clock, registry())))
    return Desk(reader(app), standin, clock, store)


def test_a_fault_is_turned_on_seen_and_turned_off(desk: Desk) -> None:
    assert "Tidak ada gangguan" in desk.text("/faults")
    form = {"kind": "undelivered", "phone": SITI, "odds": "12,5", "minutes": "2", "seed": "7", "code": "30005"}
    assert desk.post("/faults", **form, times="", seconds="").status_code == 303
    [fault] = desk.standin.board.shown()
    assert (fault.kind, fault.phone, fault.odds, fault.seed, fault.code) == ("undelivered", SITI, 0.125, 7, 30005)
    page = desk.text("/faults")
    assert all(words in page for words in ("<code>7</code>", "12.5", "2:00", "0 dari 0", "Siti Rahayu, +62"))
    assert desk.text("").count('class="wrong"') == 1
    assert desk.post("/faults/off", phone=SITI, kind="undelivered").status_code == 303
    assert desk.standin.board.shown() == []


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"kind": "429", "odds": "banyak"}, "Isian odds bukan angka."),
        ({"kind": "429", "seed": "1.5"}, "Isian seed bukan angka."),
        ({"kind": "429", "odds": "0"}, "odds"),
        ({"kind": "<b>"}, "kind: is none of 429"),
        ({"kind": "429", "phone": "x"}, "phone: is neither a phone number nor *"),
        ({"kind": "429", "code": "30003"}, "429 cannot have the code 30003"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_in_words(desk: Desk, form: dict[str, str], sentence: str) -> None:
    answer = desk.post("/faults", **form)
    assert (answer.status_code, sentence in answer.text, "<b>" in answer.text) == (422, True, False)


@pytest.mark.parametrize(
    ("form", "order"),
    [
        ({"kind": "slow"}, {"kind": "slow", "phone": "*"}),
        ({"kind": "slow", "phone": SITI, "odds": " 25 "}, {"kind": "slow", "phone": SITI, "odds": 0.25}),
        ({"kind": "slow", "minutes": "1.5", "seconds": "2"}, {"kind": "slow", "phone": "*", "lasts": 90, "seconds": 2}),
        ({"kind": "slow", "times": "3", "code": ""}, {"kind": "slow", "phone": "*", "times": 3}),
    ],
)
def test_a_form_becomes_an_order(form: dict[str, str], order: dict[str, object]) -> None:
    assert order_of(form) == order


def test_no_number_is_no_order() -> None:
    with pytest.raises(NotANumber, match="times"):
        order_of({"kind": "slow", "times": "sering"})


def test_what_crosses_is_listed_shown_and_sent_again(desk: Desk) -> None:
    assert "Belum ada lalu lintas" in desk.text("/traffic")
    key = re.findall(r'id="phone-(\w+)"', desk.text(""))[0]
    hostile = "<script>alert(1)</script>\u202e"
    assert desk.post("/send", key=key, text=hostile).status_code == 303
    page = desk.text("/traffic")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;U+202E" in page
    assert "alert(1)</script>" not in page.replace("&lt;/script&gt;", "")
    [entry] = desk.standin.ring.newest()
    page = desk.text(f"/traffic/{entry.id}")
    assert "X-Twilio-Signature" in page
    assert "•••" in page
    assert twilio.TOKEN not in page
    answer = desk.post(f"/traffic/{entry.id}/replay")
    assert answer.headers["Location"] == f"/simulator/traffic/{entry.id + 1}"
    edited = {
        "edited": "yes",
        "field:Body": "BANTUAN\r\nlagi",
        "omit:NumMedia": "yes",
        "new_name": "Extra",
        "new_value": "1",
    }
    assert desk.post(f"/traffic/{entry.id}/replay", **edited, forged="yes").status_code == 303
    newest = dict(desk.standin.ring.newest()[0].fields)
    assert (newest["Body"], newest["Extra"], "NumMedia" in newest) == ("BANTUAN\nlagi", "1", False)
    assert len(re.findall("/simulator/traffic/[0-9]", desk.text("/traffic"))) == 3
    assert "Belum ada lalu lintas" in desk.text(
        f"/traffic?of={re.findall(r'id=.phone-(.+?)[^0-9a-f]', desk.text(''))[1]}"
    )


@pytest.mark.parametrize(
    "path", ["/traffic/99", "/why/99", "/scripts/runs/99", "/scripts/record/xml", "/scripts/record/text"]
)
def test_what_is_not_there_is_said_in_a_page(desk: Desk, path: str) -> None:
    answer = desk.client.get(f"/simulator{path}")
    assert (answer.status_code, "Kembali ke telepon" in answer.text) == (404, True)


@pytest.mark.parametrize(
    ("form", "change"),
    [
        ({"field:Body": "x"}, {}),
        ({"edited": "yes", "field:Body": "JHT"}, {"fields": {}, "forged": False}),
        ({"edited": "yes", "field:Body": "x", "forged": "yes"}, {"fields": {"Body": "x"}, "forged": True}),
        ({"edited": "yes", "field:Body": "x", "omit:Body": "yes"}, {"fields": {"Body": None}, "forged": False}),
    ],
)
def test_only_what_differs_is_changed(form: dict[str, str], change: dict[str, object]) -> None:
    assert change_of(form, {"Body": "JHT"}) == change


@pytest.mark.parametrize("path", ["/faults", "/traffic", "/traffic/1"])
def test_without_a_stand_in_the_pages_say_so(sqlite_store: Store, path: str) -> None:
    with StandIn(twilio.ACCOUNT, twilio.TOKEN) as standin:
        desk = made(twilio.settings(twilio_api_url="http://127.0.0.1:9"), sqlite_store, standin)
        answer = desk.client.get(f"/simulator{path}")
        assert (answer.status_code, "smsgw simulator" in answer.text) == (502, True)
        assert 'class="phone"' in desk.text("")


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("", "script"),
        ("turns: [", "cannot be read as YAML"),
        ("phone: x\nturns: [{send: JHT}]", "x is not a phone number"),
        ('phone: "+6281218050012"\nturns: [{kirim: JHT}]', "Extra inputs are not permitted"),
    ],
)
def test_a_script_that_is_none_is_refused_and_kept(desk: Desk, script: str, sentence: str) -> None:
    answer = desk.post("/scripts/run", script=script)
    assert (answer.status_code, sentence in answer.text, script[:5] in answer.text) == (422, True, True)


def test_the_scripts_that_ship_are_offered(desk: Desk) -> None:
    names = {file.stem for file in (Path(__file__).parents[1] / "docs" / "scripts").glob("*.yaml")}
    assert set(re.findall(r'name="name" value="([^"]+)"', desk.text("/scripts"))) == names


@pytest.mark.parametrize("seconds", ["0", "-5", "", "x", "1e9", "34560001"])
def test_the_clock_moves_on_by_a_bounded_time_only(desk: Desk, seconds: str) -> None:
    assert desk.post("/clock", seconds=seconds).status_code == 422
    assert offset_ms(desk.clock) == 0


def test_the_clock_moves_on_and_back_and_every_page_says_so(desk: Desk) -> None:
    for _ in range(2):
        assert desk.post("/clock", seconds="86400").status_code == 303
    assert offset_ms(desk.clock) == 2 * 86_400_000
    assert "Jam gateway: " in desk.text("/scripts")
    assert desk.post("/clock", seconds="back").status_code == 303
    assert offset_ms(desk.clock) == 0
    assert "Jam gateway: " not in desk.text("/scripts")


def test_a_reset_forgets_all_but_the_table(desk: Desk) -> None:
    locked = next(one for one in READY if one.condition == "locked")
    desk.post("/choose", phone=locked.phone)
    desk.post("/faults", kind="429")
    desk.post("/clock", seconds="3600")
    row = {"carrier": "twilio", "carrier_id": "SM1", "from_phone": SITI, "to_phone": "2757", "source": "webhook"}
    with desk.store.write() as connection:
        connection.execute(
            inbound.insert().values(**row, received_at=1, next_attempt_at=1, body="JHT", state="answered")
        )
    assert desk.post("/reset").status_code == 303
    with desk.store.read() as connection:
        left = connection.scalar(select(func.count()).select_from(inbound))
        phones = list(connection.scalars(select(contact.c.phone)))
    assert (left, phones, offset_ms(desk.clock), desk.standin.board.shown()) == (0, [locked.phone], 0, [])
    assert locked.phone in desk.text("")
