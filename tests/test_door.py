"""The web process's two doors: the same request through ASGI and WSGI is told the same; slow clients, and its end."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import func, select

from smsgw.messages.tables import inbound
from smsgw.store import Store
from smsgw.supervisor.child import Child, spawn
from smsgw.web.app import create_app
from smsgw.web.door import create_door
from smsgw.web.serve import make_server
from tests.support import kannel, twilio
from tests.support.gateway import Gateway, gateway
from tests.support.processes import SMSGW, WITHIN_S, answers, environment, free_port, wait_until
from tests.support.sides import KANNEL

HOST = "127.0.0.1"
Request = tuple[str, str, dict[str, str], bytes]
ADDED = {"date"}
BOTH = kannel.settings("http://127.0.0.1:1")


def post(target: str, fields: dict[str, str], headers: dict[str, str] | None = None, more: bytes = b"") -> Request:
    return "POST", target, twilio.headers(target, fields) | (headers or {}), twilio.encode(fields) + more


SALDO = twilio.inbound_form("SALDO")
TEXT = KANNEL.ask("inbound", KANNEL.text(KANNEL.new_id(), "SALDO")).target
SENT = twilio.status_form(twilio.sid(), "sent")
REQUESTS: dict[str, Request] = {
    "inbound": post(twilio.INBOUND, SALDO),
    "status": post(twilio.STATUS, SENT),
    "status with token": post(f"{twilio.STATUS}?t=abc", SENT),
    "status with a bad token": post(f"{twilio.STATUS}?t=a%20b", SENT),
    "escaped path": post("/webhooks/twilio/%69nbound", SALDO),
    "path with end slash": post(f"{twilio.INBOUND}/", SALDO),
    "signature wrong": post(twilio.INBOUND, SALDO, {"X-Twilio-Signature": "wrong"}),
    "signature empty": post(twilio.INBOUND, SALDO, {"X-Twilio-Signature": ""}),
    "no headers": ("POST", twilio.INBOUND, {}, twilio.encode(SALDO)),
    "json": post(twilio.INBOUND, SALDO, {"Content-Type": "application/json"}),
    "type with charset": post(twilio.INBOUND, SALDO, {"Content-Type": f"{twilio.FORM}; charset=utf-8"}),
    "field repeated": post(twilio.INBOUND, SALDO, more=b"&From=%2B6281200000009"),
    "field out of pattern": post(twilio.INBOUND, twilio.inbound_form("SALDO", From="nobody")),
    "foreign account": post(twilio.INBOUND, twilio.inbound_form("SALDO", AccountSid="AC" + "1" * 32)),
    "foreign number": post(twilio.INBOUND, twilio.inbound_form("SALDO", To="+622150000001")),
    "not utf-8": post(twilio.INBOUND, SALDO, more=b"&x=%ff%fe"),
    "no body": ("POST", twilio.INBOUND, {"Content-Type": twilio.FORM}, b""),
    "body at the limit": ("POST", twilio.INBOUND, {"Content-Type": twilio.FORM}, b"x" * 16 * 1024),
    "body over the limit": ("POST", twilio.INBOUND, {"Content-Type": twilio.FORM}, b"x" * (16 * 1024 + 1)),
    "body far over the limit": ("POST", twilio.STATUS, {"Content-Type": twilio.FORM}, b"x" * 200_000),
    "no such carrier": post("/webhooks/nobody/inbound", SALDO),
    "no such kind": post("/webhooks/twilio/other", SALDO),
    "kannel inbound": ("GET", TEXT, {}, b""),
    "kannel inbound twice a field": ("GET", f"{TEXT}&id=1", {}, b""),
    "kannel inbound by post": ("POST", TEXT, {}, b""),
    "kannel inbound forwarded": ("GET", TEXT.replace(kannel.TOKEN, "guess"), {"X-Forwarded-For": HOST}, b""),
    "kannel status": ("GET", KANNEL.ask("status", KANNEL.report("abc", "8")).target + "%03%C8%FF", {}, b""),
    "kannel head": ("HEAD", TEXT, {}, b""),
    "get": ("GET", twilio.INBOUND, {}, b""),
    "put": ("PUT", twilio.STATUS, {}, b""),
    "options": ("OPTIONS", twilio.INBOUND, {}, b""),
    "nowhere": ("GET", "/nowhere", {}, b""),
    "root": ("GET", "/", {}, b""),
    "health": ("GET", "/healthz", {}, b""),
    "head": ("HEAD", "/healthz", {}, b""),
    "readiness": ("GET", "/readyz", {}, b""),
    "static file": ("GET", "/simulator/static/simulator.css", {}, b""),
}


@dataclass(frozen=True)
class Told:
    """What came back, without what a server adds."""

    status: int
    headers: dict[str, str]
    body: bytes


def told(status: int, headers: list[tuple[str, str]], body: bytes) -> Told:
    return Told(status, {name.lower(): value for name, value in headers if name.lower() not in ADDED}, body)


def by_wsgi(gate: Gateway, request: Request) -> Told:
    method, target, headers, body = request
    path, _, query = target.partition("?")
    answer = gate.client.open(path, query_string=query, method=method, data=body, headers=headers)
    return told(answer.status_code, list(answer.headers), answer.data)


def connected(port: int) -> socket.socket:
    return socket.create_connection((HOST, port), WITHIN_S)


def by_asgi(port: int, request: Request) -> Told:
    method, target, headers, body = request
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    with connected(port) as connection:
        connection.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
        answer = HTTPResponse(connection, method=method)
        answer.begin()
        return told(answer.status, answer.getheaders(), answer.read())


@contextmanager
def served(gate: Gateway, within_s: float = WITHIN_S) -> Iterator[int]:
    """The port of the gateway's own server, in a thread."""
    port = free_port()
    settings = gate.services.settings.model_copy(update={"port": port})
    server = make_server(settings, create_door(gate.services, create_app(gate.services)), within_s)
    thread = Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started)
        yield port
    finally:
        server.should_exit = True
        thread.join(WITHIN_S)


