"""Processes that die: a store that ends its process at one transaction, and calls that do."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

from smsgw.store import Store
from tests.model.scenarios import Point


class Died(BaseException):
    """The process is no more: nothing of it runs on, no handler of an Exception sees this."""


class Death:
    """A death at a point, so many times. Told of each verb that begins, transaction and call."""

    def __init__(self, point: Point, times: int) -> None:
        self._point = point
        self._left = times
        self._verb = ""
        self._write = 0
        self._armed = False
        self.deaths = 0
        self.transactions: Counter[str] = Counter()  # of a run of each verb, at most

    def is_of(self, verb: str) -> bool:
        """Whether processes die of this verb."""
        return self._point.verb == verb

    def begin(self, verb: str, *, armed: bool = True) -> None:
        """A process begins to run a verb."""
        self._verb, self._write, self._armed = verb, 0, armed

    def transaction(self) -> None:
        """The next transaction of the verb is about to begin."""
        self._write += 1
        self.transactions[self._verb] = max(self.transactions[self._verb], self._write)

    def at(self, when: str) -> None:
        """Die, where it is time."""
        # A worker that stood still goes on to its next batch, whose transactions are later ones.
        write = self._point.write if when == "stall" else self._write
        if self._armed and self._left and self._point == Point(self._verb, write, when, self._point.far):
            self._left -= 1
            self.deaths += 1
            raise Died


class DyingStore(Store):
    """A process's store over the engine of another: what the process had not committed is gone with it."""

    def __init__(self, store: Store, death: Death) -> None:
        super().__init__(store.engine, store.cipher)
        self._death = death

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may be the process's last."""
        self._death.transaction()
        self._death.at("begin")
        with super().write() as connection:
            yield connection
            self._death.at("torn")
        self._death.at("after")

    @contextmanager
    def write_one(self) -> Iterator[Connection]:
        """The same for one statement: PostgreSQL commits it with itself, so that "torn" is where it does not arrive."""
        if self.engine.dialect.name == "sqlite":
            with super().write_one() as connection:  # by way of `write`
                yield connection
            return
        self._death.transaction()
        self._death.at("begin")
        self._death.at("torn")
        with super().write_one() as connection:
            yield connection
        self._death.at("after")


class Inline(Executor):
    """A pool that calls in the thread that asks, one by one: a death is where it happens."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """The result, at once."""
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future

    def map(
        self, fn: Callable[..., Any], *iterables: Iterable[Any], timeout: float | None = None, chunksize: int = 1
    ) -> Iterator[Any]:
        """Python's own."""
        return map(fn, *iterables)
