"""The bell: tells the workers that there is work, best effort; the sweep makes good what fails."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol


class Bell(Protocol):
    """One bell a verb. Never raises, never takes long."""

    def ring(self, verb: str) -> None:
        """Say that `verb` has work; skipped while a ring is waiting."""
        ...

    def call(self, verb: str) -> None:
        """Say so whatever is waiting: for another worker beside this one."""
        ...

    def hold(self, verb: str) -> None:
        """Rings are skipped from now: somebody is at it and will look again."""
        ...

    def lift(self, verb: str) -> None:
        """Rings count again from now. Lift before looking, so that nothing is missed."""
        ...


class QuietBell:
    """Rings nobody: for processes that have no queue."""

    def ring(self, verb: str) -> None:
        """Nothing."""

    call = hold = lift = ring


class Later:
    """Rings for a verb after a while, by a timer: no job waits for it. While one wish stands, others are its own."""

    def __init__(self, bell: Bell, verb: str) -> None:
        self._bell = bell
        self._verb = verb
        self._stands = threading.Lock()

    def __call__(self, seconds: float) -> None:
        """Ring once, `seconds` from now."""
        if self._stands.acquire(blocking=False):
            timer = threading.Timer(seconds, self._ring)
            timer.daemon = True  # the sweep rings too
            timer.start()

    def _ring(self) -> None:
        self._stands.release()
        self._bell.ring(self._verb)


@dataclass(slots=True)
class Muted:
    """A bell that, once it has failed, is left alone for a moment: a dead queue must not cost each
    webhook its time-out. The four do the work and say whether it went through."""

    strike: Callable[[str], bool]
    strike_anyway: Callable[[str], bool]
    keep: Callable[[str], bool]
    clear: Callable[[str], bool]
    rest_s: float = 1.0
    failures: int = 0
    _silent_until: float = field(default=0.0, init=False)

    def ring(self, verb: str) -> None:
        """Ring unless a ring is waiting."""
        self._try(self.strike, verb)

    def call(self, verb: str) -> None:
        """Ring whatever is waiting."""
        self._try(self.strike_anyway, verb)

    def hold(self, verb: str) -> None:
        """Skip rings from now."""
        self._try(self.keep, verb)

    def lift(self, verb: str) -> None:
        """Let rings count again."""
        self._try(self.clear, verb)

    def _try(self, act: Callable[[str], bool], verb: str) -> None:
        if time.monotonic() >= self._silent_until and not act(verb):
            self.failures += 1
            self._silent_until = time.monotonic() + self.rest_s