@pytest.fixture(params=["sqlite_url", "postgresql_url", "no database"])
def gate(request: pytest.FixtureRequest, redis_url: str, tmp_path: Path) -> Iterator[Gateway]:
    absent = request.param == "no database"
    url = f"sqlite:///{tmp_path}/no/such.sqlite" if absent else request.getfixturevalue(request.param)
    with gateway(twilio.settings(**BOTH, database_url=url, redis_url=redis_url)) as open_gate:
        yield open_gate


@pytest.fixture
def sqlite_gate(sqlite_url: str, redis_url: str) -> Iterator[Gateway]:
    with gateway(twilio.settings(**BOTH, database_url=sqlite_url, redis_url=redis_url)) as open_gate:
        yield open_gate


def rows(store: Store) -> int:
    with store.read() as connection:
        return int(connection.scalar(select(func.count()).select_from(inbound)) or 0)


def test_both_doors_tell_the_same(gate: Gateway) -> None:
    with served(gate) as port:
        differing = {
            name: (by_wsgi(gate, request), asgi)
            for name, request in REQUESTS.items()
            if (asgi := by_asgi(port, request)) != by_wsgi(gate, request)
        }
    assert differing == {}


def test_many_at_once_are_each_on_disk_when_told(sqlite_gate: Gateway) -> None:
    forms = [twilio.inbound_form(f"SALDO {number}") for number in range(60)]
    with served(sqlite_gate) as port, ThreadPoolExecutor(40) as pool:
        statuses = list(pool.map(lambda form: by_asgi(port, post(twilio.INBOUND, form)).status, forms * 3))
        assert (set(statuses), rows(sqlite_gate.services.store)) == ({200}, 60)


SLOW = {
    "header": f"POST {twilio.INBOUND} HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
    "body": f"POST {twilio.INBOUND} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000\r\n\r\n",
    "page": "POST /simulator/send HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000\r\n\r\n",
}


def test_slow_clients_block_nobody(sqlite_gate: Gateway) -> None:
    with served(sqlite_gate) as port, ExitStack() as stack:
        for start in SLOW.values():
            for _ in range(200):
                slow = stack.enter_context(connected(port))
                slow.sendall(start.encode() + b"x")
        assert by_asgi(port, post(twilio.INBOUND, twilio.inbound_form("SALDO"))).status == 200
        assert by_asgi(port, REQUESTS["health"]).status == 200


