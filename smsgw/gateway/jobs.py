"""The queue: with smsgw.gateway.queue the only file that knows RQ. A job names a verb and carries nothing else.

Jobs are JSON; a job whose function is not on the list, or which bears arguments, is refused; of a
job's fields in Redis only those that RQ needs are read, so that a writer in Redis cannot plant
callbacks or web requests in one (reliability, T14).
"""

import os
import signal
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, ClassVar, Protocol

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry
from rq import Queue, SimpleWorker
from rq.cron import CronJob, CronScheduler
from rq.job import Job
from rq.worker_registration import get_keys

from smsgw import logs
from smsgw.gateway.bell import Muted
from smsgw.gateway.sweep import EVERY_S

QUEUE = "smsgw"
PREFIX = "smsgw."
BELL_MS = 5_000
JOB_TIMEOUT_S = 30
KEEP_S = 60
GRACE_S = 15.0  # longer than a call (3 s + 10 s)
ALIVE_KEY = "smsgw:alive"
LOST_KEY = "smsgw:log_lines_lost"
MAX_JOBS = 20_000
RING_TIMEOUT_S = 0.3
NO_EVICTION = "noeviction"
EVICTION_STEP = "Set maxmemory-policy noeviction: evicted jobs are lost bells."
FULL = 50  # jobs waiting beyond which the sweep need not add more
ENOUGH = 10  # jobs waiting beyond which nobody is called beside a worker: whoever texts next waits behind them
# fmt: off
FIELDS = frozenset({
    "created_at", "data", "description", "ended_at", "enqueued_at", "failure_ttl", "last_heartbeat",
    "origin", "result_ttl", "started_at", "status", "timeout", "ttl", "worker_name",
})
# fmt: on

log = logs.get()


class Work(Protocol):
    """What a worker can do (smsgw.gateway.work.Work is one)."""

    def verbs(self) -> Mapping[str, Callable[[], None]]:
        """The job functions that are allowed."""
        ...

    def all_of_it(self) -> None:
        """Do what is due in this very process."""
        ...

    def stop(self) -> None:
        """Begin nothing more."""
        ...


class VerbFailed(Exception):
    """A verb raised. Only the kind of its error is kept: RQ writes what a job raises into Redis."""


class JobRefused(Exception):
    """A job that is not one of ours."""


def connect(url: str, timeout_s: float | None = RING_TIMEOUT_S) -> Redis:
    """A client that gives up at once: no retry; `timeout_s` bounds connecting and each answer."""
    retry = Retry(NoBackoff(), 0)
    return Redis.from_url(url, retry=retry, socket_timeout=timeout_s, socket_connect_timeout=timeout_s or 3)


def eviction(redis: Redis) -> str | None:
    """The policy by which a full Redis makes room; None where it does not tell. RedisError where it does not answer."""
    try:
        found: str | None = redis.info("memory").get("maxmemory_policy")  # managed ones tell it here, and refuse CONFIG
    except ResponseError:  # an account that may not ask
        return None
    return found


def problems(redis: Redis) -> list[str]:
    """What is not safe about this Redis, each with its next step. RedisError where it does not answer."""
    policy = eviction(redis)
    return [] if policy in (None, NO_EVICTION) else [f"Redis evicts by {policy}. {EVICTION_STEP}"]


def queue(redis: Redis) -> Queue:
    """The one queue, with JSON jobs."""
    return Queue(QUEUE, connection=redis, serializer="json")


def workers_alive(redis: Redis) -> int:
    """How many workers have been heard of lately. RedisError where the queue cannot be asked."""
    keys = get_keys(queue=queue(redis))  # of the dead too, until RQ tidies up
    return int(redis.exists(*keys)) if keys else 0


def tell_lost(redis: Redis) -> int:
    """Add the lines of the log that this process has lost to those of all; how many these are. Where Redis is away
    they wait, and are all that is known."""
    lines = logs.lost.take()
    try:
        return int(redis.incrby(LOST_KEY, lines))
    except RedisError:
        logs.lost.add(lines)
        return logs.lost.lines


def enqueue(to: Queue, verb: str) -> None:
    """Put a job for a verb into the queue, whatever waits there."""
    to.enqueue(
        PREFIX + verb, job_timeout=JOB_TIMEOUT_S, result_ttl=KEEP_S, failure_ttl=3600, ttl=KEEP_S, description=verb
    )


def bell(redis: Redis) -> Muted:
    """A bell on the queue: at most one ring waits a verb; one lost after its SET is lost for 5 s."""
    to = queue(redis)

    def strike(verb: str) -> None:
        if redis.set(bell_key(verb), 1, nx=True, px=BELL_MS):
            enqueue(to, verb)

    def strike_anyway(verb: str) -> None:
        if to.count < ENOUGH:
            enqueue(to, verb)

    return Muted(
        strike=_trying(strike),
        strike_anyway=_trying(strike_anyway),
        keep=_trying(lambda verb: redis.set(bell_key(verb), 1, px=BELL_MS)),
        clear=_trying(lambda verb: redis.delete(bell_key(verb))),
    )


def _trying(act: Callable[[str], object]) -> Callable[[str], bool]:
    def tried(verb: str) -> bool:
        try:
            act(verb)
        except RedisError as error:
            log.warning("bell_failed", verb=verb, error=type(error).__name__)
            return False
        return True

    return tried


def bell_key(verb: str) -> str:
    """The key that stands while a ring for a verb waits, or its rings are held."""
    return f"smsgw:bell:{verb}"


