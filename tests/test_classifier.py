"""The classifier of reliability §4.4 line by line: what is met on the wire, and whether a message may be sent again."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from twilio.base.exceptions import TwilioRestException

from smsgw.carriers import Verdict
from smsgw.carriers.http import Broken, KeptHttp, NotSent
from smsgw.carriers.twilio import classify
from tests.support.wire import hanging_up, in_pieces, resetting, server

SOON_S = 0.3
Place = Callable[[], AbstractContextManager[str]]


@contextmanager
def nobody() -> Iterator[str]:
    """A port that is bound, and nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


@contextmanager
def overrun() -> Iterator[str]:
    """A listener whose queue is full: whoever comes waits to be connected."""
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for one in (first, second):
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def no_such_host() -> Iterator[str]:
    yield "http://no-such-host.invalid"


@contextmanager
def silent(scheme: str = "http") -> Iterator[str]:
    """A listener that says nothing: neither its part of a handshake nor an answer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def no_tls() -> Iterator[str]:
    with server(lambda connection, number: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as url:
        yield url.replace("http:", "https:")


@contextmanager
def untrusted(certificate: Path) -> Iterator[str]:
    """A server with a certificate that nobody has signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def talk(connection: socket.socket, number: int) -> None:
        with suppress(ssl.SSLError), context.wrap_socket(connection, server_side=True) as secured:
            secured.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")

    with server(talk) as url:
        yield url.replace("http:", "https:")


NEVER_SENT: dict[str, Place] = {
    "refused": nobody,
    "connect time-out": overrun,
    "no such host": no_such_host,
    "handshake time-out": partial(silent, "https"),
    "no handshake": no_tls,
}
PERHAPS_SENT: dict[str, Place] = {
    "read time-out": silent,
    "reset": partial(server, resetting),
    "closed before an answer": partial(server, hanging_up),
    "torn head": partial(server, in_pieces([b"HTTP/1.1 20", b""])),
    "torn body": partial(server, in_pieces([b"HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\n{", b""])),
    "torn chunk": partial(
        server, in_pieces([b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{", b""])
    ),
    "no HTTP": partial(server, in_pieces([b"garbage\r\n\r\n", b""])),
}


def met(url: str) -> Exception:
    """What comes of a request, given little time."""
    with pytest.raises((NotSent, Broken)) as caught:
        KeptHttp(SOON_S, SOON_S).request("POST", url, b"x", {})
    return caught.value


@pytest.mark.parametrize("what", NEVER_SENT)
def test_what_never_left_may_be_sent_again(what: str) -> None:
    with NEVER_SENT[what]() as url:
        outcome = classify(met(url))
    assert (outcome.verdict, outcome.breaker) == (Verdict.SAFE, False)


@pytest.mark.parametrize("what", PERHAPS_SENT)
def test_what_may_have_left_is_not_sent_again(what: str) -> None:
    with PERHAPS_SENT[what]() as url:
        assert classify(met(url)).verdict is Verdict.AMBIGUOUS


def test_a_certificate_that_nobody_has_signed_ends_the_handshake(tmp_path: Path) -> None:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1))
    file = tmp_path / "certificate.pem"
    plain = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file.write_bytes(key.private_bytes(*plain) + made.sign(key, hashes.SHA256()).public_bytes(plain[0]))
    with untrusted(file) as url:
        error = met(url)
    assert (classify(error).verdict, str(error)) == (Verdict.SAFE, "SSLCertVerificationError")


# Status, code, the verdict, and whether the account is refused: then the carrier is paused and an alarm raised.
PROBLEMS = [
    (429, 20429, Verdict.SAFE, False),
    (400, 20429, Verdict.SAFE, False),
    (429, 21611, Verdict.SAFE, False),
    (400, 21611, Verdict.SAFE, False),
    (401, 20003, Verdict.SAFE, True),
    (403, 20003, Verdict.SAFE, True),
    (403, None, Verdict.SAFE, True),
    (400, 21211, Verdict.REFUSED, False),
    (400, 21408, Verdict.REFUSED, False),
    (400, 21610, Verdict.REFUSED, False),
    (404, 20404, Verdict.REFUSED, False),
    (500, 20500, Verdict.AMBIGUOUS, False),
    (502, None, Verdict.AMBIGUOUS, False),
    (503, 20503, Verdict.AMBIGUOUS, False),
    (302, None, Verdict.AMBIGUOUS, False),
]


@pytest.mark.parametrize(("status", "code", "verdict", "breaker"), PROBLEMS)
def test_each_answer_of_the_carrier_has_its_class(
    status: int, code: int | None, verdict: Verdict, breaker: bool
) -> None:
    outcome = classify(TwilioRestException(status, "/", "no", code), 7.0)
    assert (outcome.verdict, outcome.breaker) == (verdict, breaker)
    assert outcome.retry_after_s == (7.0 if code in (20429, 21611) else None)


@pytest.mark.parametrize("error", [ValueError("no JSON"), KeyError("sid"), AttributeError("list"), RuntimeError("x")])
def test_a_success_that_cannot_be_read_is_uncertain(error: Exception) -> None:
    assert classify(error).verdict is Verdict.AMBIGUOUS
