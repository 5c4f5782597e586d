"""Faults under load: everybody dies all the time, deployments roll, a backlog drains, clients dawdle, bots answer."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path

import requests
from sqlalchemy import func, select

from smsgw.carriers.base import Received
from smsgw.carriers.twilio import Twilio
from smsgw.gateway.bell import QuietBell
from smsgw.gateway.receive import Receive, arrival
from smsgw.gateway.send import SendVerb
from smsgw.messages import states
from smsgw.messages.tables import inbound, outbound
from tests.bench.slow import slow_clients
from tests.faults.drain import drain, pass_time
from tests.faults.moods import MODES, Order, Reports, always, first, mixed
from tests.faults.scenario import DARK, Scenario
from tests.faults.senders import Sent, messages
from tests.faults.stage import Actor, Stage
from tests.support import twilio

PER_SECOND = 40.0
DEPLOYS = 20
SLOW_EACH = 400
HEALTHY_S = 1.0  # reliability F23
RSS_MB = 300.0  # reliability F29
CHUNK = 1000
POLLERS = 20
BOTS, HOURS, A_DAY = 6, 24, 20
WORDS = ("INFO", "HAK", "JMO", "KANTOR BANDUNG", "BANTUAN JHT", "KLAIM JHT")
HOUR_MS = 3_600_000
LIFE_MS = 31 * 60_000


def chaos(stage: Stage) -> None:
    """A process dies every 0.1 to 0.4 s, while the carrier is in every mood, its list and its reports in disorder."""
    stage.carrier.mood = mixed(stage.dice, 30, *MODES)
    stage.carrier.reports = Reports(repeats=2, shuffled=True, early=True)
    stage.carrier.lag_s = 2.0
    stage.open(webs=2, workers=4)
    targets = [actor for actor in stage.actors if actor.part.role != "scheduler"]
    with stage.posting(at_once=16, per_second=PER_SECOND) as done:
        while not done.done():
            stage.rest(stage.dice.uniform(0.1, 0.4))
            stage.kill(stage.dice.choice(targets))
    stage.carrier.mood = always("ok")


def rolling(stage: Stage) -> None:
    """Twenty deployments under traffic: each process in turn is asked to stop, and another one is started."""
    stage.open(webs=2)
    stage.carrier.callback_port = lambda: (*stage.senders.ports, 1)[0]
    forced = 0
    letters = messages(stage.count)
    done = stage.network.start(stage.senders.post_all(letters, 8, 20.0))
    for _ in range(DEPLOYS):
        for actor in (*stage.actors,):
            forced += not stage.stop(actor)
            stage.start(actor.part.role)
    stage.wait(done.done, "the posts", within_s=600)
    done.result()
    stage.notes["deploys"] = DEPLOYS
    stage.notes["forced"] = forced


def slow(stage: Stage) -> None:
    """Hundreds of connections drip their headers or bodies, while healthy posts come."""
    stage.open()
    stage.network.run(_beside_slow(stage), within_s=120.0)
    slowest = stage.slowest_post_s()
    stage.notes |= {"slow_connections": 2 * SLOW_EACH, "slowest_webhook_s": slowest}
    stage.require(slowest <= HEALTHY_S, f"a healthy post took {slowest:.2f} s beside slow ones")


async def _beside_slow(stage: Stage) -> None:
    async with slow_clients(stage.settings.port, SLOW_EACH):
        await stage.senders.post_all(messages(stage.count), 4, 25.0)


def backlog(stage: Stage) -> None:
    """Messages that nobody has answered yet stand in the database; the workers begin."""
    _lay_backlog(stage)
    stage.open(workers=0)
    stage.notes["oldest_waiting_s"] = _oldest_waiting_s(stage)
    stage.require(stage.notes["oldest_waiting_s"] > 0, "/metrics does not show the age of the backlog")
    for _ in range(2):
        stage.start("worker")
    most = 0.0
    done = threading.Event()
    while not done.wait(0.5):
        stage.mind()
        most = max(most, *(_rss_mb(actor) for actor in stage.actors))
        if len(stage.carrier.taken) >= stage.count or stage.network.clock() > stage.senders.sent[-1].began + 1500:
            done.set()
    stage.notes["most_rss_mb"] = most
    stage.require(most < RSS_MB, f"a process took {most:.0f} MB")


def _lay_backlog(stage: Stage) -> None:
    receive = Receive(stage.store, QuietBell())
    for _ in range(0, stage.count, CHUNK):
        letters = messages(min(CHUNK, stage.count))
        receive.together([arrival("twilio", _received(letter)) for letter in letters])
        for letter in letters:
            letter.began = letter.acked = stage.network.clock()
        stage.senders.sent.extend(letters)
    receive.close()


def _received(letter: Sent) -> Received:
    return Received(letter.sid, letter.phone, twilio.NUMBER, letter.text, 0, None)


def _oldest_waiting_s(stage: Stage) -> float:
    lines = requests.get(f"{stage.settings.public_url}/metrics", timeout=30).text.splitlines()
    return max(float(line.split()[1]) for line in lines if line.startswith("smsgw_oldest_waiting_seconds"))


def _rss_mb(actor: Actor) -> float:
    try:
        lines = Path(f"/proc/{actor.pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def expired(stage: Stage) -> None:
    """The carrier refuses everything for longer than a reply lives."""
    stage.carrier.mood = always("429")
    stage.open()
    stage.post()
    stage.wait(lambda: stage.outbound(outbound.c.attempts > 0) >= stage.count, "attempts")
    pass_time(stage, LIFE_MS)
    stage.wait(lambda: stage.outbound(outbound.c.state == states.EXPIRED) >= stage.count, "the end of the replies")
    stage.carrier.mood = always("ok")


def apologised(stage: Stage) -> None:
    late = stage.outbound(outbound.c.state == states.EXPIRED)
    sorry = stage.outbound(outbound.c.kind == "apology")
    stage.require(late == sorry == stage.count, f"{late} expired and {sorry} apologies of {stage.count}")


def pollers(stage: Stage) -> None:
    """Twenty pollers and two workers want the same waiting replies at once."""
    stage.carrier.mood = first(1, "429")
    stage.open()
    stage.post()
    stage.wait(lambda: stage.outbound(outbound.c.attempts > 0) >= stage.count, "attempts")
    barrier = threading.Barrier(POLLERS)
    carriers = {"twilio": Twilio(stage.settings)}

    def poll(pool: ThreadPoolExecutor) -> int:
        send = SendVerb(stage.store, carriers, pool)
        barrier.wait(30)
        return sum(send(1) for _ in range(stage.count))

    with ThreadPoolExecutor(4) as calls, ThreadPoolExecutor(POLLERS) as threads:
        polling = [threads.submit(poll, calls) for _ in range(POLLERS)]
        pass_time(stage, 4_000)
        stage.notes["claimed_by_pollers"] = sum(one.result(60) for one in polling)


def each_sent_by_its_second_call(stage: Stage) -> None:
    orders = stage.carrier.counts.orders
    stage.require(orders == 2 * stage.count, f"{orders} calls for {stage.count} messages, each refused once")


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
        "F10",
        "a process killed every 0.1 to 0.4 s, carrier in every mood",
        "nothing lost, doubled or mismatched",
        chaos,
        count=2000,
        quick=100,
        allows=DARK | {"failed"},
        drain_s=180.0,
    ),
    Scenario("F18", f"{DEPLOYS} rolling deployments under traffic", "all leave once", rolling, count=1000),
    Scenario(
        "F23",
        f"{SLOW_EACH} slow headers and {SLOW_EACH} slow bodies",
        f"every healthy post answered within {HEALTHY_S:.0f} s",
        slow,
        alone=True,
        count=200,
    ),
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
        "F29",
        "a backlog of 100,000 messages",
        f"drained; no process above {RSS_MB:.0f} MB",
        backlog,
        alone=True,
        count=100_000,
        once=True,
        drain_s=300.0,
    ),
    Scenario(
        "F32",
        f"{POLLERS} pollers and two workers want the same replies",
        "each is claimed once",
        pollers,
        count=100,
        quick=40,
        check=each_sent_by_its_second_call,
    ),
    Scenario(
        "F37",
        "the carrier refuses everything for longer than a reply lives",
        "replies expire; one apology each in their place",
        expired,
        count=20,
        check=apologised,
    ),
)
