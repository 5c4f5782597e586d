"""The inspector: both directions are written down without secrets, told as curl, and sent once more."""

import os
import subprocess
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from smsgw.carriers import Parcel, Verdict
from smsgw.carriers.twilio import Twilio
from smsgw.simulator.behaviour import Delays
from smsgw.simulator.faults import Order
from smsgw.simulator.inbound import Text
from smsgw.simulator.inspector import API, CALLBACK, KEEP, MASK, TEXT_LIMIT, WEBHOOK, Entry, Ring, as_curl, edited
from smsgw.simulator.replay import Gone, Replay
from smsgw.simulator.serving import serving
from smsgw.simulator.standin import StandIn
from tests.support import twilio
from tests.support.receiver import Receiver, Seen

PHONE = "+6281210000001"
AWKWARD = '\'; echo "$HOME" `id` \\ #&=é\n%'


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def hook(receiver: Receiver) -> Iterator[str]:
    with serving(receiver.app) as url:
        yield url


@pytest.fixture
def standin(hook: str) -> Iterator[StandIn]:
    with StandIn(twilio.ACCOUNT, twilio.TOKEN, delays=Delays(0.0, 0.0), public_url=hook) as made:
        yield made


@pytest.fixture
def api(standin: StandIn) -> Iterator[str]:
    with serving(standin) as url:
        yield url


@pytest.fixture
def carrier(api: str, hook: str) -> Twilio:
    return Twilio(twilio.settings(twilio_api_url=api, public_url=hook))


def is_signed(seen: Seen) -> bool:
    return bool(RequestValidator(twilio.TOKEN).compute_signature(seen.url, seen.fields) == seen.signature)


def entries(standin: StandIn, way: str) -> list[Entry]:
    return [entry for entry in standin.ring.newest() if entry.way == way]


def hold_a_conversation(standin: StandIn, carrier: Twilio, receiver: Receiver) -> None:
    standin.bring(Text(PHONE, twilio.NUMBER, "SALDO"))
    assert carrier.send(Parcel(PHONE, twilio.NUMBER, "Saldo Anda", "token", 60)).verdict == Verdict.ACCEPTED
    receiver.take(3)


def test_both_directions_are_written_down(standin: StandIn, carrier: Twilio, receiver: Receiver) -> None:
    hold_a_conversation(standin, carrier, receiver)
    (came,), (asked,) = entries(standin, WEBHOOK), entries(standin, API)
    assert (came.method, came.status, dict(came.fields)["Body"]) == ("POST", 200, "SALDO")
    assert (asked.method, asked.status, dict(asked.fields)["Body"]) == ("POST", 201, "Saldo Anda")
    assert standin.messages()[0].sid in asked.answer
    assert {dict(told.fields)["MessageStatus"] for told in entries(standin, CALLBACK)} <= {"sent", "delivered"}


def test_no_secret_is_kept(standin: StandIn, carrier: Twilio, receiver: Receiver) -> None:
    hold_a_conversation(standin, carrier, receiver)
    for entry in standin.ring.newest():
        shown = str(entry.as_json(twilio.ACCOUNT))
        assert twilio.TOKEN not in shown
        assert MASK in dict(entry.headers).values()
        if entry.way != API:
            url, fields = entry.url, dict(entry.fields)
            assert RequestValidator(twilio.TOKEN).compute_signature(url, fields) not in shown


def test_an_answer_that_never_came_is_written_down(standin: StandIn, carrier: Twilio) -> None:
    standin.board.set(Order(kind="reset"))
    carrier.send(Parcel(PHONE, twilio.NUMBER, "Halo", "token", 60))
    (asked,) = entries(standin, API)
    assert (asked.status, asked.trouble, asked.fault) == (None, "cut", "reset")


def test_a_gateway_that_is_not_there_is_written_down() -> None:
    with StandIn(twilio.ACCOUNT, twilio.TOKEN, public_url="http://127.0.0.1:9") as standin:
        posted = standin.bring(Text(PHONE, twilio.NUMBER, "SALDO"))
        assert (posted.status, posted.trouble) == (0, "ConnectionError")
        assert standin.ring.newest()[0].trouble == "ConnectionError"


def shell(line: str) -> None:
    environment = {"PATH": os.environ["PATH"], "SMSGW_TWILIO_AUTH_TOKEN": twilio.TOKEN}
    subprocess.run(["sh", "-c", line], env=environment, check=True, capture_output=True)


@pytest.mark.parametrize("body", ["SALDO", AWKWARD])
def test_the_curl_line_makes_a_genuine_post_of_its_own(standin: StandIn, receiver: Receiver, body: str) -> None:
    standin.bring(Text(PHONE, twilio.NUMBER, body))
    (first,), (came,) = receiver.take(1), entries(standin, WEBHOOK)
    shell(as_curl(came, twilio.ACCOUNT))
    (again,) = receiver.take(1)
    assert again.fields == first.fields
    assert is_signed(again)


