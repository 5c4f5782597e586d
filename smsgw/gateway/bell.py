"""The bell: tells the workers that there is work, best effort; the sweep makes good what fails."""

import time
from collections.abc import Callable
from typing import Protocol


class Bell(Protocol):
    """Rings for a verb, skipped while a ring is waiting. Never raises, never takes long."""

    def ring(self, verb: str) -> None:
        """Say that `verb` has work."""
        ...


class QuietBell:
    """Rings nobody: for processes that have no queue."""

    def ring(self, verb: str) -> None:
        """Nothing."""


class Muted:
    """A bell that, once it has failed, is left alone for a moment: a dead queue must not cost each
    webhook its time-out. `strike` does the ringing and says whether it went through."""

    def __init__(self, strike: Callable[[str], bool], rest_s: float = 1.0) -> None:
        self._strike = strike
        self._rest_s = rest_s
        self._silent_until = 0.0
        self.failures = 0

    def ring(self, verb: str) -> None:
        """Ring unless the bell failed less than `rest_s` ago."""
        if time.monotonic() >= self._silent_until and not self._strike(verb):
            self.failures += 1
            self._silent_until = time.monotonic() + self._rest_s
