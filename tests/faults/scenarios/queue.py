"""Faults of Redis: emptied, killed, frozen, full, and written into by a stranger."""

import time

from redis import Redis
from rq import Queue as RqQueue

from smsgw.gateway.jobs import QUEUE, queue
from tests.faults.scenario import Scenario
from tests.faults.stage import Stage

KILLED_S = 1.0  # reliability F09: the longest answer of a webhook while Redis is away
FROZEN_S = 0.5  # and F11: while it hangs
FULL_BYTES = 1


def flushed(stage: Stage) -> None:
    """Everything waits, then everything in Redis is gone; it is emptied again and again while the rest is done."""
    stage.open(workers=0)
    stage.post(at_once=32)
    with stage.queue.client() as redis:
        redis.flushall()
        stage.start("worker")
        stage.start("worker")
        for _ in range(5):
            stage.rest(stage.dice.uniform(0.1, 0.5))
            redis.flushall()


def killed(stage: Stage) -> None:
    """kill -9, all that it kept is gone, and a second later it is there again; three times under traffic."""
    stage.open()
    with stage.posting(per_second=40.0):
        for _ in range(3):
            stage.rest(stage.dice.uniform(0.5, 1.0))
            stage.queue.kill()
            stage.kills += 1
            stage.queue.empty()
            stage.rest(1.0)
            stage.queue.start()
    stage.posts_within(KILLED_S)


def frozen(stage: Stage) -> None:
    """It keeps its connections and answers nothing, as long as messages are posted."""
    stage.open()
    stage.queue.freeze()
    try:
        stage.post(per_second=10.0)
    finally:
        stage.queue.thaw()
    stage.posts_within(FROZEN_S)


def full(stage: Stage) -> None:
    """It refuses every write, as long as messages are posted and until they are answered."""
    stage.open()
    with stage.queue.client() as redis:
        redis.config_set("maxmemory", FULL_BYTES)
        policy = str(redis.config_get("maxmemory-policy")["maxmemory-policy"])
        stage.require(not policy.startswith("allkeys"), f"the queue's own Redis evicts: {policy}")
        stage.post(per_second=20.0)
        stage.wait(lambda: len(stage.carrier.taken) >= len(stage.senders.sent), "replies while Redis is full", 30.0)
        redis.config_set("maxmemory", "256mb")
    stage.posts_within(KILLED_S)


def poisoned(stage: Stage) -> None:
    """Strangers' jobs: a function of the system's, one of ours with arguments, ids of nothing, ids beyond measure."""
    stage.open(workers=1)
    worker = stage.of("worker")[0].pid
    proof = stage.folder / "poisoned"
    with stage.queue.client() as redis:
        for at in range(stage.count):
            _poison(redis, at, str(proof))
            stage.post(1)
    stage.require(not proof.exists(), "a stranger's job was run")
    stage.require(stage.of("worker")[0].pid == worker and stage.kills == 0, "the worker has died of it")
    stage.notes["poisoned_jobs"] = stage.count


def _poison(redis: Redis, at: int, proof: str) -> None:
    to = queue(redis)
    match at % 6:
        case 0:
            to.enqueue("os.system", f"touch {proof}")
        case 1:
            to.enqueue("smsgw.answer", 99999999)
        case 2:
            RqQueue(QUEUE, connection=redis).enqueue("os.system", f"touch {proof}")  # pickled
        case 3:
            redis.rpush(to.key, "no-such-job", "9" * 40, "x" * 100_000)
        case 4:
            redis.hset("rq:job:broken", mapping={"data": b"\xff\x00not a job", "created_at": str(time.time())})
            redis.rpush(to.key, "broken")
        case _:
            to.enqueue("smsgw.forged")


SCENARIOS = (
    Scenario("F08", "Redis emptied with everything waiting", "all leave once", flushed, count=1000),
    Scenario(
        "F09",
        "Redis killed three times, and begun again empty",
        f"webhooks answer 200 within {KILLED_S:.0f} s throughout; all leave once",
        killed,
        alone=True,
        count=300,
    ),
    Scenario(
        "F11",
        "Redis frozen",
        f"webhooks answer 200 within {FROZEN_S} s; all leave once",
        frozen,
        once=True,
        alone=True,
        count=600,
        quick=30,
    ),
    Scenario("F12", "Redis full", "the scheduler does the work; all leave once", full, count=100, quick=20),
    Scenario("F31", "poisoned jobs", "refused; the worker lives; all leave once", poisoned, count=24, quick=12),
)
