"""The table of phones: hosts, forms, escaping, languages, and the way of a text to the webhook."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from sqlalchemy import select
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from smsgw.clock import Clock
from smsgw.config import Settings
from smsgw.errors import StartupError
from smsgw.keywords import Registry, load_registry
from smsgw.members.demo import DEMO_PEOPLE
from smsgw.messages.tables import contact, inbound, outbound
from smsgw.simulator.pages import blueprint
from smsgw.simulator.people import READY
from smsgw.simulator.serving import serving
from smsgw.store import Cipher, Store, metadata, open_store
from tests.support.pages import reader

ACCOUNT = "AC" + "0" * 32
TOKEN = "page token"
OURS = "2757"
PHONE = "+6281210000077"
HOSTILE = "<script>alert(1)</script> & \"quoted\" 'text' {{ 7 * 7 }} \u202e"


@dataclass(frozen=True)
class Wiring:
    settings: Settings
    store: Store
    registry: Registry
    clock: Clock


class Webhook:
    """The gateway's webhook, which checks the signature and answers `status`."""

    def __init__(self) -> None:
        self.status = 200
        self.forms: list[dict[str, str]] = []
        self.app = Flask("webhook")
        self.app.add_url_rule("/webhooks/twilio/inbound", view_func=self._take, methods=["POST"], endpoint="in")

    def _take(self) -> tuple[str, int]:
        form = dict(request.form.items())
        if not RequestValidator(TOKEN).validate(request.url, form, request.headers["X-Twilio-Signature"]):
            return "", 403
        self.forms.append(form)
        return "", self.status


@pytest.fixture
def webhook() -> Webhook:
    return Webhook()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'log.sqlite'}", Cipher(bytes(64)))
    metadata.create_all(opened.engine)
    yield opened
    opened.close()


def settings(public_url: str, environment: str = "demo") -> Settings:
    values = {"public_url": public_url, "environment": environment, "twilio_from": OURS}
    return Settings(_env_file=None, twilio_account_sid=ACCOUNT, twilio_auth_token=TOKEN, **values)  # type: ignore[call-arg, arg-type]


def browser(store: Store, public_url: str) -> FlaskClient:
    app = Flask("pages")
    app.register_blueprint(blueprint(wiring(settings(public_url), store)))
    return reader(app)


@cache
def registry() -> Registry:
    return load_registry()


def wiring(values: Settings, store: Store) -> Wiring:
    return Wiring(values, store, registry(), Clock(store, movable=True))


@pytest.fixture
def client(store: Store, webhook: Webhook) -> Iterator[FlaskClient]:
    with serving(webhook.app) as url:
        yield browser(store, url)


def token(client: FlaskClient) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', client.get("/simulator").text)
    assert found
    return found[1]


def choose(client: FlaskClient, phone: str = PHONE) -> str:
    """Put a phone on the table; its key in the page."""
    answer = client.post("/simulator/choose", data={"form_token": token(client), "phone": phone})
    assert answer.status_code == 303
    path, _, key = answer.headers["Location"].partition("#phone-")
    assert path == "/simulator"
    return key


def send(client: FlaskClient, key: str, text: str, **more: str) -> TestResponse:
    return client.post("/simulator/send", data={"form_token": token(client), "key": key, "text": text} | more)


def test_production_has_no_simulator(store: Store) -> None:
    with pytest.raises(StartupError, match="production"):
        blueprint(wiring(settings("http://127.0.0.1:8000", "production"), store))


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8000", 200),
        ("localhost:8000", 200),
        ("[::1]:8000", 200),
        ("sms.example", 403),
        ("127.0.0.1.sms.example", 403),
        ("192.0.2.1:8000", 403),
    ],
)
@pytest.mark.parametrize("path", ["/simulator", "/simulator/static/simulator.css"])
def test_only_this_machines_own_names_are_answered(client: FlaskClient, path: str, host: str, status: int) -> None:
    assert client.get(path, headers={"Host": host}).status_code == status


def test_the_policy_allows_nothing_inline_and_the_page_has_none(client: FlaskClient) -> None:
    choose(client)
    answer = client.get("/simulator")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "DEMO" in answer.text


