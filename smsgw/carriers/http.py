"""HTTP to a carrier: kept-alive connections that tell "never sent" from "sent, and then it broke".

Whether a message may be sent again hangs on that one difference, so connecting and asking are two steps here.
"""

import http.client
import re
import select
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urlsplit

from smsgw.carriers.response import Answer, read_answer

CONNECT_S = 3.0  # of all addresses of a host together, with the handshake
READ_S = 10.0
LEAST_S = 0.001  # none at all would mean not to wait
IDLE_S = 15.0  # below the time after which carriers close a quiet connection

_TLS = ssl.create_default_context()
_PRINTABLE = re.compile(r"[ -~]*")


class NotSent(Exception):
    """No connection: not a byte of the request has left."""


class Broken(Exception):
    """The connection broke, or went quiet, after the request was sent."""


@dataclass(slots=True)
class _Kept:
    connection: http.client.HTTPConnection
    used_at: float = field(default_factory=time.monotonic)

    def is_fresh(self) -> bool:
        """Whether the other side has neither closed nor said anything since."""
        if self.connection.sock is None or time.monotonic() - self.used_at > IDLE_S:
            return False
        return not select.select([self.connection.sock], [], [], 0)[0]


class _Own(threading.local):
    """Each thread's own connections, by scheme and host."""

    def __init__(self) -> None:
        self.connections: dict[tuple[str, str], _Kept] = {}


class KeptHttp:
    """One connection per thread and origin, no retry, no redirect."""

    def __init__(self, connect_s: float = CONNECT_S, read_s: float = READ_S) -> None:
        self._connect_s = connect_s
        self._read_s = read_s
        self._own = _Own()

    def request(self, method: str, url: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        """One request. NotSent or Broken where there is no answer."""
        parts = urlsplit(url)
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        asked = _request(_head(method, target, parts.netloc, *headers.items()), body)
        kept = self._kept(parts.scheme, parts.netloc)
        try:
            kept.connection.sock.sendall(asked)
            answer, stays = read_answer(kept.connection.sock, method)
        except (OSError, http.client.HTTPException) as error:
            kept.connection.close()
            raise Broken(type(error).__name__) from error
        if not stays:
            kept.connection.close()
        kept.used_at = time.monotonic()
        return answer

    def _kept(self, scheme: str, netloc: str) -> _Kept:
        own = self._own.connections
        kept = own.get((scheme, netloc))
        if kept is None or not kept.is_fresh():
            if kept is not None:
                kept.connection.close()
            kept = own[scheme, netloc] = _Kept(self._connect(scheme, netloc))
        return kept

    def _connect(self, scheme: str, netloc: str) -> http.client.HTTPConnection:
        secured = scheme == "https"
        connection = (
            http.client.HTTPSConnection(netloc, context=_TLS) if secured else http.client.HTTPConnection(netloc)
        )
        try:
            connection.sock = _reach(connection.host, connection.port, self._connect_s)
            if secured:  # the handshake has what is left of the time
                connection.sock = _TLS.wrap_socket(connection.sock, server_hostname=connection.host)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise NotSent(type(error).__name__) from error
        connection.sock.settimeout(self._read_s)
        return connection


def _reach(host: str, port: int, within_s: float) -> socket.socket:
    """A socket that is connected, with what is left of the time for its handshake; OSError where none is. Each of a
    host's addresses has its part of the time: Python's own way gives each all of it."""
    until, error = time.monotonic() + within_s, OSError("no address")
    places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for at, (family, kind, protocol, _, address) in enumerate(places):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(max(LEAST_S, (until - time.monotonic()) / (len(places) - at)))
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(max(LEAST_S, until - time.monotonic()))
        except OSError as failed:
            sock.close()
            error = failed
        else:
            return sock
    raise error


@lru_cache(maxsize=16)
def _head(method: str, target: str, netloc: str, *headers: tuple[str, str]) -> bytes:
    # Of one carrier's messages all but the length is the same each time.
    lines = [f"{method} {target} HTTP/1.1", f"Host: {netloc}", "Accept-Encoding: identity", *map(": ".join, headers)]
    if " " in target or not all(map(_PRINTABLE.fullmatch, lines)):
        raise NotSent("bad_header")
    return "".join(f"{line}\r\n" for line in lines).encode()


def _request(head: bytes, body: bytes | None) -> bytes:
    return head + b"\r\n" if body is None else b"%sContent-Length: %d\r\n\r\n%s" % (head, len(body), body)