@pytest.mark.parametrize("start", SLOW.values(), ids=SLOW.keys())
def test_a_request_that_is_late_is_cut_off_and_a_connection_at_rest_is_not(sqlite_gate: Gateway, start: str) -> None:
    with (
        served(sqlite_gate, within_s=0.2) as port,
        connected(port) as slow,
        closing(HTTPConnection(HOST, port)) as idle,
    ):
        slow.sendall(start.encode())
        idle.request("GET", "/healthz")
        assert idle.getresponse().read()
        assert reads_nothing(slow)
        idle.request("GET", "/healthz")
        assert idle.getresponse().status == 200


def style_sheet(port: int) -> str:
    """The path of a file that is larger than what lies in buffers on its way."""
    page = by_asgi(port, ("GET", "/console/sign-in", {}, b"")).body.decode()
    return page.partition('<link rel="stylesheet" href="')[2].partition('"')[0]


@contextmanager
def never_reading(port: int, path: str, *, closing: bool) -> Iterator[socket.socket]:
    """A connection with a small window, whose request is whole; it may be the last one."""
    with socket.socket() as silent:
        silent.settimeout(WITHIN_S)
        silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        silent.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        silent.connect((HOST, port))
        last = "Connection: close\r\n" if closing else ""
        silent.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{last}\r\n".encode())
        yield silent


def established(port: int) -> int:
    """The connections to this port that the server holds."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return sum(line.split()[1].endswith(f":{port:04X}") and line.split()[3] in {"01", "08"} for line in lines)


@pytest.mark.parametrize("closing", [False, True])
def test_an_answer_that_nobody_reads_is_cut_off(sqlite_gate: Gateway, closing: bool) -> None:
    with served(sqlite_gate, within_s=1.0) as port, ExitStack() as stack:
        path = style_sheet(port)
        for _ in range(20):
            stack.enter_context(never_reading(port, path, closing=closing))
        assert established(port)
        wait_until(lambda: established(port) == 0)
        assert len(by_asgi(port, ("GET", path, {}, b"")).body) > 100_000


BEYOND: dict[str, tuple[Request, int]] = {
    "a page's body": (("POST", "/simulator/send", {"Content-Type": twilio.FORM}, b"x" * 20_000), 413),
    "a query that is not ascii": (("GET", "/healthz?\xff", {}, b""), 400),
    "a path that is not ascii": (("GET", "/\xff", {}, b""), 400),
}


@pytest.mark.parametrize(("request_", "status"), BEYOND.values(), ids=BEYOND.keys())
def test_what_never_reaches_the_application(sqlite_gate: Gateway, request_: Request, status: int) -> None:
    with served(sqlite_gate) as port:
        assert by_asgi(port, request_).status == status


def test_a_request_that_is_too_large_is_cut_off(sqlite_gate: Gateway) -> None:
    with served(sqlite_gate) as port, connected(port) as large:
        large.sendall(SLOW["header"].encode() + b"x" * 300_000)
        assert reads_nothing(large)


def reads_nothing(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.fixture
def web_port() -> int:
    return free_port()


@pytest.fixture
def web(web_port: int, sqlite_url: str, redis_url: str, tmp_path: Path) -> Iterator[Callable[[], Child]]:
    """Starts the web process, always on the same port."""
    settings = twilio.settings(home=tmp_path, port=web_port, database_url=sqlite_url, redis_url=redis_url)
    with ExitStack() as stack:

        def start() -> Child:
            child = spawn("web", [*SMSGW, "web"], tmp_path / "web.log", environment(settings))
            stack.callback(child.kill)
            wait_until(lambda: answers(f"http://{HOST}:{settings.port}") or not child.alive)
            assert child.alive, child.obituary()
            return child

        yield start


def test_killed_it_leaves_its_port_free(web: Callable[[], Child]) -> None:
    first = web()
    os.kill(first.process.pid, signal.SIGKILL)
    first.process.wait()
    assert web().process.pid != first.process.pid


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_ends_in_order_beside_a_slow_client(
    web: Callable[[], Child], web_port: int, number: signal.Signals
) -> None:
    child = web()
    with connected(web_port) as slow:
        slow.sendall(SLOW["body"].encode())
        child.process.send_signal(number)
        assert child.process.wait(WITHIN_S) == 0
