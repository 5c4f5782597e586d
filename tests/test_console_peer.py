"""Whose address a request comes from: a client cannot forge it, with whatever number of proxies is trusted."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from smsgw.console.peer import address_of
from smsgw.operators import tries
from smsgw.operators.tables import audit, operator_sessions
from smsgw.services import Services
from smsgw.web.door import create_door
from tests.support import twilio
from tests.support.console import PASSWORD, Browser, Console
from tests.support.gateway import gateway

PROXY, WEB = "10.0.0.1", "203.0.114.7"  # one that is no documentation's: those count as private
CASES = [
    (0, "", PROXY),
    (0, WEB, PROXY),
    (1, "", PROXY),
    (1, WEB, WEB),
    (1, f"198.51.100.9, {WEB}", WEB),  # the first one is the client's own word
    (1, f'"198.51.100.9, {WEB}', WEB),
    (1, f"198.51.100.9,, {WEB}", WEB),
    (1, f"{WEB}, unknown", PROXY),
    (1, f"{WEB}, ", PROXY),
    (1, f"{WEB}, <script>", PROXY),
    (1, "\u0661.2.3.4", PROXY),
    (1, "2001:DB8::1", "2001:db8::1"),
    (2, WEB, PROXY),  # it came past the outer proxy
    (2, f"{WEB}, 10.0.0.2", WEB),
    (2, f"198.51.100.9, {WEB}, 10.0.0.2", WEB),
]


@pytest.mark.parametrize(("proxies", "forwarded", "address"), CASES)
def test_only_what_trusted_proxies_wrote_counts(proxies: int, forwarded: str, address: str) -> None:
    assert address_of(PROXY, forwarded, proxies) == address


def behind(console: Console, proxies: int) -> Console:
    settings = console.services.settings.model_copy(update={"trusted_proxies": proxies})
    return Console(replace(console.services, settings=settings))


def sign_in(browser: Browser, password: str, forwarded: str) -> int:
    given = {"name": "rina", "password": password, "code": ""}
    return browser.post("/sign-in", given, **{"X-Forwarded-For": forwarded}).status_code


@pytest.mark.parametrize(("proxies", "address"), [(0, "127.0.0.1"), (1, WEB)])
def test_session_and_audit_log_name_the_address_that_counts(console: Console, proxies: int, address: str) -> None:
    console.account("rina", "viewer")
    assert sign_in(behind(console, proxies).browser(), PASSWORD, f"198.51.100.9, {WEB}") == 303
    with console.services.store.read() as connection:
        assert connection.scalar(select(operator_sessions.c.address)) == address
        assert connection.scalar(select(audit.c.address).where(audit.c.act == "sign_in")) == address


@pytest.mark.parametrize("proxies", [0, 1])
def test_a_guesser_is_one_address_whatever_he_writes_before(console: Console, proxies: int) -> None:
    later_ms = console.services.clock.now_ms() + tries.MINUTE_MS
    console.account("rina", "viewer")
    address = WEB if proxies else "127.0.0.1"
    with console.services.store.write() as connection:
        for _ in range(tries.FREE["address"]):
            tries.taken(connection, "address", address, later_ms)
    browser = behind(console, proxies).browser()
    forged = [f"198.51.100.{n}, {WEB}" for n in range(3)]
    assert [sign_in(browser, PASSWORD, one) for one in forged] == [403] * 3
    if proxies:
        assert sign_in(browser, PASSWORD, "203.0.114.8") == 303  # somebody else behind the same proxy


def echo(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    start("200 OK", [])
    return [environ.get("HTTP_X_FORWARDED_FOR", "").encode()]


def by_door(services: Services, headers: list[tuple[bytes, bytes]]) -> bytes:
    """What the WSGI application is told of a request to the console by the door."""
    scope = {"type": "http", "method": "GET", "path": "/console", "query_string": b"", "http_version": "1.1"}
    told: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        told.append(message)

    async def ask() -> None:
        door = create_door(services, echo)  # type: ignore[arg-type]  # any WSGI application
        await door({**scope, "headers": headers, "client": (PROXY, 1)}, receive, send)

    asyncio.run(ask())
    return b"".join(message.get("body", b"") for message in told)


def test_a_header_that_wsgi_spells_alike_adds_nothing(console: Console) -> None:
    headers = [(b"x-forwarded-for", WEB.encode()), (b"x_forwarded_for", b"198.51.100.9")]
    assert by_door(console.services, headers) == WEB.encode()


FORWARDED = {"X-Forwarded-For": WEB, "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}


@pytest.mark.parametrize(("base", "status"), [(twilio.PUBLIC_URL, 200), ("http://evil.example", 403)])
def test_signatures_are_for_the_public_url_alone(sqlite_url: str, redis_url: str, base: str, status: int) -> None:
    settings = twilio.settings(database_url=sqlite_url, redis_url=redis_url, trusted_proxies=2)
    fields = twilio.inbound_form("SALDO")
    with gateway(settings) as gate:
        headers = twilio.headers(twilio.INBOUND, fields, base=base) | FORWARDED
        answer = gate.client.post(twilio.INBOUND, data=twilio.encode(fields), headers=headers)
    assert answer.status_code == status
