"""The queue: one bell a verb, JSON, an allow-list; what a writer in Redis plants is refused; RQ's gaps are closed."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from redis import Redis
from rq.job import Job

from smsgw.gateway import jobs
from smsgw.gateway.bell import Muted


class Recorder:
    """Stands where Work stands: notes which verb ran."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.fail_with: Exception | None = None

    def verbs(self) -> dict[str, Callable[[], None]]:
        return {"answer": lambda: self._run("answer"), "sweep": lambda: self._run("sweep")}

    def all_of_it(self) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError

    def _run(self, verb: str) -> None:
        self.ran.append(verb)
        if self.fail_with:
            raise self.fail_with


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    client = jobs.connect(redis_url)
    client.flushall()
    yield client
    client.close()


def work(redis_url: str, recorder: Recorder) -> None:
    """Work off what is queued, as a worker process does, in bursts."""
    connection = jobs.connect(redis_url, timeout_s=None)
    worker = jobs.Worker(
        [jobs.queue(connection)],
        connection=connection,
        job_class=jobs.job_class(recorder),
        serializer="json",
    )
    worker.work(burst=True, logging_level="CRITICAL")
    connection.close()


def test_a_ring_runs_its_verb_once(redis: Redis, redis_url: str) -> None:
    recorder, bell = Recorder(), jobs.bell(redis)
    for _ in range(20):
        bell.ring("answer")
    assert jobs.queue(redis).count == 1
    work(redis_url, recorder)
    assert recorder.ran == ["answer"]
    bell.ring("answer")
    assert jobs.queue(redis).count == 0
    bell.lift("answer")
    bell.ring("answer")
    assert jobs.queue(redis).count == 1


def test_a_held_bell_is_skipped_and_a_call_is_not(redis: Redis) -> None:
    bell = jobs.bell(redis)
    bell.hold("answer")
    bell.ring("answer")
    assert jobs.queue(redis).count == 0
    bell.call("answer")
    assert jobs.queue(redis).count == 1


def test_a_job_carries_a_verb_and_nothing_else(redis: Redis) -> None:
    jobs.bell(redis).ring("answer")
    (job_id,) = jobs.queue(redis).job_ids
    data = Job.fetch(job_id, connection=redis, serializer="json").data
    assert json.loads(data) == ["smsgw.answer", None, [], {}]


def plant(redis: Redis, data: Any, **fields: str) -> str:
    """A job as somebody with access to Redis would write it."""
    job = Job.create("smsgw.answer", connection=redis, serializer="json", origin=jobs.QUEUE)
    job.save()
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    redis.hset(job.key, mapping={"data": raw, **{name: value.encode() for name, value in fields.items()}})
    redis.rpush(f"rq:queue:{jobs.QUEUE}", job.id)
    return job.id


FORGED = [
    ["os.system", None, ["true"], {}],
    ["smsgw.nothing", None, [], {}],
    ["answer", None, [], {}],
    ["smsgw.smsgw.answer", None, [], {}],
    ["smsgw.answer", None, ["argument"], {}],
    ["smsgw.answer", None, [], {"key": "word"}],
    ["smsgw.answer", {"an": "instance"}, [], {}],
    [["smsgw.answer"], None, [], {}],
    ["smsgw.answer"],
    "smsgw.answer",
    None,
    b"\x80\x04\x95not json",
    b"",
]


@pytest.mark.parametrize("data", FORGED, ids=repr)
def test_a_forged_job_is_refused_and_the_worker_lives(redis: Redis, redis_url: str, data: Any) -> None:
    recorder = Recorder()
    plant(redis, data)
    work(redis_url, recorder)
    assert recorder.ran == []
    jobs.bell(redis).ring("answer")
    work(redis_url, recorder)
    assert recorder.ran == ["answer"]


def test_a_job_that_is_not_there_does_not_stop_the_worker(redis: Redis, redis_url: str) -> None:
    recorder = Recorder()
    redis.rpush(f"rq:queue:{jobs.QUEUE}", "no-such-job")
    jobs.bell(redis).ring("answer")
    work(redis_url, recorder)
    assert recorder.ran == ["answer"]


