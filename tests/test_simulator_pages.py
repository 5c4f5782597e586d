"""The page /simulator: hosts, forms, escaping, and the way of a text to the webhook."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from twilio.request_validator import RequestValidator

from smsgw.config import Settings
from smsgw.errors import StartupError
from smsgw.members.demo import DEMO_PEOPLE
from smsgw.messages.tables import inbound, outbound
from smsgw.simulator.pages import blueprint
from smsgw.simulator.serving import serving
from smsgw.store import Cipher, Store, metadata, open_store

ACCOUNT = "AC" + "0" * 32
TOKEN = "page token"
OURS = "2757"
PHONE = "+6281210000077"
HOSTILE = "<script>alert(1)</script> & \"quoted\" 'text' {{ 7 * 7 }}"


@dataclass(frozen=True)
class Wiring:
    settings: Settings
    store: Store


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
    app.register_blueprint(blueprint(Wiring(settings(public_url), store)))
    return app.test_client()


@pytest.fixture
def client(store: Store, webhook: Webhook) -> Iterator[FlaskClient]:
    with serving(webhook.app) as url:
        yield browser(store, url)


def token(client: FlaskClient) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', client.get("/simulator").text)
    assert found
    return found[1]


def choose(client: FlaskClient, phone: str = PHONE) -> None:
    answer = client.post("/simulator/choose", data={"form_token": token(client), "phone": phone})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/simulator")


def test_production_has_no_simulator(store: Store) -> None:
    with pytest.raises(StartupError, match="production"):
        blueprint(Wiring(settings("http://127.0.0.1:8000", "production"), store))


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


def test_the_policy_allows_no_script_and_the_page_has_none(client: FlaskClient) -> None:
    choose(client)
    answer = client.get("/simulator")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", answer.text)
    assert "DEMO" in answer.text


def test_every_demo_person_is_offered(client: FlaskClient) -> None:
    page = client.get("/simulator").text
    assert all(person.phone in page for person in DEMO_PEOPLE)


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
    choose(client)
    answer = client.post("/simulator/send", data={"form_token": token(client), "text": "JHT\r\n99050012345"})
    assert answer.status_code == 303
    [form] = webhook.forms
    assert (form["From"], form["To"], form["Body"], form["AccountSid"]) == (PHONE, OURS, "JHT\n99050012345", ACCOUNT)
    assert re.fullmatch("SM[0-9a-f]{32}", form["MessageSid"])
    assert form["MessageSid"] == form["SmsSid"] == form["SmsMessageSid"]


@pytest.mark.parametrize("path", ["/simulator/choose", "/simulator/send"])
@pytest.mark.parametrize("given", [None, "", "wrong", "ä"])
def test_a_form_of_another_site_does_nothing(
    client: FlaskClient, webhook: Webhook, path: str, given: str | None
) -> None:
    choose(client)
    form = {"phone": "081210000088", "text": "JHT"} | ({} if given is None else {"form_token": given})
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
    choose(client)
    answer = client.post("/simulator/send", data={"form_token": token(client), "text": text})
    assert (answer.status_code, words in answer.text, webhook.forms) == (422, True, [])


def test_a_refusal_of_the_gateway_is_shown_and_the_text_kept(client: FlaskClient, webhook: Webhook) -> None:
    choose(client)
    webhook.status = 503
    answer = client.post("/simulator/send", data={"form_token": token(client), "text": HOSTILE})
    assert answer.status_code == 502
    assert "HTTP 503" in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text
    assert "<script" not in answer.text


def test_a_silent_gateway_is_said_in_words(store: Store) -> None:
    client = browser(store, "http://127.0.0.1:9")
    choose(client)
    answer = client.post("/simulator/send", data={"form_token": token(client), "text": "JHT"})
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
    assert "<script" not in page
    assert "{{ 7 * 7 }}" in page
    assert "4 septet, 1 segmen" in page
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
