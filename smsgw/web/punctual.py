"""Connections whose request grows too large, or whose request or answer is not whole in time, are closed: uvicorn has
no such bounds."""

import asyncio

from uvicorn import Server
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

WITHIN_S = 10.0
REQUEST_LIMIT = 256 * 1024  # bytes of a whole request; the limit of a body, which is answered 413, is far below


class Punctual(HttpToolsProtocol):
    """uvicorn's protocol, which knows since when it has been waiting for the other side, and how much came."""

    waiting_since: float | None = None  # for the rest of a request
    stuck_since: float | None = None  # for somebody to read an answer, or for the last of it to leave
    taken = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """A first request is awaited."""
        super().connection_made(transport)
        self.waiting_since = self.loop.time()

    def data_received(self, data: bytes) -> None:
        """A part of a request."""
        self.taken += len(data)
        if self.taken > REQUEST_LIMIT:
            self.transport.close()
        else:
            super().data_received(data)

    def on_message_begin(self) -> None:
        """A request has begun to come."""
        super().on_message_begin()
        self.waiting_since = self.loop.time()

    def on_message_complete(self) -> None:
        """The request is whole; how long its answer takes is our own affair."""
        super().on_message_complete()
        self.waiting_since, self.taken = None, 0

    def pause_writing(self) -> None:
        """More of an answer is ready than the other side reads."""
        super().pause_writing()
        self.stuck_since = self.loop.time()

    def resume_writing(self) -> None:
        """It has read on."""
        super().resume_writing()
        self.stuck_since = None

    def is_late(self, now: float, within_s: float) -> bool:
        """Whether it has been waiting for longer, by the loop's clock."""
        if self.stuck_since is None and self.transport.is_closing():  # it closes when all has left, which may be never
            self.stuck_since = now
        return any(since is not None and since < now - within_s for since in (self.waiting_since, self.stuck_since))

    def shutdown(self) -> None:
        """The server stops: what is not whole will not be waited for."""
        if self.waiting_since is not None:
            self.transport.close()
        super().shutdown()


async def close_late(server: Server, within_s: float) -> None:
    """End every connection that has been waiting for longer, whatever of it has not left yet."""
    now = asyncio.get_running_loop().time()
    for connection in tuple(server.server_state.connections):
        if isinstance(connection, Punctual) and connection.is_late(now, within_s):
            connection.transport.abort()
