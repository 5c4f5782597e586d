"""Faults by switch: what the gateway's carrier makes of each, which callbacks come, and that a seed repeats them."""

import time
from collections.abc import Iterator

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from twilio.request_validator import RequestValidator

from smsgw.carriers import Parcel, Verdict
from smsgw.carriers.twilio import Twilio
from smsgw.simulator.behaviour import Delays
from smsgw.simulator.codes import FAILURES, MAGIC_FROM, MAGIC_PREFIX, MAGIC_TO, REFUSALS
from smsgw.simulator.faults import SWITCHES, Order, Switchboard, TooManySwitches
from smsgw.simulator.inbound import Text
from smsgw.simulator.inspector import API
from smsgw.simulator.kinds import CODES, KINDS, place_of
from smsgw.simulator.serving import serving
from smsgw.simulator.standin import StandIn
from tests.support import twilio
from tests.support.receiver import Receiver

PHONE, OTHER = "+6281210000001", "+6281210000002"
QUICK = Delays(sent=0.0, delivered=0.01)


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def hook(receiver: Receiver) -> Iterator[str]:
    with serving(receiver.app) as url:
        yield url


@pytest.fixture
def standin(hook: str) -> Iterator[StandIn]:
    with StandIn(twilio.ACCOUNT, twilio.TOKEN, delays=QUICK, public_url=hook) as made:
        yield made


@pytest.fixture
def carrier(standin: StandIn, hook: str) -> Iterator[Twilio]:
    with serving(standin) as url:
        yield Twilio(twilio.settings(twilio_api_url=url, public_url=hook))


def parcel(to: str = PHONE, sender: str = twilio.NUMBER) -> Parcel:
    return Parcel(to, sender, "Halo", "token", 60)


STRIKES = [
    ("429", {}, Verdict.SAFE, False),
    ("500", {}, Verdict.AMBIGUOUS, False),
    ("500-taken", {}, Verdict.AMBIGUOUS, True),
    ("reset", {}, Verdict.AMBIGUOUS, True),
    ("reset-lost", {}, Verdict.AMBIGUOUS, False),
    ("timeout", {"seconds": 0.05}, Verdict.AMBIGUOUS, True),
    ("timeout-lost", {"seconds": 0.05}, Verdict.AMBIGUOUS, False),
    ("slow", {"seconds": 0.05}, Verdict.ACCEPTED, True),
    ("refused", {}, Verdict.REFUSED, False),
    ("refused", {"code": 20003}, Verdict.SAFE, False),
    ("undelivered", {}, Verdict.ACCEPTED, True),
]


@pytest.mark.parametrize(("kind", "more", "verdict", "taken"), STRIKES)
def test_what_the_gateway_makes_of_a_carriers_fault(
    standin: StandIn, carrier: Twilio, kind: str, more: dict[str, object], verdict: Verdict, taken: bool
) -> None:
    standin.board.set(Order.model_validate({"kind": kind, "phone": PHONE, **more}))
    assert carrier.send(parcel()).verdict == verdict
    assert bool(standin.messages()) == taken
    assert carrier.send(parcel(OTHER)).verdict == Verdict.ACCEPTED
    struck = [entry.fault for entry in standin.ring.newest() if entry.way == API]
    assert struck == ["", "" if kind == "undelivered" else kind]


def test_every_fault_of_the_carrier_stands_in_the_table() -> None:
    assert {row[0] for row in STRIKES} == {kind for kind in KINDS if place_of(kind) == "carrier"}


def test_a_busy_carrier_says_when_to_come_again(standin: StandIn, carrier: Twilio) -> None:
    standin.board.set(Order(kind="429", times=1))
    assert carrier.send(parcel()).retry_after_s == 1
    assert carrier.send(parcel()).verdict == Verdict.ACCEPTED


def test_an_answer_that_is_held_back_outlasts_a_patient_client(standin: StandIn) -> None:
    standin.board.set(Order(kind="timeout", seconds=30))
    form = {"To": PHONE, "From": twilio.NUMBER, "Body": "Halo"}
    path = f"/2010-04-01/Accounts/{twilio.ACCOUNT}/Messages.json"
    with serving(standin) as url, pytest.raises(requests.ReadTimeout):
        requests.post(url + path, form, auth=(twilio.ACCOUNT, twilio.TOKEN), timeout=0.3)
    assert len(standin.messages()) == 1