def test_every_demo_person_is_offered_and_marked_as_invented(client: FlaskClient) -> None:
    page = client.get("/simulator").text
    people = page.partition('class="chooser"')[2].partition("</form>")[0]
    assert all(person.phone in people for person in DEMO_PEOPLE)
    assert people.count("rekaan") == people.count('name="phone"') == len(READY)


def test_two_phones_lie_on_the_table_at_first_and_never_more_than_six(client: FlaskClient) -> None:
    assert client.get("/simulator").text.count('class="phone"') == 2
    for phone in READY:
        choose(client, phone.phone)
    assert client.get("/simulator").text.count('class="phone"') == 6


def test_a_phone_is_put_away(client: FlaskClient) -> None:
    data = {"form_token": token(client), "key": choose(client)}
    assert client.post("/simulator/put-away", data=data).status_code == 303
    assert PHONE not in client.get("/simulator").text


def test_the_pages_are_read_in_english_where_somebody_says_so(client: FlaskClient) -> None:
    data = {"form_token": token(client), "language": "en", "back": "/simulator/why/1"}
    assert client.post("/simulator/language", data=data).headers["Location"] == "/simulator/why/1"
    page = client.get("/simulator").text
    assert ('<html lang="en">' in page, "Ready-made people" in page, "rekaan" in page) == (True, True, False)


@pytest.mark.parametrize("elsewhere", ["https://sms.example", "//sms.example", "/console", "/simulatorx"])
def test_no_form_leads_elsewhere(client: FlaskClient, elsewhere: str) -> None:
    data = {"form_token": token(client), "language": "en", "back": elsewhere}
    assert client.post("/simulator/language", data=data).headers["Location"] == "/simulator"


@pytest.mark.parametrize(
    ("number", "locked", "opted_out"), [(0, False, False), (8, False, False), (9, True, False), (10, False, True)]
)
def test_a_ready_made_phone_is_brought_into_its_condition(
    client: FlaskClient, store: Store, number: int, locked: bool, opted_out: bool
) -> None:
    for _ in range(2):
        choose(client, READY[number].phone)
    with store.read() as connection:
        row = connection.execute(select(contact.c.locked_until, contact.c.opted_out_at)).first() or (None, None)
    assert (row[0] is not None, row[1] is not None) == (locked, opted_out)


@pytest.mark.parametrize("typed", ["081210000077", "+62 812-1000-0077", "6281210000077"])
def test_a_phone_may_be_typed_as_people_write_it(client: FlaskClient, typed: str) -> None:
    choose(client, typed)
    assert PHONE in client.get("/simulator").text


def test_what_is_no_phone_is_refused_in_words(client: FlaskClient) -> None:
    answer = client.post("/simulator/choose", data={"form_token": token(client), "phone": "<b>halo</b>"})
    assert (answer.status_code, "bukan nomor telepon" in answer.text, "<b>halo" in answer.text) == (422, True, False)


def test_the_phone_is_neither_in_the_url_nor_readable_in_the_cookie(client: FlaskClient) -> None:
    choose(client)
    cookie = client.get_cookie("smsgw_simulator", path="/simulator")
    assert cookie is not None
    assert PHONE.lstrip("+") not in cookie.decoded_value
    assert (cookie.http_only, cookie.same_site, cookie.path) == (True, "Strict", "/simulator")


def test_a_text_goes_signed_to_the_webhook(client: FlaskClient, webhook: Webhook) -> None:
    answer = send(client, choose(client), "JHT\r\n99050012345")
    assert answer.status_code == 303
    [form] = webhook.forms
    assert (form["From"], form["To"], form["Body"], form["AccountSid"]) == (PHONE, OURS, "JHT\n99050012345", ACCOUNT)
    assert re.fullmatch("SM[0-9a-f]{32}", form["MessageSid"])
    assert form["MessageSid"] == form["SmsSid"] == form["SmsMessageSid"]


@pytest.mark.parametrize("path", ["/simulator/choose", "/simulator/send", "/simulator/language"])
@pytest.mark.parametrize("given", [None, "", "wrong", "ä"])
def test_a_form_of_another_site_does_nothing(
    client: FlaskClient, webhook: Webhook, path: str, given: str | None
) -> None:
    form = {"key": choose(client), "phone": "081210000088", "text": "JHT", "language": "en"} | (
        {} if given is None else {"form_token": given}
    )
    answer = client.post(path, data=form)
    assert (answer.status_code, webhook.forms) == (400, [])
    assert "81210000088" not in client.get("/simulator").text


