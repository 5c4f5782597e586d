"""A line: one connection of a caller of the stand-in carrier, answered, left hanging or reset."""

import asyncio
import socket
import struct
from collections.abc import Callable

from tests.bench.wire import Framed


class Line(Framed):
    """One connection of a caller."""

    def __init__(self, serve: Callable[["Line", bytes, bytes], "asyncio.Future[None]"]) -> None:
        super().__init__()
        self._serve = serve
        self.gone = asyncio.Event()
        self.task: asyncio.Future[None] | None = None

    def message(self, head: bytes, body: bytes) -> None:
        """One request."""
        self.task = self._serve(self, head, body)

    def connection_lost(self, exc: Exception | None) -> None:
        """The caller has left."""
        self.gone.set()

    def answer(self, status: str, body: bytes) -> None:
        """Answer with JSON, unless the caller has left."""
        if self.transport is not None and not self.transport.is_closing():
            head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            self.transport.write(head.encode() + body)

    def reset(self) -> None:
        """Break the connection off, so that the caller gets a reset."""
        assert self.transport is not None
        if self.gone.is_set() or self.transport.is_closing():
            return
        sock = self.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()
