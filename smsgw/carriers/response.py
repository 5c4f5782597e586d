"""Reading one HTTP response: the plain kind by two patterns, every other by http.client.

http.client reads headers by the parser for e-mail, which costs more than all the rest of a call. Nearly every response
is plain: one head in one piece and a length. What is not exactly that is left to the library, from its first byte.
"""

import http.client
import io
import re
import socket
from dataclasses import dataclass
from typing import Any

MAX_ANSWER = 10_000_000  # ten times a page of a thousand messages as they are in a carrier's list
PIECE = 65_536

_HEAD = re.compile(rb"HTTP/1\.1 ([2-5]\d\d)(?: [^\r\n\0]*)?\r\n(?:[!#$%&'*+.^_`|~\w-]+:[^\r\n\0]*\r\n)*\r\n", re.ASCII)
_MATTERS = re.compile(
    rb"\n(content-length|transfer-encoding|connection|retry-after):[ \t]*([^\r]*?)[ \t]*\r", re.IGNORECASE
)
_BODILESS = (b"204", b"304")
_MOST_DIGITS = len(str(MAX_ANSWER)) - 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `retry_after_s` from the header of that name, where it is a number."""

    status: int
    text: str
    retry_after_s: float | None


def read_answer(sock: socket.socket, method: str) -> tuple[Answer, bool]:
    """The response to a request just sent, of at most 10,000,000 bytes, and whether the connection may be used again.

    OSError and HTTPException where there is none.
    """
    first = sock.recv(PIECE)
    head = _HEAD.match(first)
    length, fields = _plain(head) if head is not None and method != "HEAD" else (None, {})
    if head is None or length is None:
        return _by_library(sock, first, method)
    body = _body(sock, first[head.end() :], length)
    stays = len(body) == length and fields.get(b"connection", b"keep-alive").lower() == b"keep-alive"
    text = body[:length].decode("utf-8", "replace")
    return Answer(int(head[1]), text, _seconds(fields.get(b"retry-after", b"").decode("latin-1"))), stays


def _plain(head: re.Match[bytes]) -> tuple[int | None, dict[bytes, bytes]]:
    """The length of the body that follows, None where that is not plain, and the headers that matter."""
    named = _MATTERS.findall(head.string, 0, head.end())
    fields = {name.lower(): value for name, value in named}
    length = fields.get(b"content-length", b"")
    plain = len(fields) == len(named) and b"transfer-encoding" not in fields and head[1] not in _BODILESS
    return (int(length) if plain and length.isdigit() and len(length) <= _MOST_DIGITS else None), fields


def _body(sock: socket.socket, begun: bytes, length: int) -> bytes:
    while len(begun) < length:
        piece = sock.recv(PIECE)
        if not piece:
            raise http.client.IncompleteRead(begun, length - len(begun))
        begun += piece
    return begun


def _by_library(sock: socket.socket, first: bytes, method: str) -> tuple[Answer, bool]:
    response = http.client.HTTPResponse(_Begun(sock, first), method=method)  # type: ignore[arg-type]  # is enough of one
    response.begin()
    text = response.read(MAX_ANSWER).decode("utf-8", "replace")
    stays = not response.will_close and response.isclosed()
    return Answer(response.status, text, _seconds(response.headers.get("Retry-After"))), stays


class _Begun(io.RawIOBase):
    """A socket whose first bytes were read already, for a response that makes a file of it."""

    def __init__(self, sock: socket.socket, first: bytes) -> None:
        self._sock = sock
        self._first = first

    def makefile(self, mode: str) -> io.BufferedReader:
        """The file."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The bytes read already, then the socket's; 0 at their end."""
        if not self._first:
            return self._sock.recv_into(buffer)
        piece, self._first = self._first[: len(buffer)], self._first[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)


def _seconds(header: str | None) -> float | None:
    return float(header) if header and header.isascii() and header.isdigit() else None
