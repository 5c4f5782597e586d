"""Kept: costly figures, kept by the process that has gathered them, in proportion to what they cost."""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final

FREE_S: Final = 0.25  # for one who has signed in
TIMES: Final = 20  # kept for so many times what it took: whoever looks all day costs a twentieth of a processor
MOST_S: Final = 30.0


@dataclass(slots=True)
class Kept:
    """What was gathered, by keys, until when. One is gathered at a time; who asks meanwhile waits for it.

    `now`: seconds, of a clock that never goes back. `free_s`: what takes less is gathered each time.
    """

    now: Callable[[], float] = time.monotonic
    free_s: float = FREE_S
    _lock: Lock = field(default_factory=Lock)
    _held: dict[Hashable, tuple[float, Any]] = field(default_factory=dict)

    def get(self, key: Hashable, gather: Callable[[], Any]) -> Any:
        """What is kept under a key, or else what `gather` gives."""
        with self._lock:
            began = self.now()
            self._held = {one: held for one, held in self._held.items() if held[0] > began}
            if key in self._held:
                return self._held[key][1]
            found = gather()
            took = self.now() - began
            if took >= self.free_s:
                self._held[key] = (self.now() + min(took * TIMES, MOST_S), found)
            return found
