"""What the SDK's call can meet on the wire, and what is certain after it: each line of the classifier."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from smsgw.carriers import Outcome, Parcel, Verdict
from smsgw.carriers.http import Broken, KeptHttp, NotSent
from smsgw.carriers.twilio import Twilio
from tests.support import twilio

PARCEL = Parcel("+6281200000001", twilio.NUMBER, "Halo", "token", 1800)
SID = "SM" + "0" * 32
Talk = Callable[[socket.socket, int], None]


@contextlib.contextmanager
def server(talk: Talk) -> Iterator[str]:
    """A server that hands each connection and its number to `talk`, then closes it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            for number in range(100):
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection, contextlib.suppress(OSError):
                    talk(connection, number)

        threading.Thread(target=run, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def answering(status: str, body: str, *headers: str) -> Talk:
    """Reads one request and answers it."""
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers])

    def talk(connection: socket.socket, number: int) -> None:
        connection.recv(65536)
        connection.sendall(f"{head}\r\n\r\n{body}".encode())

    return talk


def resetting(connection: socket.socket, number: int) -> None:
    connection.recv(65536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")


def hanging_up(connection: socket.socket, number: int) -> None:
    connection.recv(65536)


def send(url: str) -> Outcome:
    return Twilio(twilio.settings(twilio_api_url=url)).send(PARCEL)


ANSWERS = [
    (answering("201 Created", f'{{"sid": "{SID}", "status": "queued"}}'), Verdict.ACCEPTED, None),
    (answering("201 Created", '{"status": "queued"}'), Verdict.AMBIGUOUS, "no_sid"),
    (answering("201 Created", '{"sid": "nonsense"}'), Verdict.AMBIGUOUS, "no_sid"),
    (answering("201 Created", "<html>"), Verdict.AMBIGUOUS, "JSONDecodeError"),
    (answering("201 Created", "[]"), Verdict.AMBIGUOUS, None),
    (answering("429 Too Many", '{"code": 20429, "message": "x"}', "Retry-After: 7"), Verdict.SAFE, "20429"),
    (answering("401 Unauthorized", '{"code": 20003, "message": "x"}'), Verdict.SAFE, "20003"),
    (answering("403 Forbidden", '{"code": 20005, "message": "x"}'), Verdict.SAFE, "20005"),
    (answering("400 Bad Request", '{"code": 21211, "message": "x"}'), Verdict.REFUSED, "21211"),
    (answering("400 Bad Request", '{"code": 21610, "message": "x"}'), Verdict.REFUSED, "21610"),
    (answering("404 Not Found", '{"code": 20404, "message": "x"}'), Verdict.REFUSED, "20404"),
    (answering("500 Oops", '{"code": 20500, "message": "x"}'), Verdict.AMBIGUOUS, "20500"),
    (answering("503 Oops", "not json"), Verdict.AMBIGUOUS, "503"),
    (resetting, Verdict.AMBIGUOUS, "ConnectionResetError"[:16]),
    (hanging_up, Verdict.AMBIGUOUS, "RemoteDisconnected"[:16]),
    (lambda c, n: c.sendall(b"garbage\r\n\r\n"), Verdict.AMBIGUOUS, None),
]


@pytest.mark.parametrize(("talk", "verdict", "code"), ANSWERS)
def test_each_answer_has_its_verdict(talk: Talk, verdict: Verdict, code: str | None) -> None:
    with server(talk) as url:
        outcome = send(url)
    assert outcome.verdict is verdict
    if code:
        assert outcome.error_code == code


def test_the_account_refused_pauses_the_carrier() -> None:
    with server(answering("401 Unauthorized", '{"code": 20003, "message": "x"}')) as url:
        assert send(url).breaker


def test_the_carriers_wish_to_wait_is_kept() -> None:
    with server(answering("429 Too Many", '{"code": 20429, "message": "x"}', "Retry-After: 7")) as url:
        assert send(url).retry_after_s == 7


UNREACHABLE = ["http://127.0.0.1:1", "http://no-such-host.invalid", "https://127.0.0.1:1"]


@pytest.mark.parametrize("url", UNREACHABLE)
def test_what_never_left_may_be_sent_again(url: str) -> None:
    assert send(url).verdict is Verdict.SAFE


def test_a_failed_handshake_has_sent_nothing() -> None:
    with server(lambda c, n: c.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as url:
        assert send(url.replace("http:", "https:")).verdict is Verdict.SAFE


def test_a_quiet_carrier_is_left_after_the_time_out() -> None:
    gate = threading.Event()
    with server(lambda c, n: bool(c.recv(65536)) and gate.wait(10)) as url:  # type: ignore[arg-type]
        with pytest.raises(Broken):
            KeptHttp(read_s=0.1).request("POST", url, b"x", {})
        gate.set()


def test_a_full_backlog_is_not_sent() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))  # bound, but nobody listens
        with pytest.raises(NotSent):
            KeptHttp().request("POST", f"http://127.0.0.1:{listener.getsockname()[1]}", b"x", {})


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
