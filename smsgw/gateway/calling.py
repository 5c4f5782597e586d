"""The calls of a batch: one after another while the carrier is near, side by side from the first slow one on."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, wait
from contextlib import suppress
from typing import Generic, TypeVar

Row = TypeVar("Row")
End = TypeVar("End")

SLOW_S = 0.003  # a call on average, from which on the rest of a batch is called side by side
HICCUP_S = 0.02  # of a busy machine, which says nothing of the carrier
TELL_S = 0.5  # between two tellings of what has ended, while other calls are still under way


class Calling(Generic[Row, End]):
    """Calls for batches of rows on `pool`, whose width bounds the calls under way at once.

    Threads cost more than they save where the carrier is near, and save all where it is far. One call that hangs
    holds up neither the calls beside it nor the telling of what came of them: who dies meanwhile leaves few rows
    behind of which nobody knows what became of them.
    """

    def __init__(self, call: Callable[[Row], End], pool: Executor, now: Callable[[], float] = time.monotonic) -> None:
        """`now`: seconds, for how long calls take."""
        self._call = call
        self._pool = pool
        self._now = now
        self._is_slow = False  # the last call, or the last batch

    def ends(self, rows: Sequence[Row]) -> Iterator[list[End]]:
        """Call for all rows; what came of the calls, as it becomes known. An error of a call is raised at the end."""
        started = self._now()
        if len(rows) == 1:  # with nothing beside it to be held up
            yield [self._call(rows[0])]
        else:
            yield from self._many(rows, started)
        self._is_slow = _is_slow(self._now() - started, len(rows))

    def _many(self, rows: Sequence[Row], started: float) -> Iterator[list[End]]:
        left, ended = deque(rows), deque[End]()
        calls = self._begin(left, ended, len(rows) if self._is_slow else 1)
        while not _over(calls):
            if len(calls) == 1 and left:
                slow = _is_slow(self._now() - started, len(ended) + 1)
                calls += self._begin(left, ended, len(left)) if slow else []
            elif ended:
                yield _taken(ended)
        yield _taken(ended)
        for call in calls:
            call.result()

    def _begin(self, left: deque[Row], ended: deque[End], many: int) -> list[Future[None]]:
        return [self._pool.submit(self._go_through, left, ended) for _ in range(many)]

    def _go_through(self, left: deque[Row], ended: deque[End]) -> None:
        while True:
            try:
                row = left.popleft()
            except IndexError:
                return
            ended.append(self._call(row))


def _over(calls: Sequence[Future[None]]) -> bool:
    """Whether all are over; waits a while for it."""
    if len(calls) > 1:
        return not wait(calls, TELL_S).not_done
    with suppress(TimeoutError):  # of a single one this is told much sooner than by `wait`
        calls[0].exception(HICCUP_S)
    return calls[0].done()


def _taken(ended: deque[End]) -> list[End]:
    return [ended.popleft() for _ in range(len(ended))]


def _is_slow(seconds: float, calls: int) -> bool:
    return seconds > max(HICCUP_S, calls * SLOW_S)
