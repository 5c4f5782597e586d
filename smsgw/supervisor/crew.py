"""All children of one owner: the first that ends by itself ends the watch, and then all are stopped."""

import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from types import FrameType

from smsgw.errors import SmsgwError
from smsgw.supervisor.child import Child, spawn
from smsgw.supervisor.guard import Guard

LOOK_EVERY = 0.1  # seconds
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Died(SmsgwError):
    """A child ended without having been asked to; the text says which, how, and its last words."""


class Crew:
    """Starts children into one log folder, watches them, and stops them, the last started first.

    `stop` is set by SIGINT, SIGTERM and SIGHUP; use `listening()` around the whole run.
    """

    def __init__(self, logs: Path, env: Mapping[str, str], grace: float = 16.0) -> None:
        self.stop = threading.Event()
        self._logs = logs
        self._env = env
        self._grace = grace
        self._children: list[Child] = []
        self._guard = Guard()

    @contextmanager
    def listening(self) -> Iterator["Crew"]:
        """Signals ask the crew to stop instead of ending the program; at the end nothing is left running."""
        before = {number: signal.signal(number, self._on_signal) for number in SIGNALS}
        try:
            yield self
        finally:
            self.stop_all()
            self._guard.release()
            for number, handler in before.items():
                signal.signal(number, handler)

    def start(self, name: str, argv: Sequence[str], extra_env: Mapping[str, str] | None = None) -> Child:
        """Start one child, which is from now on watched."""
        return self.adopt(spawn(name, argv, self._logs / f"{name}.log", {**self._env, **(extra_env or {})}))

    def adopt(self, child: Child) -> Child:
        """Watch and stop a child that was started elsewhere."""
        self._children.append(child)
        self._guard.watch(child.process.pid)
        return child

    def wait_for(self, ready: Callable[[], bool], seconds: float) -> bool:
        """Look until `ready` says so; False when asked to stop or out of time. Died when a child ends."""
        until = monotonic() + seconds
        while not self.stop.is_set() and monotonic() < until:
            self.check()
            if ready():
                return True
            self.stop.wait(LOOK_EVERY)
        return False

    def watch(self) -> None:
        """Return when asked to stop. Died when a child ends first."""
        while not self.stop.wait(LOOK_EVERY):
            self.check()

    def check(self) -> None:
        """Died when a child has ended."""
        for child in self._children:
            if not child.alive and not self.stop.is_set():
                raise Died(child.obituary())

    def stop_all(self) -> None:
        """Ask all but the first to end at once, then the first, which the others may need until then."""
        first, rest = self._children[:1], self._children[1:]
        for group in (rest, first):
            for child in reversed(group):
                child.ask()
            until = monotonic() + self._grace
            for child in reversed(group):
                child.end(max(0.0, until - monotonic()))  # a second SIGTERM would cut off the work in hand
        self._children.clear()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stop.set()
