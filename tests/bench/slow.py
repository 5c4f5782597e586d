"""Slow clients: connections that never finish headers or bodies, or never read, and healthy posts beside them."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from tests.bench.posts import INBOUND, Post
from tests.bench.wire import Connection

EACH = 60
HEADER = f"POST {INBOUND} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
BODY = f"POST {INBOUND} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4000\r\n\r\n"


async def beside_slow_clients(port: int, posts: Sequence[Post]) -> list[float]:
    """Seconds that each healthy post took, one after the other; 15 where one was not answered 200."""
    async with slow_clients(port, EACH):
        return [await _timed(port, post) for post in posts]


@asynccontextmanager
async def slow_clients(port: int, each: int, path: str = "") -> AsyncIterator[None]:
    """So many connections that never finish their headers, and as many that never finish their bodies; where a `path`
    is given, as many that ask for it and never read."""
    async with AsyncExitStack() as stack:
        for _ in range(each if path else 0):
            await _ask(stack.enter_context(socket.socket()), port, path)
        for start in (HEADER,) * each + (BODY,) * each:
            await stack.enter_async_context(_dripping(port, start.encode()))
        await asyncio.sleep(1)
        yield


async def _timed(port: int, post: Post) -> float:
    connection, started = Connection(port), time.perf_counter()
    status = await connection.exchange(post.request)
    connection.close()
    return time.perf_counter() - started if status == 200 else 15.0


async def _ask(silent: socket.socket, port: int, path: str) -> None:
    silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    silent.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
    silent.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(silent, ("127.0.0.1", port))
    await loop.sock_sendall(silent, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())


@asynccontextmanager
async def _dripping(port: int, start: bytes) -> AsyncIterator[None]:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(start)
    drip = asyncio.get_running_loop().create_task(_drip(writer))
    try:
        yield
    finally:
        drip.cancel()
        writer.close()


async def _drip(writer: asyncio.StreamWriter) -> None:
    while not writer.is_closing():
        writer.write(b"x")
        await asyncio.sleep(1)
