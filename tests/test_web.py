"""The web process: what a carrier posts, what it is told, and what is in the log afterwards."""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from smsgw.console.kept import Kept
from smsgw.messages.tables import inbound, orphan_callback
from smsgw.web import health
from tests.support import twilio
from tests.support.gateway import Gateway, gateway


@pytest.fixture(params=["sqlite_url", "postgresql_url"])
def gate(request: pytest.FixtureRequest, redis_url: str) -> Iterator[Gateway]:
    url = request.getfixturevalue(request.param)
    with gateway(twilio.settings(database_url=url, redis_url=redis_url)) as open_gate:
        yield open_gate


def rows(gate: Gateway) -> int:
    with gate.services.store.read() as connection:
        return int(connection.scalar(select(func.count()).select_from(inbound)) or 0)


def test_a_genuine_post_is_one_row_and_an_empty_response(gate: Gateway) -> None:
    fields = twilio.inbound_form("JHT 18050012345", Unheard="of")
    first, second = gate.post(twilio.INBOUND, fields), gate.post(twilio.INBOUND, fields)
    assert (first.status_code, second.status_code, rows(gate)) == (200, 200, 1)
    assert b"<Response/>" in first.data
    assert b"18050012345" not in first.data


def test_concurrent_posts_of_one_id_are_one_row(gate: Gateway) -> None:
    fields = twilio.inbound_form("SALDO")
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda _: gate.post(twilio.INBOUND, fields).status_code, range(50)))
    assert (set(codes), rows(gate)) == ({200}, 1)


REFUSED: list[tuple[dict[str, str], dict[str, str], int]] = [
    ({}, {"X-Twilio-Signature": "wrong"}, 403),
    ({}, {"X-Twilio-Signature": ""}, 400),
    ({}, {"Content-Type": "application/json"}, 400),
    ({"AccountSid": "AC" + "1" * 32}, {}, 403),
    ({"To": "+622150000001"}, {}, 403),
    ({"From": "nobody; DROP TABLE"}, {}, 400),
    ({"MessageSid": "SM1"}, {}, 400),
]


@pytest.mark.parametrize(("fields", "headers", "status"), REFUSED, ids=str)
def test_what_is_refused_leaves_no_row(
    gate: Gateway, fields: dict[str, str], headers: dict[str, str], status: int
) -> None:
    answer = gate.post(twilio.INBOUND, twilio.inbound_form("SALDO", **fields), **headers)
    assert (answer.status_code, rows(gate)) == (status, 0)


def test_a_repeated_field_is_refused(gate: Gateway) -> None:
    fields = twilio.inbound_form("SALDO")
    body = twilio.encode(fields) + b"&From=%2B6281200000009"
    answer = gate.client.post(twilio.INBOUND, data=body, headers=twilio.headers(twilio.INBOUND, fields))
    assert (answer.status_code, rows(gate)) == (400, 0)


