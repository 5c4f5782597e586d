"""Faults under load: a backlog drains, clients dawdle."""

import threading
from pathlib import Path

import requests

from smsgw.carriers.base import Received
from smsgw.gateway.bell import QuietBell
from smsgw.gateway.receive import Receive, arrival
from tests.bench.slow import slow_clients
from tests.faults.cast import Actor
from tests.faults.scenario import Scenario
from tests.faults.senders import Sent, messages
from tests.faults.stage import Stage
from tests.support import twilio

SLOW_EACH = 400
HEALTHY_S = 1.0  # reliability F23
RSS_MB = 300.0  # reliability F29
CHUNK = 1000


def slow(stage: Stage) -> None:
    """Hundreds of connections drip their headers or bodies, or never read, while healthy posts come."""
    stage.open()
    stage.network.run(_beside_slow(stage), within_s=120.0)
    stage.notes["slow_connections"] = 3 * SLOW_EACH
    stage.posts_within(HEALTHY_S)


async def _beside_slow(stage: Stage) -> None:
    async with slow_clients(stage.settings.port, SLOW_EACH, _style_sheet(stage)):
        await stage.senders.post_all(messages(stage.count), 4, 25.0)


def _style_sheet(stage: Stage) -> str:
    page = requests.get(f"{stage.settings.public_url}/console/sign-in", timeout=30).text
    return page.partition('<link rel="stylesheet" href="')[2].partition('"')[0]


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


SCENARIOS = (
    Scenario(
        "F23",
        f"{SLOW_EACH} slow headers, {SLOW_EACH} slow bodies and {SLOW_EACH} that never read",
        f"every healthy post answered within {HEALTHY_S:.0f} s",
        slow,
        once=True,
        alone=True,
        count=200,
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
)