def test_the_curl_line_of_a_call_is_a_call(standin: StandIn, carrier: Twilio) -> None:
    carrier.send(Parcel(PHONE, twilio.NUMBER, AWKWARD, "token", 60))
    carrier.list_sent(PHONE, twilio.NUMBER, 0)
    listed, created = entries(standin, API)
    shell(as_curl(created, twilio.ACCOUNT))
    shell(as_curl(listed, twilio.ACCOUNT))
    assert [row.body for row in standin.messages()] == [AWKWARD, AWKWARD]
    assert [entry.method for entry in entries(standin, API)] == ["GET", "POST", "GET", "POST"]


Change = Callable[[dict[str, str]], dict[str, str]]
CHANGES: list[tuple[Replay, Change, bool]] = [
    (Replay(), lambda fields: fields, True),
    (Replay(fields={"Body": "STATUS"}), lambda fields: fields | {"Body": "STATUS"}, True),
    (Replay(fields={"Extra": ""}), lambda fields: fields | {"Extra": ""}, True),
    (Replay(fields={"Body": None}), lambda fields: {n: v for n, v in fields.items() if n != "Body"}, True),
    (Replay(forged=True), lambda fields: fields, False),
]


@pytest.mark.parametrize(("change", "changed", "signed"), CHANGES)
def test_a_replay_is_signed_over_what_it_says_now(
    standin: StandIn, receiver: Receiver, change: Replay, changed: Change, signed: bool
) -> None:
    standin.bring(Text(PHONE, twilio.NUMBER, "SALDO"))
    (first,), (came,) = receiver.take(1), entries(standin, WEBHOOK)
    again = standin.replay(came.id, change)
    (second,) = receiver.take(1)
    assert (second.fields, is_signed(second)) == (changed(first.fields), signed)
    assert (again.replay_of, again.status, entries(standin, WEBHOOK)[0]) == (came.id, 200, again)


@pytest.mark.parametrize(
    ("change", "status", "taken"),
    [(Replay(), 201, 2), (Replay(fields={"To": "0"}), 400, 1), (Replay(forged=True), 401, 1)],
)
def test_a_call_is_replayed_with_the_accounts_credentials(
    standin: StandIn, carrier: Twilio, change: Replay, status: int, taken: int
) -> None:
    carrier.send(Parcel(PHONE, twilio.NUMBER, "Halo", "token", 60))
    again = standin.replay(entries(standin, API)[0].id, change)
    assert (again.status, len(standin.messages())) == (status, taken)


def test_a_replayed_call_may_be_cut_too(standin: StandIn, carrier: Twilio) -> None:
    carrier.send(Parcel(PHONE, twilio.NUMBER, "Halo", "token", 60))
    standin.board.set(Order(kind="reset"))
    assert standin.replay(entries(standin, API)[0].id, Replay()).trouble == "cut"


def test_what_is_forgotten_cannot_be_replayed(standin: StandIn) -> None:
    with pytest.raises(Gone):
        standin.replay(4711, Replay())


def entry(body: str = "", phone: str = PHONE) -> Entry:
    return Entry(WEBHOOK, 0.0, 1, "POST", "http://127.0.0.1/x", (("From", phone), ("Body", body)), answer=body)


def test_the_ring_is_bounded_in_number_and_size() -> None:
    ring = Ring()
    for _ in range(KEEP + 5):
        ring.add(entry("x" * (TEXT_LIMIT + 1)))
    kept = ring.newest()
    assert (len(kept), kept[0].id, kept[-1].id) == (KEEP, KEEP + 5, 6)
    assert {len(kept[0].answer), len(dict(kept[0].fields)["Body"])} == {TEXT_LIMIT}
    assert (ring.get(5), ring.get(6)) == (None, kept[-1])


def test_the_ring_is_asked_by_phone_and_number() -> None:
    ring = Ring()
    made = [ring.add(entry(phone=phone)) for phone in (PHONE, "+6281210000002", PHONE)]
    assert ring.newest(phone=PHONE) == [made[2], made[0]]
    assert ring.newest(after=1, limit=1) == [made[2]]
    ring.clear()
    assert (ring.newest(), ring.add(entry()).id) == ([], 4)


@given(
    st.dictionaries(st.text(max_size=3), st.text(max_size=3)),
    st.dictionaries(st.text(max_size=3), st.text() | st.none()),
)
def test_editing_is_a_change_of_a_mapping(fields: dict[str, str], changes: dict[str, str | None]) -> None:
    was = Entry(WEBHOOK, 0.0, 1, "POST", "http://127.0.0.1/x", tuple(fields.items()))
    wanted = {name: value for name, value in (fields | changes).items() if value is not None}
    assert dict(edited(was, changes)) == wanted
