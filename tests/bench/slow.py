"""Slow clients: connections that never finish their headers or bodies, and healthy posts beside them."""

import asyncio
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
async def slow_clients(port: int, each: int) -> AsyncIterator[None]:
    """So many connections that never finish their headers, and as many that never finish their bodies."""
    async with AsyncExitStack() as stack:
        for start in (HEADER,) * each + (BODY,) * each:
            await stack.enter_async_context(_dripping(port, start.encode()))
        await asyncio.sleep(1)
        yield


async def _timed(port: int, post: Post) -> float:
    connection, started = Connection(port), time.perf_counter()
    status = await connection.exchange(post.request)
    connection.close()
    return time.perf_counter() - started if status == 200 else 15.0


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