@pytest.mark.parametrize("cookie", ["", "x", "AAAA", "A" * 400, "%00"])
def test_a_broken_cookie_begins_a_new_visit(client: FlaskClient, cookie: str) -> None:
    client.set_cookie("smsgw_simulator", cookie, path="/simulator")
    assert client.get("/simulator").status_code == 200


@pytest.mark.parametrize(
    ("text", "words"), [("", "Tulis dulu"), ("  \n", "Tulis dulu"), ("x" * 1601, "paling panjang")]
)
def test_an_unsendable_text_is_not_sent(client: FlaskClient, webhook: Webhook, text: str, words: str) -> None:
    answer = send(client, choose(client), text)
    assert (answer.status_code, words in answer.text, webhook.forms) == (422, True, [])


def test_a_refusal_of_the_gateway_is_shown_and_the_text_kept(client: FlaskClient, webhook: Webhook) -> None:
    key = choose(client)
    webhook.status = 503
    answer = send(client, key, HOSTILE)
    assert answer.status_code == 502
    assert "HTTP 503" in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text
    assert "<script>" not in answer.text


def test_a_phone_that_is_not_on_the_table_sends_nothing(client: FlaskClient, webhook: Webhook) -> None:
    answer = send(client, "0123456789ab", "JHT")
    assert (answer.status_code, "tidak ada di meja" in answer.text, webhook.forms) == (422, True, [])


def test_the_script_is_given_the_conversations_alone(client: FlaskClient, webhook: Webhook) -> None:
    key, form = choose(client), token(client)
    webhook.status = 503
    data = {"form_token": form, "key": key, "text": "JHT"}
    answer = client.post("/simulator/send", data=data, headers={"X-Fragment": "rows"})
    assert (answer.status_code, "<html" in answer.text, answer.text.count('class="talk"')) == (200, False, 3)
    assert f'id="problem-{key}">Gateway menolak pesan ini (HTTP 503)' in answer.text
    assert client.get("/simulator/rows").text.count('class="talk"') == 3


def test_a_silent_gateway_is_said_in_words(store: Store) -> None:
    client = browser(store, "http://127.0.0.1:9")
    answer = send(client, choose(client), "JHT")
    assert (answer.status_code, "tidak menjawab" in answer.text) == (502, True)


STAMPS = {"received_at": 1_000, "next_attempt_at": 1_000}
SENT_STAMPS = {"next_attempt_at": 1_000, "expires_at": 2_000, "created_at": 1_000, "updated_at": 1_000}


def test_a_conversation_is_escaped_and_measured(client: FlaskClient, store: Store) -> None:
    came = {"carrier": "twilio", "carrier_id": "SM1", "from_phone": PHONE, "to_phone": OURS, "source": "webhook"}
    went = {"kind": "reply", "carrier": "twilio", "from_phone": OURS, "to_phone": PHONE, "septets": 4, "language": "id"}
    with store.write() as connection:
        connection.execute(inbound.insert().values(**came, **STAMPS, body=HOSTILE, state="answered"))
        reply = {**went, **SENT_STAMPS, "inbound_id": 1, "priority": 0, "callback_token": "t"}
        connection.execute(outbound.insert().values(**reply, body="Halo", state="delivered"))
    choose(client)
    page = client.get("/simulator").text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>" not in page
    assert "{{ 7 * 7 }}" in page
    assert '<span class="hidden-char" title="RIGHT-TO-LEFT OVERRIDE">U+202E</span>' in page
    assert "4 septet" in page
    assert "sampai" in page
    assert "refresh" not in page  # nothing is under way


@pytest.mark.parametrize(("age_ms", "state", "again"), [(0, "received", True), (90_000, "received", False)])
def test_the_page_looks_again_while_something_fresh_is_under_way(
    client: FlaskClient, store: Store, age_ms: int, state: str, again: bool
) -> None:
    came = {"carrier": "twilio", "carrier_id": "SM1", "from_phone": PHONE, "to_phone": OURS, "source": "webhook"}
    at = int(time.time() * 1000) - age_ms
    with store.write() as connection:
        connection.execute(inbound.insert().values(**came, received_at=at, next_attempt_at=at, body="JHT", state=state))
    choose(client)
    assert ('http-equiv="refresh"' in client.get("/simulator").text) is again
