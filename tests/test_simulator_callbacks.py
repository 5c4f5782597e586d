"""Status callbacks of the stand-in: signed, in order, and only to hosts that may be called."""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

import pytest
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from smsgw.simulator.behaviour import Behaviour, Delays, Step
from smsgw.simulator.ledger import Message
from smsgw.simulator.serving import serving
from smsgw.simulator.standin import StandIn
from smsgw.simulator.timetable import Timetable
from tests.support.receiver import WAIT_S, Receiver

ACCOUNT = "AC" + "0" * 32
TOKEN = "stand-in token"
QUICK = Delays(sent=0.0, delivered=0.01)
GOOD = {"to": "+6281210000001", "from_": "2757", "body": "Halo"}


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def hook(receiver: Receiver) -> Iterator[str]:
    with serving(receiver.app) as url:
        yield f"{url}/status"


Open = Callable[[StandIn], Client]


@pytest.fixture
def opened() -> Iterator[Open]:
    with ExitStack() as stack:

        def start(standin: StandIn) -> Client:
            stack.enter_context(standin)
            client = Client(ACCOUNT, TOKEN)
            client.api.base_url = stack.enter_context(serving(standin))
            return client

        yield start


def test_sent_then_delivered_signed_over_the_exact_url(hook: str, receiver: Receiver, opened: Open) -> None:
    carrier = opened(StandIn(ACCOUNT, TOKEN, delays=QUICK))
    target = f"{hook}?t=a%2Bb&x="
    made = carrier.messages.create(**GOOD, status_callback=f"{target}#rc=3")
    sent, delivered = receiver.take(2)
    assert [sent.fields["MessageStatus"], delivered.fields["MessageStatus"]] == ["sent", "delivered"]
    for seen in (sent, delivered):
        assert seen.signature == RequestValidator(TOKEN).compute_signature(target, seen.fields)
        assert (seen.fields["MessageSid"], seen.fields["AccountSid"]) == (made.sid, ACCOUNT)
        assert (seen.fields["SmsSid"], seen.fields["SmsStatus"]) == (made.sid, seen.fields["MessageStatus"])
    assert carrier.messages(made.sid).fetch().status == "delivered"
    assert carrier.messages(made.sid).fetch().date_sent is not None


def test_each_of_many_messages_gets_its_callbacks_in_order(hook: str, receiver: Receiver, opened: Open) -> None:
    carrier = opened(StandIn(ACCOUNT, TOKEN, delays=QUICK))
    sids = {carrier.messages.create(**GOOD, status_callback=hook).sid for _ in range(20)}
    told: dict[str, list[str]] = {}
    for seen in receiver.take(40):
        told.setdefault(seen.fields["MessageSid"], []).append(seen.fields["MessageStatus"])
    assert told == {sid: ["sent", "delivered"] for sid in sids}


class Odd(Behaviour):
    """A network that fails the message, says so twice, and then says that it was sent."""

    def journey(self, message: Message) -> Sequence[Step]:
        return (Step(0.01, "undelivered", 30003), Step(0.01, "undelivered", 30003), Step(0.0, "sent"))


def test_another_behaviour_makes_other_callbacks(hook: str, receiver: Receiver, opened: Open) -> None:
    opened(StandIn(ACCOUNT, TOKEN, behaviour=Odd())).messages.create(**GOOD, status_callback=hook)
    told = [(seen.fields["MessageStatus"], seen.fields.get("ErrorCode")) for seen in receiver.take(3)]
    assert told == [("undelivered", "30003"), ("undelivered", "30003"), ("sent", None)]


def test_a_refused_callback_does_not_stop_the_next(opened: Open) -> None:
    receiver = Receiver(status=500)
    with serving(receiver.app) as url:
        opened(StandIn(ACCOUNT, TOKEN, delays=QUICK)).messages.create(**GOOD, status_callback=f"{url}/status")
        assert [seen.fields["MessageStatus"] for seen in receiver.take(2)] == ["sent", "delivered"]


@pytest.mark.parametrize(
    ("hosts", "url", "allowed"),
    [
        ((), "http://127.0.0.1:8000/x", True),
        ((), "http://localhost/x", True),
        ((), "http://[::1]:8000/x", True),
        ((), "https://sms.example/x", False),
        (("sms.example",), "https://SMS.example/x", True),
        (("sms.example",), "https://evil.sms.example/x", False),
        (("sms.example",), "http://127.0.0.1@other.example/x", False),
        ((), "http://127.0.0.1.other.example/x", False),
        ((), "http://169.254.169.254/x", False),
    ],
)
def test_only_loopback_and_the_public_host_are_called(hosts: tuple[str, ...], url: str, allowed: bool) -> None:
    with StandIn(ACCOUNT, TOKEN, callback_hosts=hosts) as standin:
        assert standin.may_call(url) is allowed


def test_a_full_timetable_refuses_but_lets_a_journey_go_on() -> None:
    timetable = Timetable(workers=1, limit=1)
    followed: queue.Queue[bool] = queue.Queue()
    assert timetable.at(0, lambda: followed.put(timetable.at(0, lambda: None, follows=True)))
    assert followed.get(timeout=WAIT_S)
    timetable.close()
    assert not timetable.at(0, lambda: None)


def test_clearing_drops_what_waits_and_what_would_follow() -> None:
    timetable, begun, go = Timetable(workers=1, limit=10), threading.Event(), threading.Event()
    done: queue.Queue[str] = queue.Queue()

    def first() -> None:
        begun.set()
        go.wait(WAIT_S)
        timetable.at(0, lambda: done.put("followed"), follows=True)

    timetable.at(0, first)
    begun.wait(WAIT_S)
    timetable.at(0, lambda: done.put("due"))
    timetable.at(time.monotonic() + 3600, lambda: done.put("waiting"))
    threading.Timer(0.1, go.set).start()
    timetable.clear()
    assert go.is_set()
    timetable.at(0, lambda: done.put("after"))
    assert done.get(timeout=WAIT_S) == "after"
    timetable.close()
    assert done.empty()


def test_the_limit_bounds_what_waits() -> None:
    timetable = Timetable(workers=1, limit=2)
    far = time.monotonic() + 3600
    assert [timetable.at(far, lambda: None) for _ in range(3)] == [True, True, False]
    timetable.close()
