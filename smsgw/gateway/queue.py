"""A look into the queue, by RQ's own registries: workers, bells, what waits, and the jobs that failed, by their error.

Whatever stands in Redis may have been written by somebody else: it is text to be shown with care, and never run.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from redis import Redis
from rq.job import Job, JobStatus
from rq.registry import FailedJobRegistry, StartedJobRegistry
from rq.results import Result
from rq.worker_registration import get_keys

from smsgw.gateway import jobs
from smsgw.gateway.sweep import VERBS

LOOKED_AT: Final = 200  # failed jobs, the newest: they are kept for an hour
WORKERS: Final = 100
OTHER: Final = "other"
_KIND: Final = re.compile(r"\w{1,40}", re.ASCII)
ALL: Final = (*VERBS, "sweep")


@dataclass(frozen=True, slots=True)
class WorkerSeen:
    """A worker. Times are epoch ms by its own clock; `verb`: what it does just now."""

    name: str
    state: str
    verb: str | None
    heard_at: int | None
    begun_at: int | None
    done: int
    failed: int


@dataclass(frozen=True, slots=True)
class Bell:
    """A verb's bell: whether a ring waits, or is held, and for how long at most, in ms."""

    verb: str
    left_ms: int | None


@dataclass(frozen=True, slots=True)
class Failures:
    """Jobs of one verb that failed by one kind of error."""

    verb: str
    error: str
    count: int
    first_at: int
    last_at: int


@dataclass(frozen=True, slots=True)
class Look:
    """The queue as it is now. `oldest_at`: since when its first job waits; `more`: failed jobs that were not read."""

    workers: Sequence[WorkerSeen]
    bells: Sequence[Bell]
    waiting: int
    oldest_at: int | None
    under_way: int
    failures: Sequence[Failures]
    more: int


def look(redis: Redis) -> Look:
    """Look into the queue. RedisError where it cannot be asked."""
    queue = jobs.queue(redis)
    failed = FailedJobRegistry(queue=queue)
    count = failed.get_job_count(cleanup=False)
    found = [*_failed(redis, failed)]
    first = queue.get_job_ids(0, 1)
    waits = [_ms(job.enqueued_at) for job in _jobs(redis, first)]
    return Look(
        workers=sorted(_workers(redis), key=lambda one: one.name),
        bells=[*_bells(redis)],
        waiting=queue.count,
        oldest_at=waits[0] if waits else None,
        under_way=StartedJobRegistry(queue=queue).get_job_count(cleanup=False),
        failures=_grouped(found),
        more=max(0, count - len(found)),
    )


def clear(redis: Redis, verb: str, error: str) -> int:
    """Forget the failed jobs of a verb and an error, after a ring for the verb; how many they were.

    A job bears nothing, so one ring is worth them all; for what is none of our verbs nothing is rung. RedisError:
    nothing is certain, and it may be done again.
    """
    registry = FailedJobRegistry(queue=jobs.queue(redis))
    these = [job for job, kind, _ in _failed(redis, registry) if (_verb(job), kind) == (verb, error)]
    if these and verb in ALL:
        jobs.enqueue(jobs.queue(redis), verb)
    for job in these:
        registry.remove(job, delete_job=True)
    return len(these)


def _workers(redis: Redis) -> Iterator[WorkerSeen]:
    keys = [*get_keys(queue=jobs.queue(redis))][:WORKERS]
    asked = redis.pipeline(transaction=False)
    for key in keys:
        asked.hgetall(key)
    for key, found in zip(keys, asked.execute(), strict=True):
        if found:  # else it is dead, and RQ will tidy up
            yield _worker(redis, _text(key), {_text(name): _text(value) for name, value in found.items()})


def _worker(redis: Redis, key: str, found: Mapping[str, str]) -> WorkerSeen:
    doing = [*_jobs(redis, [found["current_job"]])] if found.get("current_job") else []
    return WorkerSeen(
        name=key.removeprefix("rq:worker:")[:8],
        state=found.get("state", "?"),
        verb=_verb(doing[0]) if doing else None,
        heard_at=_stamp(found.get("last_heartbeat", "")),
        begun_at=_stamp(found.get("birth", "")),
        done=_number(found.get("successful_job_count", "0")),
        failed=_number(found.get("failed_job_count", "0")),
    )


def _bells(redis: Redis) -> Iterator[Bell]:
    for verb in VERBS:
        left = int(redis.pttl(jobs.bell_key(verb)))
        yield Bell(verb, left if left > 0 else None)


def _jobs(redis: Redis, ids: Sequence[str]) -> Iterator[Job]:
    """The jobs of these ids that can be read; RQ's own way gives up on all of them where one cannot."""
    asked = redis.pipeline(transaction=False)
    for key in ids:
        asked.hgetall(Job.key_for(key))
    for key, found in zip(ids, asked.execute() if ids else [], strict=True):
        job = jobs.VerbJob(key, connection=redis, serializer="json")
        with suppress(Exception):  # of many kinds, on what anybody may have written there
            job.restore(found)
            yield job


Failed = tuple[Job, str, int]
"""A failed job, the kind of its error, and when."""


def _failed(redis: Redis, registry: FailedJobRegistry) -> Iterator[Failed]:
    ids = registry.get_job_ids(-LOOKED_AT, -1, cleanup=False)
    for job in _jobs(redis, ids):
        if job.get_status(refresh=False) == JobStatus.FAILED:
            yield job, _error(job), _ms(job.ended_at) or _ms(job.created_at) or 0


def _error(job: Job) -> str:
    """The kind of its error: the class that VerbFailed names, else the error's own."""
    told = ""
    with suppress(Exception):  # as above
        result = Result.fetch_latest(job, serializer=job.serializer)
        told = (result.exc_string or "").strip() if result else ""
    name, _, rest = told.rpartition("\n")[2].partition(": ")
    kind = rest if name.endswith(f".{jobs.VerbFailed.__name__}") else name.rpartition(".")[2]
    return kind if _KIND.fullmatch(kind) else OTHER


def _grouped(found: Iterable[Failed]) -> list[Failures]:
    times: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for job, error, at in found:
        times[_verb(job), error].append(at)
    groups = (Failures(verb, error, len(at), min(at), max(at)) for (verb, error), at in times.items())
    return sorted(groups, key=lambda one: -one.last_at)


def _verb(job: Job) -> str:
    """What it rings for; what is none of our verbs is other."""
    verb = OTHER
    with suppress(Exception):  # as above
        verb = str(job.func_name).removeprefix(jobs.PREFIX)
    return verb if verb in ALL else OTHER


def _ms(at: datetime | None) -> int | None:
    return None if at is None else int(at.replace(tzinfo=at.tzinfo or UTC).timestamp() * 1000)


def _stamp(text: str) -> int | None:
    try:
        return _ms(datetime.fromisoformat(text.replace("Z", "+00:00")))
    except ValueError:
        return None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
