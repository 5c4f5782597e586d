"""Connections whose request grows too large, or is not whole in time, are closed: uvicorn itself has no such bounds."""

import asyncio

from uvicorn import Server
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

WITHIN_S = 10.0
REQUEST_LIMIT = 256 * 1024  # bytes of a whole request; the limit of a body, which is answered 413, is far below


class Punctual(HttpToolsProtocol):
    """uvicorn's protocol, which knows since when it has been waiting for the rest of a request, and how much came."""

    waiting_since: float | None = None
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

    def shutdown(self) -> None:
        """The server stops: what is not whole will not be waited for."""
        if self.waiting_since is not None:
            self.transport.close()
        super().shutdown()


async def close_late(server: Server, within_s: float) -> None:
    """Close every connection that has been waiting for longer."""
    begun_before = asyncio.get_running_loop().time() - within_s
    for connection in tuple(server.server_state.connections):
        since = connection.waiting_since if isinstance(connection, Punctual) else None
        if since is not None and since < begun_before:
            connection.transport.close()
