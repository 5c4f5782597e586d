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
Batch = list[tuple[Item, asyncio.Future[Result]]]
Work = Callable[[Connection, Sequence[Item]], Sequence[Result]]

GATHER_S = 0.006
WRITERS = 2  # one writes while the other is still at what comes after its own batch
WITHIN_S = 7.0  # for a batch; who waits behind one that hangs is told within twice that, and a carrier waits for 15

SILENT = "database: no answer in time"


class Together(Generic[Item, Result]):
    """Runs `work` on batches: what comes while one is being written makes up the next.

    Requests on an event loop are gathered; all of a batch hear of its commit by one wake-up of the loop.
    `after` is called once a batch, when all of it are already on their way. A database that does not answer for
    `within_s` costs its batch, and what comes while both writers wait for it, a StoreUnavailable.
    """

    def __init__(
        self,
        writing: Writing,
        work: Work[Item, Result],
        after: Callable[[], None],
        *,
        gather_s: float = GATHER_S,
        within_s: float = WITHIN_S,
    ) -> None:
        self._writing = writing
        self._work = work
        self._after = after
        self._gather_s = gather_s
        self._within_s = within_s
        self._waiting: Batch[Item, Result] = []
        self._busy = False  # a batch is being written, or about to be
        self._current: Batch[Item, Result] | None = None  # the one that is being written
        self._late: asyncio.TimerHandle | None = None  # gives it up
        self._stuck = 0  # writers that are still at a batch which was given up
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
        """The result for `item`, committed together with what others bring.

        StoreUnavailable: nothing of it was stored, or it is not known in time whether it was: it may yet be, and
        whoever brings it again has to be met by the work itself.
        """
        if self._stuck == WRITERS:
            raise StoreUnavailable(SILENT)
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
        self._current, self._waiting = self._waiting, []
        self._late = loop.call_later(self._within_s, self._give_up, loop)
        self._writers.submit(self._run, loop, self._current)

    def _run(self, loop: asyncio.AbstractEventLoop, batch: Batch[Item, Result]) -> None:
        ends = self._write([item for item, _ in batch])
        loop.call_soon_threadsafe(self._end, loop, batch, ends)
        if not all(isinstance(end, Exception) for end in ends):
            self._after()

    def _end(self, loop: asyncio.AbstractEventLoop, batch: Batch[Item, Result], ends: list[Result | Exception]) -> None:
        if batch is not self._current:  # all of it were told long ago
            self._stuck -= 1
            return
        if self._late is not None:
            self._late.cancel()
        for (_, future), end in zip(batch, ends, strict=True):
            if future.done():  # its request was given up meanwhile
                continue
            if isinstance(end, Exception):
                future.set_exception(end)
            else:
                future.set_result(end)
        self._go_on(loop)

    def _give_up(self, loop: asyncio.AbstractEventLoop) -> None:
        # The other writer goes on, over another connection. Where that hangs too there is nobody to wait for.
        self._stuck += 1
        _refuse(self._current or [])
        if self._stuck == WRITERS:
            _refuse(self._waiting)
            self._waiting = []
        self._go_on(loop)

    def _go_on(self, loop: asyncio.AbstractEventLoop) -> None:
        self._busy, self._current = False, None
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


def _refuse(batch: Batch[Item, Result]) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(StoreUnavailable(SILENT))