def test_the_requests_own_host_does_not_count(gate: Gateway) -> None:
    fields = twilio.inbound_form("SALDO")
    forged = twilio.headers(twilio.INBOUND, fields, base="https://evil.example")
    for extra in ({"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}):
        answer = gate.client.post(twilio.INBOUND, data=twilio.encode(fields), headers=forged | extra)
        assert answer.status_code == 403
    genuine = twilio.headers(twilio.INBOUND, fields) | {"Host": "10.0.0.7:8000"}
    assert gate.client.post(twilio.INBOUND, data=twilio.encode(fields), headers=genuine).status_code == 200


@pytest.mark.parametrize("size", [16 * 1024 + 1, 200_000])
def test_a_body_over_the_limit_is_refused(gate: Gateway, size: int) -> None:
    answer = gate.client.post(twilio.INBOUND, data=b"x" * size, headers={"Content-Type": twilio.FORM})
    assert (answer.status_code, rows(gate)) == (413, 0)


def test_a_report_for_nobody_is_kept_and_answered(gate: Gateway) -> None:
    answer = gate.post(twilio.STATUS + "?t=unknown", twilio.status_form(twilio.sid(), "delivered"))
    assert answer.status_code == 200
    with gate.services.store.read() as connection:
        assert connection.scalar(select(func.count()).select_from(orphan_callback)) == 1


@pytest.mark.parametrize("fields", [{"MessageStatus": "a b"}, {"ErrorCode": "x"}, {"MessageSid": ""}], ids=str)
def test_a_report_out_of_its_pattern_is_refused(gate: Gateway, fields: dict[str, str]) -> None:
    answer = gate.post(twilio.STATUS, twilio.status_form(twilio.sid(), "sent") | fields)
    assert answer.status_code == 400


@pytest.mark.parametrize(("method", "path", "status"), [
    ("get", twilio.INBOUND, 405), ("put", twilio.INBOUND, 405), ("get", "/", 404), ("get", "/console", 303),
    ("post", "/webhooks/nobody/inbound", 404), ("post", "/webhooks/nobody/status", 404), ("get", "/webhooks", 404),
])  # fmt: skip
def test_other_routes_say_so_without_a_stack(gate: Gateway, method: str, path: str, status: int) -> None:
    answer = getattr(gate.client, method)(path)
    assert answer.status_code == status
    assert b"Traceback" not in answer.data


def test_every_answer_bears_the_security_headers(gate: Gateway) -> None:
    for path in ("/healthz", "/nowhere"):
        headers = gate.client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src" in headers["Content-Security-Policy"]


def test_health_readiness_and_metrics(gate: Gateway) -> None:
    gate.receive("SALDO")
    assert gate.client.get("/healthz").status_code == 200
    assert gate.client.get("/readyz").get_json() == {"status": "ok", "database": "ok", "queue": "ok"}
    metrics = gate.client.get("/metrics").get_data(as_text=True)
    assert 'smsgw_inbound_messages{state="received"} 1.0' in metrics


def test_costly_metrics_are_counted_once_for_a_while(gate: Gateway) -> None:
    seconds = itertools.chain([0.0, 0.1, 0.1, 2.0, 2.2], itertools.repeat(3.0))  # what takes 0.1 s is kept for 2 s
    app = Flask("metrics")
    app.register_blueprint(health.blueprint(gate.services, Kept(lambda: next(seconds), health.FREE_S)))
    told = []
    for _ in range(3):
        gate.receive("SALDO")
        lines = app.test_client().get("/metrics").get_data(as_text=True).splitlines()
        told += [line for line in lines if line.startswith('smsgw_inbound_messages{state="received"}')]
    assert [float(line.split()[-1]) for line in told] == [1, 1, 3]


def down(tmp_path: Path, **changes: Any) -> Any:
    values = {"database_url": f"sqlite:///{tmp_path}/no/such.sqlite", "redis_url": "redis://127.0.0.1:1/0"}
    return gateway(twilio.settings(**(values | changes)))


def test_without_a_database_the_carrier_is_told_to_come_again(tmp_path: Path) -> None:
    with down(tmp_path) as gate:
        for target, fields in (
            (twilio.INBOUND, twilio.inbound_form("SALDO")),
            (twilio.STATUS, twilio.status_form(twilio.sid(), "sent")),
        ):
            answer = gate.post(target, fields)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
        ready = gate.client.get("/readyz")
        assert ready.status_code == 503
        assert "SMSGW_DATABASE_URL" in ready.get_json()["database"]
        assert "smsgw_database_up 0.0" in gate.client.get("/metrics").get_data(as_text=True)


def test_without_a_queue_messages_are_still_taken(tmp_path: Path, sqlite_url: str) -> None:
    with down(tmp_path, database_url=sqlite_url) as gate:
        gate.receive("SALDO")
        ready = gate.client.get("/readyz")
        assert (ready.status_code, rows(gate)) == (503, 1)
        assert "SMSGW_REDIS_URL" in ready.get_json()["queue"]