def test_planted_callbacks_and_webhooks_are_not_read(redis: Redis, redis_url: str) -> None:
    recorder = Recorder()
    plant(
        redis,
        ["smsgw.answer", None, [], {}],
        success_callback_name="os.getpid",
        webhooks='[{"url": "http://127.0.0.1:9"}]',
    )
    raw = redis.hgetall(f"rq:job:{jobs.queue(redis).job_ids[0]}")
    job = jobs.VerbJob("x", connection=redis, serializer="json")
    job.restore(raw)
    assert job.success_callback is None
    assert not job.webhooks
    work(redis_url, recorder)
    assert recorder.ran == ["answer"]


def test_what_a_verb_raises_reaches_redis_as_its_kind_alone(redis: Redis, redis_url: str) -> None:
    recorder = Recorder()
    recorder.fail_with = ValueError("18050012345")
    jobs.bell(redis).ring("answer")
    work(redis_url, recorder)
    everything = b"".join(redis.dump(key) or b"" for key in redis.scan_iter("*"))
    kept = [redis.hgetall(key) for key in redis.scan_iter("rq:job:*")]
    assert kept
    assert b"18050012345" not in everything
    assert "18050012345" not in repr(kept)


def test_a_bell_without_redis_costs_little_and_then_nothing() -> None:
    bell = jobs.bell(jobs.connect("redis://127.0.0.1:1/0"))
    bell.ring("answer")
    bell.ring("answer")
    assert bell.failures == 1


def test_a_muted_bell_rings_again_after_its_rest() -> None:
    strokes: list[str] = []

    def strike(verb: str) -> bool:
        strokes.append(verb)
        return False

    bell = Muted(strike, strike, strike, strike, rest_s=0.0)
    bell.ring("answer")
    bell.ring("answer")
    assert strokes == ["answer", "answer"]


def test_the_cron_entry_is_a_job_that_our_worker_reads(redis: Redis, redis_url: str) -> None:
    recorder = Recorder()
    assert jobs.Cron(redis).enqueue_jobs()
    work(redis_url, recorder)
    assert recorder.ran == ["sweep"]


def test_a_stalled_queue_is_not_filled_with_sweeps(redis: Redis) -> None:
    for _ in range(2 * jobs.FULL):
        jobs.SweepCron().enqueue(redis)
    assert jobs.queue(redis).count == jobs.FULL


def test_who_is_called_beside_a_worker_does_not_crowd_out_answers_and_sweeps(redis: Redis) -> None:
    bell = jobs.bell(redis)
    for _ in range(2 * jobs.ENOUGH):
        bell.call("send")
    assert jobs.queue(redis).count == jobs.ENOUGH
    bell.ring("answer")
    jobs.SweepCron().enqueue(redis)
    assert jobs.queue(redis).count == jobs.ENOUGH + 2


@pytest.fixture(params=["away", "full"])
def useless_redis(request: pytest.FixtureRequest, redis: Redis, redis_url: str) -> Iterator[str]:
    """The URL of a Redis that nothing can be given to: nobody listens, or it has no room."""
    room = str(redis.config_get("maxmemory")["maxmemory"])
    if request.param == "full":
        redis.config_set("maxmemory", 1)
    yield redis_url if request.param == "full" else "redis://127.0.0.1:1/0"
    redis.config_set("maxmemory", room)


def test_the_scheduler_works_alone_while_redis_is_of_no_use_and_stops_when_told(useless_redis: str) -> None:
    """In a process of its own, since it takes the signals."""
    script = (
        "import signal, os, sys\n"
        "from types import SimpleNamespace\n"
        "from smsgw.gateway import jobs\n"
        "ran = []\n"
        "def alone():\n"
        "    ran.append(1)\n"
        "    if len(ran) == 2: os.kill(os.getpid(), signal.SIGTERM)\n"
        "jobs.run_scheduler(sys.argv[1], SimpleNamespace(all_of_it=alone, stop=lambda: None))\n"
        "print(len(ran))\n"
    )
    command = [sys.executable, "-c", script, useless_redis]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "2"