@pytest.mark.parametrize("kind", ["reset", "reset-lost"])
def test_a_reset_is_one(standin: StandIn, kind: str) -> None:
    standin.board.set(Order(kind=kind))
    form = {"To": PHONE, "From": twilio.NUMBER, "Body": "Halo"}
    path = f"/2010-04-01/Accounts/{twilio.ACCOUNT}/Messages.json"
    with serving(standin) as url, pytest.raises(requests.ConnectionError, match="reset by peer"):
        requests.post(url + path, form, auth=(twilio.ACCOUNT, twilio.TOKEN), timeout=5)


CALLBACKS = [
    ("callback-twice", ["sent", "sent", "delivered", "delivered"]),
    ("callback-unordered", ["delivered", "sent"]),
    ("callback-late", ["sent", "delivered"]),
    ("undelivered", ["sent", "undelivered"]),
]


@pytest.mark.parametrize(("kind", "told"), CALLBACKS)
def test_callbacks_are_bent(standin: StandIn, carrier: Twilio, receiver: Receiver, kind: str, told: list[str]) -> None:
    seconds = 0.05 if kind == "callback-late" else None
    standin.board.set(Order(kind=kind, phone=PHONE, seconds=seconds))
    carrier.send(parcel())
    assert [seen.fields["MessageStatus"] for seen in receiver.take(len(told))] == told
    assert standin.messages()[0].status == ("undelivered" if kind == "undelivered" else "delivered")


def test_a_message_may_arrive_and_nobody_is_told(standin: StandIn, carrier: Twilio, receiver: Receiver) -> None:
    standin.board.set(Order(kind="callback-never", phone=PHONE))
    carrier.send(parcel())
    carrier.send(parcel(OTHER))
    assert {seen.fields["To"] for seen in receiver.take(2)} == {OTHER}
    assert [row.status for row in standin.messages()] == ["delivered", "delivered"]


@pytest.mark.parametrize("code", sorted(FAILURES))
def test_a_code_as_suffix_makes_a_message_fail(
    standin: StandIn, carrier: Twilio, receiver: Receiver, code: int
) -> None:
    status = FAILURES[code][0]
    assert carrier.send(parcel(f"{MAGIC_PREFIX}{code}")).verdict == Verdict.ACCEPTED
    last = receiver.take(1 if status == "failed" else 2)[-1]
    assert (last.fields["MessageStatus"], last.fields["ErrorCode"]) == (status, str(code))
    assert standin.messages()[0].error_text == FAILURES[code][1]


MAGIC = [
    *((parcel(to), code) for to, code in MAGIC_TO.items()),
    *((parcel(sender=sender), code) for sender, code in MAGIC_FROM.items()),
    *((parcel(f"{MAGIC_PREFIX}{code}"), code) for code in REFUSALS),
]


@pytest.mark.parametrize(("sent", "code"), MAGIC, ids=lambda value: str(getattr(value, "to_phone", value)))
def test_a_magic_number_is_refused_with_its_code(carrier: Twilio, sent: Parcel, code: int) -> None:
    assert carrier.send(sent).error_code == str(code)


WEBHOOKS = [
    ("webhook-twice", 2, 1, True),
    ("webhook-replayed", 2, 1, True),
    ("webhook-bad-signature", 1, 1, False),
    ("webhook-missing-field", 1, 0, True),
    ("webhook-never", 0, 0, True),
]


@pytest.mark.parametrize(("kind", "posts", "sids", "signed"), WEBHOOKS)
def test_texts_come_in_as_the_switch_says(
    standin: StandIn, receiver: Receiver, kind: str, posts: int, sids: int, signed: bool
) -> None:
    standin.board.set(Order(kind=kind, phone=PHONE, times=1, seconds=0.05))
    posted = standin.bring(Text(PHONE, twilio.NUMBER, "SALDO"))
    seen = receiver.take(posts)
    assert {one.fields.get("MessageSid") for one in seen} - {None} == ({posted.message_sid} if sids else set())
    right = [RequestValidator(twilio.TOKEN).compute_signature(one.url, one.fields) == one.signature for one in seen]
    assert right == [signed] * posts
    assert (posted.fault, standin.messages()[0].sid) == (kind, posted.message_sid)
    standin.bring(Text(PHONE, twilio.NUMBER, "STATUS"))
    assert receiver.take(1)[0].fields["Body"] == "STATUS"


