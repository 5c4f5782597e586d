"""What can be met on the wire: how a response is read, and what is certain where there is none."""

import socket
import threading
from typing import Any

import pytest

from smsgw.carriers.http import Broken, KeptHttp, NotSent
from smsgw.carriers.response import Answer
from tests.support.wire import in_pieces, server


def test_a_kept_connection_that_was_closed_meanwhile_is_not_used_again() -> None:
    seen: list[int] = []

    def talk(connection: socket.socket, number: int) -> None:
        connection.recv(65536)
        seen.append(number)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with server(talk) as url:
        http = KeptHttp()
        for _ in range(3):
            assert http.request("POST", url, b"x", {}).text == "ok"
            threading.Event().wait(0.05)  # the server's close has to arrive
    assert seen == [0, 1, 2]


def test_all_addresses_of_a_host_share_the_time_to_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    class Deaf(socket.socket):
        """A socket that no address answers."""

        def settimeout(self, value: float | None, /) -> None:
            waits.append(value or 0)

        def connect(self, address: Any, /) -> None:
            raise TimeoutError

    places = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"127.0.0.{at}", 9)) for at in range(1, 5)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *asked, **more: places)
    monkeypatch.setattr(socket, "socket", Deaf)
    with pytest.raises(NotSent, match="TimeoutError"):
        KeptHttp(connect_s=4.0).request("GET", "http://carrier.example", None, {})
    assert len(waits) == len(places)
    assert waits[0] == pytest.approx(1.0, abs=0.1)


def test_a_dead_address_does_not_hide_a_living_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(in_pieces([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"])) as url, socket.socket() as dead:
        dead.bind(("127.0.0.2", 0))
        ends = dead.getsockname(), ("127.0.0.1", int(url.rpartition(":")[2]))
        places = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", end) for end in ends]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *asked, **more: places)
        assert KeptHttp().request("GET", "http://carrier.example", None, {}).text == "ok"


def test_an_open_connection_is_kept() -> None:
    requests: list[int] = []

    def talk(connection: socket.socket, number: int) -> None:
        while connection.recv(65536):
            requests.append(number)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with server(talk) as url:
        http = KeptHttp()
        for _ in range(3):
            http.request("GET", url, None, {})
    assert requests == [0, 0, 0]


WAYS = [
    ("one piece", [b"HTTP/1.1 201 Created\r\ncontent-length: 5\r\n\r\nHallo"], 201, "Hallo", None),
    ("no reason", [b"HTTP/1.1 200\r\nContent-Length:2\r\n\r\nok"], 200, "ok", None),
    ("waits", [b"HTTP/1.1 429 Slow\r\nRetry-After: 7 \r\nContent-Length: 0\r\n\r\n"], 429, "", 7),
    ("a date", [b"HTTP/1.1 429 Slow\r\nRetry-After: Tue, 1\r\nContent-Length: 0\r\n\r\n"], 429, "", None),
    ("head and body", [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", b"o", b"k"], 200, "ok", None),
    ("torn head", [b"HTTP/1.1 200 OK\r\nCont", b"ent-Length: 2\r\nX: 1\r\n", b"\r\nok"], 200, "ok", None),
    ("chunks", [b"HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", b"0\r\n\r\n"], 200, "ok", None),
    ("until the end", [b"HTTP/1.1 200 OK\r\n\r\no", b"k", b""], 200, "ok", None),
    ("old", [b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"], 200, "ok", None),
    ("continued", [b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"], 200, "ok", None),
    ("no body", [b"HTTP/1.1 204 No\r\nContent-Length: 9\r\n\r\n"], 204, "", None),
    ("folded", [b"HTTP/1.1 200 OK\r\nX: 1\r\n 2\r\nContent-Length: 2\r\n\r\nok"], 200, "ok", None),
    ("no utf-8", [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\xffk"], 200, "\ufffdk", None),
    ("long", [b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n", b"x" * 300_000], 200, "x" * 300_000, None),
    ("a list", [b"HTTP/1.1 200 OK\r\nContent-Length: 1500000\r\n\r\n", b"x" * 1_500_000], 200, "x" * 1_500_000, None),
    ("too long", [b"HTTP/1.1 200\r\nContent-Length: 10000001\r\n\r\n", b"x" * 10_000_001], 200, "x" * 10_000_000, None),
]  # fmt: skip


@pytest.mark.parametrize(("pieces", "status", "text", "wait"), [way[1:] for way in WAYS], ids=[way[0] for way in WAYS])
def test_a_response_is_read_whichever_way_it_comes(
    pieces: list[bytes], status: int, text: str, wait: float | None
) -> None:
    with server(in_pieces(pieces)) as url:
        http = KeptHttp()
        for _ in range(2):
            assert http.request("POST", url, b"x", {}) == Answer(status, text, wait)


BROKEN = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nok",
    b"HTTP/1.1 20",
    b"HTTP/2 200 OK\r\n\r\n",
    b"HTTP/1.1 ok\r\n\r\n",
    b"SSH-2.0-OpenSSH_9.2\r\n",
    b"",
]


@pytest.mark.parametrize("piece", BROKEN)
def test_what_is_no_whole_response_is_broken(piece: bytes) -> None:
    with server(in_pieces([piece, b""])) as url, pytest.raises(Broken):
        KeptHttp().request("POST", url, b"x", {})


@pytest.mark.parametrize("more", ["Connection: close", "Connection: Close, x", "X: 1"])
def test_a_connection_that_ends_or_says_too_much_is_not_used_again(more: str) -> None:
    numbers: list[int] = []

    def talk(connection: socket.socket, number: int) -> None:
        while connection.recv(65536):
            numbers.append(number)
            connection.sendall(f"HTTP/1.1 200 OK\r\n{more}\r\nContent-Length: 2\r\n\r\nokay".encode())

    with server(talk) as url:
        http = KeptHttp()
        assert [http.request("POST", url, b"x", {}).text for _ in range(2)] == ["ok", "ok"]
    assert numbers == [0, 1]


REQUESTS = [
    ("POST", "/a?b=c", b"d=e", b"POST /a?b=c HTTP/1.1", b"Content-Length: 3\r\n\r\nd=e"),
    ("GET", "", None, b"GET / HTTP/1.1", b"\r\n"),
]


@pytest.mark.parametrize(("method", "target", "body", "line", "rest"), REQUESTS)
def test_a_request_is_one_piece(method: str, target: str, body: bytes | None, line: bytes, rest: bytes) -> None:
    seen: list[bytes] = []

    def talk(connection: socket.socket, number: int) -> None:
        seen.append(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with server(talk) as url:
        KeptHttp().request(method, url + target, body, {"X": "y"})
    host = url.removeprefix("http://").encode()
    assert seen == [line + b"\r\nHost: " + host + b"\r\nAccept-Encoding: identity\r\nX: y\r\n" + rest]


@pytest.mark.parametrize(("target", "header"), [("/a b", "x"), ("/", "x\r\nY: z"), ("/", "x\ny"), ("/\u00e9", "x")])
def test_what_would_be_no_request_is_not_sent(target: str, header: str) -> None:
    with server(in_pieces([b""])) as url, pytest.raises(NotSent):
        KeptHttp().request("POST", url + target, b"x", {"X": header})
