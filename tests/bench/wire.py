"""Just enough HTTP/1.1 over asyncio that the load generator and the carrier cost little."""

import asyncio
from collections.abc import Callable

CRLF2 = b"\r\n\r\n"
PATIENCE_S = 15  # Twilio gives a webhook 15 s


class Framed(asyncio.Protocol):
    """Cuts a stream into messages that carry a Content-Length; nothing else is spoken here."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(CRLF2)) >= 0:
            head = self._buffer[:end]
            whole = end + 4 + _content_length(head)
            if len(self._buffer) < whole:
                return
            body, self._buffer = self._buffer[end + 4 : whole], self._buffer[whole:]
            self.message(head, body)

    def message(self, head: bytes, body: bytes) -> None:
        """One whole message: the head without its blank line, and the body."""
        raise NotImplementedError


def _content_length(head: bytes) -> int:
    at = head.lower().find(b"\r\ncontent-length:")
    return 0 if at < 0 else int(head[at + 17 :].split(b"\r\n", 1)[0])


class Served(Framed):
    """The server's side: `answer(head, body)` gives the whole response."""

    def __init__(self, answer: Callable[[bytes, bytes], bytes]) -> None:
        super().__init__()
        self._answer = answer

    def message(self, head: bytes, body: bytes) -> None:
        assert self.transport is not None
        self.transport.write(self._answer(head, body))


class _Asked(Framed):
    def __init__(self) -> None:
        super().__init__()
        self.waiting: asyncio.Future[tuple[int, bool]] | None = None

    def message(self, head: bytes, body: bytes) -> None:
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_result((int(head[9:12]), b"connection: close" in head.lower()))

    def connection_lost(self, exc: Exception | None) -> None:
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_exception(ConnectionResetError("closed before the answer"))


class Connection:
    """A client's connection to one address, kept alive as long as the server keeps it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._protocol: _Asked | None = None

    async def exchange(self, request: bytes) -> int:
        """Send one whole request; returns the status code, 0 if there was no answer within 15 s."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self._exchange(request)
        except (OSError, TimeoutError):
            self.close()
            return 0

    async def _exchange(self, request: bytes) -> int:
        protocol = await self._connected()
        assert protocol.transport is not None
        protocol.waiting = asyncio.get_running_loop().create_future()
        protocol.transport.write(request)
        status, closing = await protocol.waiting
        if closing:
            self.close()
        return status

    async def _connected(self) -> _Asked:
        transport = self._protocol.transport if self._protocol else None
        if self._protocol is not None and transport is not None and not transport.is_closing():
            return self._protocol
        loop = asyncio.get_running_loop()
        _, self._protocol = await loop.create_connection(_Asked, "127.0.0.1", self._port)
        return self._protocol

    def close(self) -> None:
        """Close the connection; the next exchange opens another."""
        if self._protocol is not None and self._protocol.transport is not None:
            self._protocol.transport.close()
        self._protocol = None


def request(path: str, port: int, body: bytes, headers: dict[str, str]) -> bytes:
    """A whole POST of a form to 127.0.0.1."""
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join(lines).encode() + CRLF2 + body
