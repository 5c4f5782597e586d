"""Group commit: what several threads want to write at once shares one transaction and one fsync."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from sqlalchemy import Connection

from smsgw.errors import StoreUnavailable
from smsgw.store import Store

Item = TypeVar("Item")
Result = TypeVar("Result")
Work = Callable[[Connection, Sequence[Item]], Sequence[Result]]

GATHER_S = 0.004


class _Entry(Generic[Item, Result]):
    def __init__(self, item: Item) -> None:
        self.item = item
        self.result: Result | None = None
        self.error: Exception | None = None
        self.leads = False
        self._woken = threading.Lock()
        self._woken.acquire()

    def sleep(self) -> None:
        """Wait until woken: with a result, with an error, or to lead."""
        self._woken.acquire()

    def wake(self) -> None:
        """End the wait."""
        self._woken.release()


class Together(Generic[Item, Result]):
    """Runs `work` on batches: one thread leads and writes for all that came while the one before it wrote.

    A thread returns from `submit` only after the commit that holds its item. The leader calls `after`
    once a batch, when the others are already on their way.
    """

    def __init__(
        self, store: Store, work: Work[Item, Result], after: Callable[[], None], gather_s: float = GATHER_S
    ) -> None:
        self._gather_s = gather_s
        self._last_take = 0.0
        self._store = store
        self._work = work
        self._after = after
        self._waiting: list[_Entry[Item, Result]] = []
        self._led = False
        self._guard = threading.Lock()

    def submit(self, item: Item) -> Result:
        """The result for `item`, committed. StoreUnavailable: nothing of it was stored."""
        entry: _Entry[Item, Result] = _Entry(item)
        if not self._join(entry):
            entry.sleep()
        if entry.leads:
            self._lead(entry)
        if entry.error is not None:
            raise entry.error
        return entry.result  # type: ignore[return-value]  # set wherever error is not

    def _join(self, entry: _Entry[Item, Result]) -> bool:
        with self._guard:
            self._waiting.append(entry)
            if not self._led:
                self._led = entry.leads = True
            return entry.leads

    def _lead(self, leader: _Entry[Item, Result]) -> None:
        batch = self._take()
        self._write(batch)
        self._hand_over()
        for entry in batch:
            if entry is not leader:
                entry.wake()
        if leader.error is None:
            self._after()

    def _take(self) -> list[_Entry[Item, Result]]:
        # A transaction costs as much for one row as for ten: under traffic they are begun at a steady pace.
        # Who comes alone finds the last one long past and does not wait.
        early = self._last_take + self._gather_s - time.monotonic()
        if early > 0:
            time.sleep(early)
        self._last_take = time.monotonic()
        with self._guard:
            batch, self._waiting = self._waiting, []
        return batch

    def _hand_over(self) -> None:
        with self._guard:
            following = self._waiting[0] if self._waiting else None
            self._led = following is not None
        if following is not None:
            following.leads = True
            following.wake()

    def _write(self, batch: list[_Entry[Item, Result]]) -> None:
        try:
            self._commit(batch)
        except StoreUnavailable as error:
            _fail(batch, error)
        except Exception as error:  # noqa: BLE001 - one bad item must not take its neighbours with it
            if len(batch) == 1:
                _fail(batch, error)
            else:
                for entry in batch:
                    self._write([entry])

    def _commit(self, batch: list[_Entry[Item, Result]]) -> None:
        with self._store.write() as connection:
            results = self._work(connection, [entry.item for entry in batch])
        for entry, result in zip(batch, results, strict=True):
            entry.result = result


def _fail(batch: list[_Entry[Item, Result]], error: Exception) -> None:
    for entry in batch:
        entry.error = error
