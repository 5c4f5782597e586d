"""HTTP to a carrier: kept-alive connections that tell "never sent" from "sent, and then it broke".

Whether a message may be sent again hangs on that one difference, so connecting and asking are two
steps here. http.client also costs a third of a pooled client's time for each call.
"""

import http.client
import select
import ssl
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

CONNECT_S = 3.0
READ_S = 10.0
IDLE_S = 15.0  # below the time after which carriers close a quiet connection
MAX_ANSWER = 1_000_000

_TLS = ssl.create_default_context()


class NotSent(Exception):
    """No connection: not a byte of the request has left."""


class Broken(Exception):
    """The connection broke, or went quiet, after the request was sent."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `retry_after_s` from the header of that name, where it is a number."""

    status: int
    text: str
    retry_after_s: float | None


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
        kept = self._kept(parts.scheme, parts.netloc)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        try:
            kept.connection.request(method, path or "/", body=body, headers=headers)
            response = kept.connection.getresponse()
            text = response.read(MAX_ANSWER).decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            kept.connection.close()
            raise Broken(type(error).__name__) from error
        if response.will_close or not response.isclosed():
            kept.connection.close()
        kept.used_at = time.monotonic()
        return Answer(response.status, text, _seconds(response.headers.get("Retry-After")))

    def _kept(self, scheme: str, netloc: str) -> _Kept:
        own = self._own.connections
        kept = own.get((scheme, netloc))
        if kept is None or not kept.is_fresh():
            if kept is not None:
                kept.connection.close()
            kept = own[scheme, netloc] = _Kept(self._connect(scheme, netloc))
        return kept

    def _connect(self, scheme: str, netloc: str) -> http.client.HTTPConnection:
        connection = (
            http.client.HTTPSConnection(netloc, timeout=self._connect_s, context=_TLS)
            if scheme == "https"
            else http.client.HTTPConnection(netloc, timeout=self._connect_s)
        )
        try:
            connection.connect()  # resolves, connects and shakes hands
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise NotSent(type(error).__name__) from error
        connection.sock.settimeout(self._read_s)
        return connection


def _seconds(header: str | None) -> float | None:
    return float(header) if header and header.isascii() and header.isdigit() else None
