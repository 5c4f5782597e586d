"""The queue page over a real Valkey: workers, bells, failed jobs by their error, ringing again with its audit row."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Literal

import pytest
from redis import Redis
from rq.job import Job
from sqlalchemy import select

from smsgw.gateway import jobs
from smsgw.gateway.queue import OTHER, clear
from smsgw.gateway.queue import look as look_into
from smsgw.operators.tables import audit
from smsgw.services import Services
from smsgw.simulator.serving import serving
from smsgw.store import Store
from smsgw.web.app import create_app
from tests.support.axe import Findings
from tests.support.browser import NARROW, WIDE, Look
from tests.support.console import Console, console_over
from tests.support.payloads import PAYLOADS
from tests.test_console_browser import sign_in, width_of


class Breaking:
    """Stands where Work stands: every verb raises."""

    def __init__(self, error: type[Exception]) -> None:
        self._error = error

    def verbs(self) -> dict[str, Callable[[], None]]:
        return {"answer": self.all_of_it, "send": self.all_of_it}

    def all_of_it(self) -> None:
        raise self._error("Budi Santoso, +6281234567890")

    def stop(self) -> None:
        raise NotImplementedError


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    client = jobs.connect(redis_url)
    client.flushall()
    yield client
    client.close()


def fail(redis_url: str, verb: str, error: type[Exception] = ValueError) -> None:
    """Have a worker do a job that fails."""
    connection = jobs.connect(redis_url, timeout_s=None)
    jobs.enqueue(jobs.queue(connection), verb)
    kind = jobs.job_class(Breaking(error))
    worker = jobs.Worker([jobs.queue(connection)], connection=connection, job_class=kind, serializer="json")
    worker.work(burst=True, logging_level="CRITICAL")
    connection.close()


def test_an_empty_queue_is_looked_into(redis: Redis) -> None:
    found = look_into(redis)
    assert (found.workers, found.waiting, found.failures, found.more) == ([], 0, [], 0)
    assert {bell.left_ms for bell in found.bells} == {None}


def test_failed_jobs_are_grouped_by_verb_and_error(redis: Redis, redis_url: str) -> None:
    for verb, error in (("answer", ValueError), ("answer", ValueError), ("answer", KeyError), ("send", ValueError)):
        fail(redis_url, verb, error)
    found = {(one.verb, one.error): one for one in look_into(redis).failures}
    assert {key: one.count for key, one in found.items()} == {
        ("answer", "ValueError"): 2,
        ("answer", "KeyError"): 1,
        ("send", "ValueError"): 1,
    }
    twice = found["answer", "ValueError"]
    assert 0 < twice.first_at <= twice.last_at


def test_what_waits_and_rings_is_told(redis: Redis) -> None:
    bell = jobs.bell(redis)
    bell.ring("answer")
    found = look_into(redis)
    assert found.waiting == 1
    assert found.oldest_at
    assert [one.verb for one in found.bells if one.left_ms] == ["answer"]


def test_a_worker_is_seen_with_what_it_does(redis: Redis) -> None:
    jobs.enqueue(jobs.queue(redis), "send")
    (doing,) = jobs.queue(redis).job_ids
    redis.sadd("rq:workers:smsgw", "rq:worker:0123456789abcdef", "rq:worker:dead")
    redis.hset("rq:worker:0123456789abcdef", mapping={"state": "busy", "current_job": doing, "birth": "never"})
    redis.hset("rq:worker:0123456789abcdef", "last_heartbeat", "2026-01-01T00:00:00.500000Z")
    redis.hset("rq:worker:0123456789abcdef", "successful_job_count", "7")
    (worker,) = look_into(redis).workers
    assert (worker.name, worker.verb, worker.done) == ("01234567", "send", 7)
    assert (worker.heard_at, worker.begun_at) == (1_767_225_600_500, None)


def test_ringing_again_rings_once_and_forgets_the_group(redis: Redis, redis_url: str) -> None:
    for error in (ValueError, ValueError, KeyError):
        fail(redis_url, "answer", error)
    assert clear(redis, "answer", "ValueError") == 2
    left = look_into(redis)
    assert [(one.verb, one.error) for one in left.failures] == [("answer", "KeyError")]
    (job_id,) = jobs.queue(redis).job_ids
    assert json.loads(Job.fetch(job_id, connection=redis, serializer="json").data)[0] == "smsgw.answer"
    assert clear(redis, "answer", "ValueError") == 0
    assert jobs.queue(redis).count == 1


PLANTED = [b"\x80\x04not json", b"", json.dumps(["os.system", None, ["true"], {}]).encode(), b"x\x9c\x00"]


@pytest.mark.parametrize("data", PLANTED, ids=repr)
def test_what_somebody_planted_is_shown_as_none_of_ours_and_never_rung(redis: Redis, data: bytes) -> None:
    key = "planted"
    redis.hset(f"rq:job:{key}", mapping={"data": data, "status": "failed", "created_at": "2026-01-01T00:00:00.000000Z"})
    redis.zadd(f"rq:failed:{jobs.QUEUE}", {key: 9_999_999_999})
    assert [(one.verb, one.error, one.count) for one in look_into(redis).failures] == [(OTHER, OTHER, 1)]
    assert clear(redis, OTHER, OTHER) == 1
    assert (jobs.queue(redis).count, look_into(redis).failures) == (0, [])


def test_a_job_that_cannot_be_read_does_not_hide_the_others(redis: Redis, redis_url: str) -> None:
    fail(redis_url, "answer")
    redis.hset("rq:job:broken", mapping={"status": "no such", "timeout": "ten", "data": b"x"})
    redis.zadd(f"rq:failed:{jobs.QUEUE}", {"broken": 9_999_999_999, "gone": 9_999_999_999})
    found = look_into(redis)
    assert [one.verb for one in found.failures] == ["answer"]
    assert found.more == 2


def test_the_page_teaches_when_there_is_nothing(console: Console, redis: Redis) -> None:
    html = console.signed_in("viewer").get("/queue").text
    assert "Tidak ada pekerjaan gagal" in html
    assert "smsgw worker" in html


def test_the_page_rings_again_with_a_reason_and_an_audit_row(console: Console, redis: Redis, redis_url: str) -> None:
    fail(redis_url, "answer")
    browser = console.signed_in("operator")
    html = browser.get("/queue").text
    assert "ValueError" in html
    assert "Budi" not in html
    form = {name: re.findall(rf'name="{name}" value="(\w+)"', html)[0] for name in ("verb", "error")}
    assert browser.post("/queue/retry", form).status_code == 422
    assert jobs.queue(redis).count == 0
    assert browser.post("/queue/retry", form | {"reason": "basis data sudah kembali"}).status_code == 303
    assert (jobs.queue(redis).count, look_into(redis).failures) == (1, [])
    with console.services.store.read() as connection:
        row = connection.execute(select(audit).order_by(audit.c.id.desc()).limit(1)).one()
    assert (row.act, row.about, row.reason) == ("queue_retry", "queue/answer", "basis data sudah kembali")


@pytest.mark.parametrize("form", [{"verb": "nothing", "error": "x"}, {"verb": "answer", "error": "<b>"}, {}])
def test_a_form_that_names_no_group_of_ours_is_refused(console: Console, form: dict[str, str]) -> None:
    assert console.signed_in("operator").post("/queue/retry", form | {"reason": "x"}).status_code == 400


def test_a_viewer_sees_no_button(console: Console, redis: Redis, redis_url: str) -> None:
    fail(redis_url, "answer")
    html = console.signed_in("viewer").get("/queue").text
    assert "ValueError" in html
    assert "/queue/retry" not in html


@pytest.mark.parametrize(("colours", "size"), [("light", WIDE), ("dark", WIDE), ("light", NARROW)])
def test_it_is_well_in_a_browser(
    look: Look,
    serious_findings: Findings,
    console: Console,
    redis_url: str,
    colours: Literal["light", "dark"],
    size: tuple[int, int],
) -> None:
    fail(redis_url, "answer")
    console.account("rina", "operator")
    with serving(create_app(console.services)) as address:
        window = sign_in(look(f"{address}/console/sign-in", colours=colours, size=size))
        window.goto(f"{address}/console/queue")
        assert (serious_findings(window), width_of(window)) == ([], size[0])
        window.click("details.reveal summary")
        window.fill('[name="reason"]', "sudah pulih")
        window.click("details.reveal button")
        window.wait_for_selector(".empty")
        assert "Tidak ada pekerjaan gagal" in window.inner_text("main")


@pytest.mark.parametrize("payload", PAYLOADS[:8])
def test_hostile_names_are_harmless(console: Console, redis: Redis, payload: str) -> None:
    redis.sadd("rq:workers:smsgw", f"rq:worker:{payload}")
    redis.hset(f"rq:worker:{payload}", mapping={"state": payload, "current_job": payload})
    html = console.signed_in("viewer").get("/queue").text
    assert "<script>pwn" not in html
    assert "<svg/onload" not in html


def test_redis_away_is_told_kindly(console_services: Services, sqlite_store: Store) -> None:
    away = replace(console_services, redis=jobs.connect("redis://127.0.0.1:1/0"))
    with console_over(away, sqlite_store) as console:
        browser = console.signed_in("operator")
        assert "SMS tetap diterima dan disimpan" in browser.get("/queue").text
        tried = browser.post("/queue/retry", {"verb": "answer", "error": "ValueError", "reason": "coba"})
        assert tried.status_code == 503
    with console_over(replace(console_services, redis=None), sqlite_store) as console:
        assert "SMSGW_REDIS_URL kosong" in console.signed_in("viewer", "lain").get("/queue").text
