"""Faults of crowds: many pollers want the same replies, bots answer every reply at once."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle

from sqlalchemy import func, select

from smsgw.carriers.twilio import Twilio
from smsgw.gateway.send import SendVerb
from smsgw.messages import states
from smsgw.messages.tables import inbound, outbound, outbound_event
from tests.faults.drain import drain, pass_time
from tests.faults.moods import Order, always
from tests.faults.scenario import Scenario
from tests.faults.senders import Sent, messages
from tests.faults.stage import Stage
from tests.support import twilio

POLLERS = 20
BOTS, HOURS, A_DAY = 6, 24, 20
WORDS = ("INFO", "HAK", "JMO", "KANTOR BANDUNG", "BANTUAN JHT", "KLAIM JHT")
HOUR_MS = 3_600_000
WAIT_MS = 60_000  # longer than any wait after a few attempts


def pollers(stage: Stage) -> None:
    """Twenty pollers and two workers want the same waiting replies at once."""
    stage.carrier.mood = always("429")
    stage.open()
    stage.post()
    stage.wait(lambda: stage.outbound(outbound.c.attempts > 0) >= stage.count, "attempts")
    for worker in stage.of("worker"):
        stage.stop(worker)
    stage.carrier.mood = always("ok")
    barrier = threading.Barrier(POLLERS + 1)
    carriers = {"twilio": Twilio(stage.settings)}

    def poll(pool: ThreadPoolExecutor) -> int:
        send = SendVerb(stage.store, carriers, pool)
        barrier.wait(30)
        return sum(send(1) for _ in range(stage.count))

    with ThreadPoolExecutor(4) as calls, ThreadPoolExecutor(POLLERS) as threads:
        polling = [threads.submit(poll, calls) for _ in range(POLLERS)]
        pass_time(stage, WAIT_MS)
        for _ in range(2):
            stage.start("worker")
        barrier.wait(30)
        stage.notes["claimed_by_pollers"] = sum(one.result(60) for one in polling)


def each_call_has_its_claim(stage: Stage) -> None:
    with stage.store.read() as connection:
        claims = connection.scalar(select(func.count()).where(outbound_event.c.cause == "claim"))
    orders = stage.carrier.counts.orders
    stage.require(orders <= (claims or 0), f"{claims} claims and {orders} calls")


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
        f"{POLLERS} pollers and two workers want the same replies",
        "each is claimed once",
        pollers,
        count=100,
        quick=40,
        check=each_call_has_its_claim,
    ),
)
