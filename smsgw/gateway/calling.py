"""The calls of a batch: one after another while the carrier is near, side by side from the first slow one on."""

import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Executor, Future, wait
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Row = TypeVar("Row")
End = TypeVar("End")

SLOW_S = 0.003  # a call on average, from which on the rest of a batch is called side by side
HICCUP_S = 0.02  # of a busy machine, which says nothing of the carrier
NEAR_AFTER = 64  # quick calls in a row, after which a carrier is taken for near
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
        self._quick = 0  # calls in a row

    @property
    def is_near(self) -> bool:
        """Whether calls have been quick for a while: then a whole batch is over within a moment."""
        return self._quick >= NEAR_AFTER

    def ends(self, rows: Sequence[Row]) -> Generator[list[End], None, None]:
        """Call for all rows; what came of the calls, as it becomes known. The first error of a call is raised at the
        end; where nobody asks for the rest any more, no more calls begin."""
        started = self._now()
        if len(rows) == 1:  # with nothing beside it to be held up
            yield [self._call(rows[0])]
        else:
            yield from self._many(_Batch(deque(rows)), started)
        self._is_slow = _is_slow(self._now() - started, len(rows))
        self._quick = 0 if self._is_slow else min(self._quick + len(rows), NEAR_AFTER)

    def _many(self, batch: "_Batch[Row, End]", started: float) -> Generator[list[End], None, None]:
        calls = self._begin(batch, len(batch.left) if self._is_slow else 1)
        try:
            while not _over(calls):
                if len(calls) == 1 and batch.left:
                    slow = _is_slow(self._now() - started, len(batch.ended) + 1)
                    calls += self._begin(batch, len(batch.left)) if slow else []
                elif batch.ended:
                    yield batch.take()
            yield batch.take()
        finally:
            batch.left.clear()
        if batch.errors:
            raise batch.errors[0]

    def _begin(self, batch: "_Batch[Row, End]", many: int) -> list[Future[None]]:
        return [self._pool.submit(self._go_through, batch) for _ in range(many)]

    def _go_through(self, batch: "_Batch[Row, End]") -> None:
        while True:
            try:
                row = batch.left.popleft()
            except IndexError:
                return
            try:
                batch.ended.append(self._call(row))
            except Exception as error:  # noqa: BLE001 - one bad row must not take its neighbours with it
                batch.errors.append(error)


@dataclass(frozen=True, slots=True)
class _Batch(Generic[Row, End]):
    """The rows that nobody has called for yet, what came of those that somebody has, and the errors."""

    left: deque[Row]
    ended: deque[End] = field(default_factory=deque)
    errors: list[Exception] = field(default_factory=list)

    def take(self) -> list[End]:
        """What has ended since the last time."""
        return [self.ended.popleft() for _ in range(len(self.ended))]


def _over(calls: Sequence[Future[None]]) -> bool:
    """Whether all are over; waits a while for it."""
    if len(calls) > 1:
        return not wait(calls, TELL_S).not_done
    with suppress(TimeoutError):  # of a single one this is told much sooner than by `wait`
        calls[0].exception(HICCUP_S)
    return calls[0].done()


def _is_slow(seconds: float, calls: int) -> bool:
    return seconds > max(HICCUP_S, calls * SLOW_S)
