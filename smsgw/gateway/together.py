"""Group commit: what several threads want to write at once shares one transaction and one fsync."""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from sqlalchemy import Connection

from smsgw.errors import StoreUnavailable
from smsgw.store import Store

Item = TypeVar("Item")
Result = TypeVar("Result")
Work = Callable[[Connection, Sequence[Item]], Sequence[Result]]


class _Entry(Generic[Item, Result]):
    def __init__(self, item: Item) -> None:
        self.item = item
        self.done = False
        self.result: Result | None = None
        self.error: Exception | None = None


class Together(Generic[Item, Result]):
    """Runs `work` on batches: the first thread to come writes for all that wait behind it.

    A thread returns from `submit` only after the commit that holds its item. The thread that wrote
    then calls `after` (once a batch), outside the lock, so that nobody waits for it.
    """

    def __init__(self, store: Store, work: Work[Item, Result], after: Callable[[], None]) -> None:
        self._store = store
        self._work = work
        self._after = after
        self._waiting: list[_Entry[Item, Result]] = []
        self._guard = threading.Lock()
        self._writer = threading.Lock()

    def submit(self, item: Item) -> Result:
        """The result for `item`, committed. StoreUnavailable: nothing of it was stored."""
        entry: _Entry[Item, Result] = _Entry(item)
        with self._guard:
            self._waiting.append(entry)
        leads = False
        with self._writer:
            if not entry.done:
                leads = True
                self._write(self._take())
        if entry.error is not None:
            raise entry.error
        if leads:
            self._after()
        return entry.result  # type: ignore[return-value]  # set wherever error is not

    def _take(self) -> list[_Entry[Item, Result]]:
        with self._guard:
            batch, self._waiting = self._waiting, []
        return batch

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
            entry.done = True


def _fail(batch: list[_Entry[Item, Result]], error: Exception) -> None:
    for entry in batch:
        entry.error = error
        entry.done = True
