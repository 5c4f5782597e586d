"""Work that is due later: one thread that waits, a small pool that works, a bounded number of tasks."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

_log = logging.getLogger(__name__)
SETTLE_S = 2.0
Task = Callable[[], object]


class Timetable:
    """Runs tasks when they are due. `limit` bounds those that are open: waiting, running, or followed by another."""

    def __init__(self, workers: int = 8, limit: int = 10_000) -> None:
        self._limit = limit
        self._open = 0
        self._running = 0
        self._stopped = False
        self._age = 0  # how often it was cleared: a task of an earlier age does nothing any more
        self._own = threading.local()
        self._number = itertools.count()
        self._waiting: list[tuple[float, int, int, Task]] = []
        self._wake = threading.Condition()
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="standin-callback")
        self._thread = threading.Thread(target=self._run, name="standin-timetable", daemon=True)
        self._thread.start()

    def at(self, due: float, task: Task, *, follows: bool = False) -> bool:
        """Run `task` at `due` (time.monotonic seconds). False: too many are open, or it is closed.

        `follows`: called from within a task, whose place it takes, so the limit cannot refuse it.
        """
        with self._wake:
            if self._stopped or (self._open >= self._limit and not follows):
                return False
            if follows and getattr(self._own, "age", self._age) != self._age:
                return True  # what it follows has been cleared away, and so is it
            self._open += 1
            heapq.heappush(self._waiting, (due, next(self._number), self._age, task))
            self._wake.notify()
            return True

    def clear(self) -> None:
        """Drop what waits and what would follow; tasks under way end, which is waited for, but not for long.

        Not to be called from within a task.
        """
        with self._wake:
            self._open -= len(self._waiting)
            self._waiting.clear()
            self._age += 1
            self._wake.wait_for(lambda: not self._running, SETTLE_S)

    def close(self) -> None:
        """Stop: tasks under way end, those still waiting are dropped."""
        with self._wake:
            self._stopped = True
            self._wake.notify()
        self._thread.join()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self) -> None:
        while (due := self._next()) is not None:
            self._pool.submit(self._do, *due)

    def _next(self) -> tuple[int, Task] | None:
        with self._wake:
            while not self._stopped:
                wait = self._waiting[0][0] - time.monotonic() if self._waiting else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._waiting)[2:]
                self._wake.wait(wait)
        return None

    def _do(self, age: int, task: Task) -> None:
        with self._wake:
            alive = age == self._age
            self._running += alive
        self._own.age = age
        try:
            if alive:
                task()
        except Exception as error:  # noqa: BLE001 - the edge of a task: one that fails must not end the others
            _log.error("a callback task failed: %s", type(error).__name__)
        finally:
            with self._wake:
                self._open -= 1
                self._running -= alive
                self._wake.notify_all()
