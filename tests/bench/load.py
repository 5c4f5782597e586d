"""The load: N conversations, K of them open at once from the post until the carrier has read the reply."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from tests.bench.carrier import Carrier
from tests.bench.posts import Post
from tests.bench.wire import Connection

PATIENCE_S = 20  # a conversation older than this is given up; a reply that comes later still is not lost
DRAIN_S = 15
RUN_S = 60  # after this long no further message is posted


@dataclass(frozen=True, slots=True)
class Conversation:
    """One message's walk, in seconds. `reply`: from the post until the carrier has read it, None if it never
    did; `reports`: the answers to the callbacks."""

    webhook: float
    status: int
    reply: float | None
    reports: tuple[float, ...]
    text: str
    doubles: int


@dataclass(frozen=True, slots=True)
class Walks:
    """What one run of the load saw. `seconds`: from the first post to the last reply."""

    conversations: tuple[Conversation, ...]
    seconds: float


class _Open:
    """The conversations under way: phone → the future that the carrier's arrival resolves."""

    def __init__(self) -> None:
        self.waiting: dict[str, asyncio.Future[None]] = {}
        self.last = 0.0

    def arrived(self, phone: str) -> None:
        self.last = time.perf_counter()
        future = self.waiting.get(phone)
        if future is not None and not future.done():
            future.set_result(None)


async def run(carrier: Carrier, posts: list[Post], port: int, in_flight: int) -> Walks:
    """Post everything with `in_flight` conversations open at once, wait for the stragglers, and count."""
    opened = _Open()
    carrier.arrived = opened.arrived
    began = time.perf_counter()
    pending = takewhile(lambda _: time.perf_counter() < began + RUN_S, iter(posts))
    seen: dict[str, tuple[float, float, int]] = {}
    slots = [_slot(pending, opened, port, seen) for _ in range(in_flight)]
    await asyncio.gather(*slots)
    await _drain(carrier, seen)
    return Walks(tuple(_conversation(carrier, phone, *walk) for phone, walk in seen.items()), opened.last - began)


async def _slot(pending: Iterator[Post], opened: _Open, port: int, seen: dict[str, tuple[float, float, int]]) -> None:
    connection = Connection(port)
    for post in pending:
        future = opened.waiting[post.phone] = asyncio.get_running_loop().create_future()
        started = time.perf_counter()
        status = await connection.exchange(post.request)
        seen[post.phone] = (started, time.perf_counter() - started, status)
        if not future.done() and status == 200:
            await asyncio.wait((future,), timeout=PATIENCE_S)
        del opened.waiting[post.phone]
    connection.close()


async def _drain(carrier: Carrier, seen: dict[str, tuple[float, float, int]]) -> None:
    until = time.perf_counter() + DRAIN_S
    while any(phone not in carrier.taken for phone in seen) and time.perf_counter() < until:
        await asyncio.sleep(0.1)


def _conversation(carrier: Carrier, phone: str, started: float, webhook: float, status: int) -> Conversation:
    taken = carrier.taken.get(phone)
    if taken is None:
        return Conversation(webhook, status, None, (), "", 0)
    return Conversation(webhook, status, taken.at - started, tuple(taken.reported), taken.text, taken.times - 1)