def test_every_other_fault_stands_in_a_table() -> None:
    told = {row[0] for row in CALLBACKS} | {row[0] for row in WEBHOOKS} | {"callback-never"}
    assert told == {kind for kind in KINDS if place_of(kind) != "carrier"} | {"undelivered"}


def test_a_burst_is_bounded_and_comes_whole(standin: StandIn, receiver: Receiver) -> None:
    assert standin.burst([Text(PHONE, twilio.NUMBER, str(number)) for number in range(250)], 1e9) == 200
    assert {seen.fields["Body"] for seen in receiver.take(200)} == {str(number) for number in range(200)}


@given(st.integers(0, 2**32 - 1), st.lists(st.sampled_from([PHONE, OTHER]), max_size=40))
def test_a_seed_repeats_its_faults_whatever_other_phones_do(seed: int, looks: list[str]) -> None:
    boards = [Switchboard(), Switchboard()]
    for board in boards:
        board.set(Order(kind="429", odds=0.5, seed=seed))
    mixed = [bool(boards[0].strikes(phone, "429")) for phone in looks]
    mine = [hit for phone, hit in zip(looks, mixed, strict=True) if phone == PHONE]
    assert [bool(boards[1].strikes(PHONE, "429")) for _ in mine] == mine


def test_a_seed_that_nobody_gave_is_shown_and_repeats() -> None:
    board, again = Switchboard(), Switchboard()
    made = board.set(Order(kind="500", odds=0.4))
    again.set(Order(kind="500", odds=0.4, seed=made.seed))
    assert [bool(board.strikes(PHONE, "500")) for _ in range(50)] == [
        bool(again.strikes(PHONE, "500")) for _ in range(50)
    ]
    assert board.shown()[0].as_json(time.time())["seed"] == made.seed


def test_odds_are_kept_about() -> None:
    board = Switchboard()
    board.set(Order(kind="429", odds=0.3, seed=7))
    assert 230 < sum(board.strikes(PHONE, "429") is not None for _ in range(1000)) < 370


def test_a_switch_goes_off_by_itself() -> None:
    now = [1000.0]
    board = Switchboard(lambda: now[0])
    board.set(Order(kind="429", lasts=60))
    assert board.strikes(PHONE, "429")
    now[0] += 60
    assert (board.strikes(PHONE, "429"), board.shown()) == (None, [])


def test_switches_are_cleared_by_phone_and_kind() -> None:
    board = Switchboard()
    for kind, phone in (("429", PHONE), ("500", PHONE), ("429", OTHER)):
        board.set(Order(kind=kind, phone=phone))
    assert (board.clear(phone=PHONE, kind="500"), board.clear(kind="429"), board.clear()) == (1, 2, 0)


def test_there_is_an_end_to_switches() -> None:
    board = Switchboard()
    for number in range(SWITCHES):
        board.set(Order(kind="429", phone=f"+628121000{number:04d}"))
    board.set(Order(kind="429", phone="+6281210000000"))
    with pytest.raises(TooManySwitches):
        board.set(Order(kind="500"))


BAD = [
    {"kind": "500s"},
    {"kind": "429", "odds": 0},
    {"kind": "429", "odds": 1.1},
    {"kind": "429", "phone": "budi"},
    {"kind": "429", "lasts": 90_000},
    {"kind": "429", "code": 30003},
    {"kind": "refused", "code": 30003},
    {"kind": "undelivered", "code": 21610},
    {"kind": "slow", "seconds": 121},
    {"kind": "429", "tims": 1},
]


@pytest.mark.parametrize("order", BAD)
def test_a_wrong_switch_is_refused(order: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Order.model_validate(order)


def test_codes_have_a_default_that_is_one_of_them() -> None:
    assert all(default in known for default, known in CODES.values())
