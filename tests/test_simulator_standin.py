"""The real twilio SDK against the stand-in carrier: create, fetch, list, errors."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from smsgw.config import Settings
from smsgw.errors import StartupError
from smsgw.simulator.behaviour import Delays
from smsgw.simulator.serving import serving
from smsgw.simulator.standin import StandIn, from_settings

ACCOUNT = "AC" + "0" * 32
TOKEN = "stand-in token"
OURS = "2757"
PHONES = ("+6281210000001", "+6281210000002")
NEVER = Delays(sent=3600, delivered=3600)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn(ACCOUNT, TOKEN, delays=NEVER, clock=NOON.timestamp, keep=5) as made:
        yield made


@pytest.fixture
def url(standin: StandIn) -> Iterator[str]:
    with serving(standin) as made:
        yield made


def client(url: str, account: str = ACCOUNT, token: str = TOKEN) -> Client:
    made = Client(account, token)
    made.api.base_url = url
    return made


def test_create_is_what_the_sdk_parses(url: str) -> None:
    made = client(url).messages.create(to=PHONES[0], from_=OURS, body="Saldo JHT Anda Rp1.000")
    assert re.fullmatch(r"SM[0-9a-f]{32}", made.sid or "")
    assert (made.status, made.direction, made.num_segments, made.error_code) == ("queued", "outbound-api", "1", None)
    assert (made.to, made.from_, made.body) == (PHONES[0], OURS, "Saldo JHT Anda Rp1.000")
    assert (made.date_created, made.date_sent, made.account_sid) == (NOON, None, ACCOUNT)


def test_fetch_returns_what_was_created(url: str) -> None:
    made = client(url).messages.create(to=PHONES[0], from_=OURS, body="x" * 161)
    seen = client(url).messages(made.sid).fetch()
    assert (seen.sid, seen.body, seen.num_segments) == (made.sid, "x" * 161, "2")


def test_list_is_newest_first_filtered_and_paged(url: str) -> None:
    carrier = client(url)
    made = [carrier.messages.create(to=PHONES[n % 2], from_=OURS, body=str(n)).sid for n in range(5)]
    newest = made[::-1]
    assert [row.sid for row in carrier.messages.list()] == newest
    assert [row.sid for row in carrier.messages.list(page_size=2)] == newest
    assert [row.sid for row in carrier.messages.list(limit=3)] == newest[:3]
    assert [row.sid for row in carrier.messages.list(to=PHONES[1])] == newest[1::2]
    assert [row.sid for row in carrier.messages.list(to=PHONES[0], from_=OURS, page_size=1)] == newest[::2]
    assert carrier.messages.list(from_="2758") == []
    assert carrier.messages.list(date_sent_after=NOON) == []  # nothing has been sent yet


def test_a_page_goes_on_where_it_stood_while_messages_come(url: str) -> None:
    carrier = client(url)
    made = [carrier.messages.create(to=PHONES[0], from_=OURS, body=str(n)).sid for n in range(4)]
    page = carrier.messages.page(page_size=2)
    assert [row.sid for row in page] == [made[3], made[2]]
    carrier.messages.create(to=PHONES[0], from_=OURS, body="new")
    following = page.next_page()
    assert following is not None
    assert [row.sid for row in following] == [made[1], made[0]]
    assert following.next_page() is None


GOOD = {"to": PHONES[0], "from_": OURS, "body": "Halo"}
REFUSED = [
    ({"to": ""}, 21604),
    ({"from_": ""}, 21603),
    ({"body": ""}, 21602),
    ({"to": "08121"}, 21211),
    ({"to": "+62812abc0001"}, 21211),
    ({"to": "+622150000001"}, 21614),
    ({"from_": "no sender at all"}, 21212),
    ({"from_": PHONES[0]}, 21266),
    ({"body": "x" * 1601}, 21617),
    ({"status_callback": "http://under_score.example/x"}, 21609),
    ({"status_callback": "not a url"}, 21609),
]


@pytest.mark.parametrize(("change", "code"), REFUSED)
def test_a_wrong_message_is_refused_with_the_documented_code(
    url: str, standin: StandIn, change: dict[str, str], code: int
) -> None:
    with pytest.raises(TwilioRestException) as refused:
        client(url).messages.create(**{**GOOD, **change})
    assert (refused.value.status, refused.value.code) == (400, code)
    assert standin.messages() == []


def test_body_of_exactly_the_limit_is_taken(url: str) -> None:
    assert client(url).messages.create(**{**GOOD, "body": "x" * 1600}).status == "queued"


@pytest.mark.parametrize(("account", "token"), [(ACCOUNT, "wrong"), ("AC" + "1" * 32, TOKEN)])
def test_wrong_credentials_are_refused(url: str, account: str, token: str) -> None:
    with pytest.raises(TwilioRestException) as refused:
        client(url, account, token).messages.create(**GOOD)
    assert (refused.value.status, refused.value.code) == (401, 20003)


def test_an_unknown_message_is_404(url: str) -> None:
    with pytest.raises(TwilioRestException) as refused:
        client(url).messages("SM" + "0" * 32).fetch()
    assert (refused.value.status, refused.value.code) == (404, 20404)


PATHS = [
    ("GET", "/", 404, 20404),
    ("GET", f"/2010-04-01/Accounts/AC{'1' * 32}/Messages.json", 404, 20404),
    ("PUT", f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json", 405, 20004),
]


@pytest.mark.parametrize(("method", "path", "status", "code"), PATHS)
def test_other_paths_answer_in_the_same_form(url: str, method: str, path: str, status: int, code: int) -> None:
    answer = requests.request(method, url + path, auth=(ACCOUNT, TOKEN), timeout=5)
    assert (answer.status_code, answer.json()["code"], answer.json()["status"]) == (status, code, status)


def test_no_credentials_at_all(url: str) -> None:
    answer = requests.get(url + "/", timeout=5)
    assert (answer.status_code, answer.json()["code"]) == (401, 20003)
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_only_the_last_messages_are_remembered(url: str, standin: StandIn) -> None:
    carrier = client(url)
    made = [carrier.messages.create(to=PHONES[0], from_=OURS, body=str(n)).sid for n in range(8)]
    assert [row.sid for row in standin.messages()] == made[:2:-1]
    with pytest.raises(TwilioRestException):
        carrier.messages(made[0]).fetch()


def settings(**values: object) -> Settings:
    return Settings(_env_file=None, **values)  # type: ignore[call-arg, arg-type]


def test_production_is_refused() -> None:
    with pytest.raises(StartupError, match="production"):
        from_settings(settings(environment="production", twilio_account_sid=ACCOUNT, twilio_auth_token=TOKEN))


def test_a_missing_account_is_named() -> None:
    with pytest.raises(StartupError) as refused:
        from_settings(settings(environment="demo", twilio_account_sid="", twilio_auth_token=""))
    assert len(refused.value.problems) == 2


def test_it_listens_on_loopback_alone(url: str) -> None:
    assert url.startswith("http://127.0.0.1:")


def test_a_taken_port_is_said_in_words(url: str, standin: StandIn) -> None:
    port = int(url.rsplit(":", 1)[1])
    with pytest.raises(StartupError, match=f"Port {port}"), serving(standin, port):
        pass