class VerbJob(Job):
    """A job that can only be one of `verbs`."""

    verbs: ClassVar[Mapping[str, Callable[[], None]]] = {}

    def restore(self, raw_data: dict[Any, Any]) -> None:
        """Read the fields that RQ needs and no others."""
        super().restore({key: value for key, value in raw_data.items() if _text(key) in FIELDS})

    def _execute(self) -> None:
        verb = (self.func_name or "").removeprefix(PREFIX)
        run = self.verbs.get(verb)
        if run is None or PREFIX + verb != self.func_name or self.instance or self.args or self.kwargs:
            log.error("job_refused", job_id=self.id)
            raise JobRefused("not one of the gateway's jobs")
        try:
            _guarded(verb, run)
        finally:
            if logs.lost.lines:
                tell_lost(self.connection)


def _text(key: bytes | str) -> str:
    return key.decode("ascii", "replace") if isinstance(key, bytes) else key


def _guarded(verb: str, run: Callable[[], None]) -> None:
    try:
        run()
    except Exception as error:  # noqa: BLE001 - the edge of a job
        log.error("verb_failed", verb=verb, error=type(error).__name__)
        raise VerbFailed(type(error).__name__) from None


def job_class(work: Work) -> type[VerbJob]:
    """The job class of a worker that does `work`."""
    return type("WorkJob", (VerbJob,), {"verbs": work.verbs()})


class Worker(SimpleWorker):
    """RQ's worker without a fork. It says nothing of jobs: ids and verbs are in our own log."""

    log_job_description = False
    told_to_stop = False
    on_stop: Callable[[], None] = staticmethod(lambda: None)

    def request_stop(self, signum: int, frame: Any) -> None:
        """Finish the job under way, then end. RQ's own attribute stays unset where no job is under way."""
        self.told_to_stop = True
        self.on_stop()
        with suppress(RedisError):  # RQ writes it down in Redis too: that must not break the job under way
            super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # RQ's own


def run_worker(url: str, work: Work, grace_s: float = GRACE_S) -> None:
    """Work until told to stop (SIGTERM, SIGINT): calls under way are finished within `grace_s`, else the process ends
    and the sweep finds what became of them. RQ's worker ends when Redis goes away or a job cannot be read, even with
    success: it is begun again until we are told."""
    stop = _Stop(work, grace_s)
    while not stop.asked:
        redis = connect(url, timeout_s=None)
        try:
            worker = Worker(
                [queue(redis)],
                connection=redis,
                job_class=job_class(work),
                serializer="json",
                worker_ttl=30,
                maintenance_interval=30,
            )
            worker.on_stop = stop.ask
            worker.work(logging_level="WARNING", max_jobs=MAX_JOBS)
            stop.asked |= worker.told_to_stop
        except RedisError as error:
            log.warning("queue_lost", error=type(error).__name__, next_step="begins again in a second")
        finally:
            redis.close()
            stop.listen()
        stop.wait(1.0)


class _Stop:
    """Whether a signal has asked this process to stop."""

    def __init__(self, work: Work, grace_s: float) -> None:
        self.asked = False
        self._work = work
        self._deadline = threading.Timer(grace_s, _end_at_once)
        self._deadline.daemon = True
        self._event = threading.Event()
        self.listen()

    def listen(self) -> None:
        """Take the signals (RQ's loops take them while they run)."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def ask(self) -> None:
        """Begin nothing more, and end when the grace is over whatever is under way."""
        if not self.asked:
            self.asked = True
            self._work.stop()
            self._deadline.start()
            self._event.set()

    def _ask(self, number: int, frame: Any) -> None:
        self.ask()

    def wait(self, seconds: float) -> None:
        """Sleep unless asked to stop."""
        self._event.wait(seconds)


def _end_at_once() -> None:
    log.warning("stopped_at_once", next_step="calls under way are looked for by the sweep")
    os._exit(0)


class SweepCron(CronJob):
    """A cron entry whose job our workers can read: RQ's own builds its queue without the serializer."""

    def __init__(self) -> None:
        super().__init__(QUEUE, func_name=PREFIX + "sweep", interval=EVERY_S)

    def enqueue(self, connection: Redis) -> Any:
        """Enqueue a sweep, and nothing while earlier ones still wait."""
        if logs.lost.lines:
            tell_lost(connection)
        to = queue(connection)
        if to.count < FULL:
            enqueue(to, "sweep")


class Cron(CronScheduler):
    """RQ's cron scheduler with the sweep as its one entry."""

    def __init__(self, redis: Redis) -> None:
        super().__init__(redis, logging_level="WARNING")
        self._cron_jobs = [SweepCron()]
        self.told_to_stop = False

    def _request_stop(self, signum: int, frame: Any) -> None:
        self.told_to_stop = True
        super()._request_stop(signum, frame)  # type: ignore[no-untyped-call]  # RQ's own


def run_scheduler(url: str, work: Work, grace_s: float = GRACE_S) -> None:
    """Have a sweep enqueued every two seconds; while Redis is away, or full, do what is due in this process.

    It stops as a worker does.
    """
    stop = _Stop(work, grace_s)
    while not stop.asked:
        redis = connect(url, timeout_s=2.0)
        cron = Cron(redis)
        try:
            cron.start()  # type: ignore[no-untyped-call]  # RQ's own
        except RedisError as error:
            log.warning("queue_lost", error=type(error).__name__, next_step="this process works alone until it is back")
        finally:
            stop.listen()
        stop.asked |= cron.told_to_stop
        _work_alone(redis, work, stop)
        redis.close()


def _work_alone(redis: Redis, work: Work, stop: _Stop) -> None:
    while not stop.asked and not _takes(redis):
        with suppress(VerbFailed):  # logged; the next round tries again
            _guarded("alone", work.all_of_it)
        stop.wait(0.5)


def _takes(redis: Redis) -> bool:
    # One that is full, or may only be read, answers a ping and takes no job.
    try:
        return bool(redis.set(ALIVE_KEY, 1, px=BELL_MS))
    except RedisError:
        return False
