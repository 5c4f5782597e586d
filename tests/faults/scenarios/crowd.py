"""Faults of crowds: pollers and operators want the same replies, bots answer every reply at once."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle

from sqlalchemy import func, select

from smsgw.carriers.twilio import Twilio
from smsgw.errors import NotPossible, StoreUnavailable
from smsgw.gateway.send import SendVerb
from smsgw.messages import byhand, states
from smsgw.messages.tables import inbound, outbound, outbound_event
from tests.faults.drain import drain, pass_time
from tests.faults.moods import Order, always
from tests.faults.scenario import Scenario
from tests.faults.senders import Sent, messages
from tests.faults.stage import Stage
from tests.support import twilio

POLLERS = 20
OPERATORS = 8
BOTS, HOURS, A_DAY = 6, 24, 20
WORDS = ("INFO", "HAK", "JMO", "KANTOR BANDUNG", "BANTUAN JHT", "KLAIM JHT")
HOUR_MS = 3_600_000
WAIT_MS = 60_000  # longer than any wait after a few attempts


def pollers(stage: Stage) -> None:
    """Pollers, two workers and operators who press Resend on everything want the same replies at once.

    Every second one waits; the others were refused, so that they may be resent.
    """
    stage.carrier.mood = lambda order: "400" if _is_refused(order.to) else "429"
    stage.open()
    stage.post()
    stage.wait(lambda: stage.outbound(outbound.c.attempts > 0) >= stage.count, "attempts")
    for worker in stage.of("worker"):
        stage.stop(worker)
    stage.carrier.mood = always("ok")
    barrier = threading.Barrier(POLLERS + OPERATORS + 1)
    carriers = {"twilio": Twilio(stage.settings)}
    with ThreadPoolExecutor(4) as calls, ThreadPoolExecutor(POLLERS + OPERATORS) as threads:
        verbs = [SendVerb(stage.store, carriers, calls) for _ in range(POLLERS)]
        polling = [threads.submit(_poll, barrier, verb, stage.count) for verb in verbs]
        pressing = [threads.submit(_press, barrier, stage, shuffled) for shuffled in _shuffled(stage)]
        pass_time(stage, WAIT_MS)
        for _ in range(2):
            stage.start("worker")
        barrier.wait(30)
        stage.notes["claimed_by_pollers"] = sum(one.result(60) for one in polling)
        stage.notes["resent"] = sum(one.result(60) for one in pressing)


def _is_refused(phone: str) -> bool:
    return int(phone[-1]) % 2 == 1


def _poll(barrier: threading.Barrier, send: Callable[[int], int], times: int) -> int:
    barrier.wait(30)
    return sum(_polled(send) for _ in range(times))


def _polled(send: Callable[[int], int]) -> int:
    try:
        return send(1)
    except StoreUnavailable:  # a crowd before SQLite's one door, on a busy machine: a job would be tried again
        return 0


def _shuffled(stage: Stage) -> list[list[int]]:
    """Every message, in an order of each operator's own."""
    with stage.store.read() as connection:
        ids = [*connection.scalars(select(outbound.c.id))]
    return [stage.dice.sample(ids, k=len(ids)) for _ in range(OPERATORS)]


def _press(barrier: threading.Barrier, stage: Stage, ids: Sequence[int]) -> int:
    """Press Resend on each of these messages; how many of them it made anew."""
    barrier.wait(30)
    return sum(_resent(stage, outbound_id) for outbound_id in ids)


def _resent(stage: Stage, outbound_id: int) -> bool:
    try:
        with stage.store.write() as connection:
            byhand.resend(connection, outbound_id)
    except NotPossible:
        return False
    except StoreUnavailable:  # as above; who sees it presses again
        return _resent(stage, outbound_id)
    return True


def each_call_has_its_claim(stage: Stage) -> None:
    """And each refused message was resent once, whoever pressed."""
    with stage.store.read() as connection:
        claims = connection.scalar(select(func.count()).where(outbound_event.c.cause == "claim"))
    orders = stage.carrier.counts.orders
    stage.require(orders <= (claims or 0), f"{claims} claims and {orders} calls")
    refused, resent = len(stage.carrier.refused), stage.outbound(outbound.c.resend_no > 0)
    stage.require(refused > 0, "nothing was refused, so nothing could be resent")
    stage.require(resent == refused, f"{refused} were refused, {resent} were resent")
    stage.require(stage.notes["resent"] == refused, f"{stage.notes['resent']:g} presses of {refused} counted")


def bots(stage: Stage) -> None:
    """Phones that answer every reply at once: with our own words, with a word of theirs, with keywords in turn."""
    stage.open()
    words = cycle(WORDS)
    phones = [letter.phone for letter in messages(BOTS)]

    def text(phone: str, heard: str) -> str:
        return (heard, "Saya sedang rapat", next(words))[phones.index(phone) % 3]

    def answer(order: Order) -> None:
        letter = Sent(twilio.sid(), order.to, text(order.to, order.text))
        asyncio.get_running_loop().create_task(stage.senders.post(letter, {}))

    stage.carrier.on_taken = answer
    for _ in range(HOURS):
        opening = [Sent(twilio.sid(), phone, "INFO") for phone in phones]
        stage.network.run(stage.senders.post_all(opening, BOTS))
        drain(stage)
        pass_time(stage, HOUR_MS, everything=True)
    heard = [sum(taken.message.to == phone for taken in stage.carrier.taken) for phone in phones]
    stage.notes |= {"replies_a_day_at_most": max(heard), "suppressed": _suppressed(stage)}
    stage.require(max(heard) <= A_DAY, f"a bot heard {max(heard)} replies in a day")
    stage.require(_suppressed(stage) > 0, "nothing was suppressed")


def _suppressed(stage: Stage) -> int:
    with stage.store.read() as connection:
        mine = select(func.count()).where(inbound.c.state == states.SUPPRESSED)
        return int(connection.scalar(mine) or 0)


SCENARIOS = (
    Scenario(
        "F24",
        f"{BOTS} bots answer every reply at once, for a day",
        f"at most {A_DAY} replies a day to each; the rest suppressed",
        bots,
        count=BOTS * HOURS,
        allows=frozenset({"suppressed"}),
        once=True,
    ),
    Scenario(
        "F32",
        f"{POLLERS} pollers, two workers and {OPERATORS} operators who press Resend want the same replies",
        "each is claimed once, and what was refused is resent once",
        pollers,
        count=100,
        quick=40,
        check=each_call_has_its_claim,
    ),
)
