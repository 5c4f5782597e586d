"""Logs: a line that cannot be written stops nobody, and is counted, in this process and in all together."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, suppress

import pytest
from redis import Redis

from smsgw import logs
from smsgw.gateway import jobs
from tests.support.gateway import Gateway


@pytest.fixture(autouse=True)
def nothing_lost_yet() -> None:
    logs.lost.take()


@contextmanager
def no_room() -> Iterator[None]:
    """Standard error is a disk without room, which it also says when it is closed."""
    with suppress(OSError), open("/dev/full", "w", encoding="ascii") as full, redirect_stderr(full):
        logs.configure("INFO")
        yield
    logs.configure("INFO")


def lose(lines: int) -> None:
    with no_room():
        for _ in range(lines):
            logs.get().warning("bell_failed")


def test_each_line_that_finds_no_room_is_counted_ours_and_the_libraries() -> None:
    lose(3)
    assert logs.lost.lines == 3
    with no_room():
        logging.getLogger("redis").error("x")
    assert [logs.lost.take(), logs.lost.take()] == [4, 0]


def test_what_is_written_or_below_the_level_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("WARNING")
    logs.get().warning("bell_failed")
    logs.get().info("found")
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert logs.lost.lines == 0


class Losing:
    """Stands where Work stands: each answer loses two lines."""

    def verbs(self) -> Mapping[str, Callable[[], None]]:
        return {"answer": lambda: lose(2)}

    def all_of_it(self) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError


def test_a_job_tells_what_its_process_has_lost(redis_url: str) -> None:
    with Redis.from_url(redis_url) as redis:
        for _ in range(2):
            jobs.enqueue(jobs.queue(redis), "answer")
        worker = jobs.Worker(
            [jobs.queue(redis)], connection=redis, job_class=jobs.job_class(Losing()), serializer="json"
        )
        worker.work(burst=True, logging_level="CRITICAL")
        assert (jobs.tell_lost(redis), logs.lost.lines) == (4, 0)


def test_while_redis_is_away_they_wait() -> None:
    lose(2)
    with Redis.from_url("redis://127.0.0.1:1/0") as away:
        assert [jobs.tell_lost(away), jobs.tell_lost(away)] == [2, 2]


def test_metrics_show_all_together(gate: Gateway) -> None:
    assert gate.services.redis is not None
    gate.services.redis.incrby(jobs.LOST_KEY, 5)
    lose(1)
    assert "smsgw_log_lines_lost 6.0" in gate.client.get("/metrics").get_data(as_text=True)
