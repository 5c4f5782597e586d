"""Group commit: what many requests want to write at once shares one transaction and one fsync."""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Generic, TypeVar

from sqlalchemy import Connection

from smsgw.errors import StoreUnavailable

Item = TypeVar("Item")
Result = TypeVar("Result")
Writing = Callable[[], AbstractContextManager[Connection]]  # a transaction of the store's
Work = Callable[[Connection, Sequence[Item]], Sequence[Result]]

GATHER_S = 0.006
WRITERS = 2  # one writes while the other is still at what comes after its own batch


class Together(Generic[Item, Result]):
    """Runs `work` on batches: what comes while one is being written makes up the next.

    Requests on an event loop are gathered; all of a batch hear of its commit by one wake-up of the loop.
    `after` is called once a batch, when all of it are already on their way.
    """

    def __init__(
        self, writing: Writing, work: Work[Item, Result], after: Callable[[], None], gather_s: float = GATHER_S
    ) -> None:
        self._writing = writing
        self._work = work
        self._after = after
        self._gather_s = gather_s
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._busy = False  # a batch is being written, or about to be
        self._last_begin = 0.0
        self._writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="write")

    def alone(self, item: Item) -> Result:
        """The result for `item`, committed by the calling thread in a transaction of its own.

        StoreUnavailable: nothing of it was stored.
        """
        (end,) = self._write([item])
        if isinstance(end, Exception):
            raise end
        self._after()
        return end

    async def gathered(self, item: Item) -> Result:
        """The result for `item`, committed together with what others bring. StoreUnavailable as in `alone`."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._waiting.append((item, future))
        if not self._busy:
            self._plan(loop)
        return await future

    def close(self) -> None:
        """Wait for what is being written, and end the threads."""
        self._writers.shutdown()

    def _plan(self, loop: asyncio.AbstractEventLoop) -> None:
        # A transaction costs as much for one row as for ten: under traffic they are begun at a steady pace.
        # Who comes alone finds the last one long past and waits only for those of the same moment.
        self._busy = True
        early = self._last_begin + self._gather_s - time.monotonic()
        if early > 0:
            loop.call_later(early, self._begin, loop)
        else:
            loop.call_soon(self._begin, loop)

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        self._last_begin = time.monotonic()
        batch, self._waiting = self._waiting, []
        self._writers.submit(self._run, loop, batch)

    def _run(self, loop: asyncio.AbstractEventLoop, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        ends = self._write([item for item, _ in batch])
        loop.call_soon_threadsafe(self._end, loop, [future for _, future in batch], ends)
        if not all(isinstance(end, Exception) for end in ends):
            self._after()

    def _end(
        self, loop: asyncio.AbstractEventLoop, futures: list[asyncio.Future[Result]], ends: list[Result | Exception]
    ) -> None:
        self._busy = False
        for future, end in zip(futures, ends, strict=True):
            if future.done():  # its request was given up meanwhile
                continue
            if isinstance(end, Exception):
                future.set_exception(end)
            else:
                future.set_result(end)
        if self._waiting:
            self._plan(loop)

    def _write(self, items: list[Item]) -> list[Result | Exception]:
        try:
            with self._writing() as connection:
                return list(self._work(connection, items))
        except StoreUnavailable as error:
            return [error] * len(items)
        except Exception as error:  # noqa: BLE001 - one bad item must not take its neighbours with it
            if len(items) == 1:
                return [error]
            return [end for item in items for end in self._write([item])]
