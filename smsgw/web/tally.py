"""Tally: what happens as often as a stranger likes is told once a second, with how many times it was."""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock

EVERY_S = 1.0


@dataclass(slots=True)
class Tally:
    """Counts by keys, of which there are few. `now`: seconds, of a clock that never goes back."""

    now: Callable[[], float] = time.monotonic
    _lock: Lock = field(default_factory=Lock)
    _held: dict[Hashable, tuple[float, int]] = field(default_factory=dict)

    def add(self, key: Hashable) -> int:
        """Once more. How many times since it was last told, where it is to be told now; else 0.

        The first is told at once; what is held back is told with the next one that comes a second later or more.
        """
        with self._lock:
            at = self.now()
            told_at, count = self._held.get(key, (at - EVERY_S, 0))
            is_due = at - told_at >= EVERY_S
            self._held[key] = (at, 0) if is_due else (told_at, count + 1)
            return count + 1 if is_due else 0
