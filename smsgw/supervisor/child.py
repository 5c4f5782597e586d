"""One child process: its own session, its own log file, and an end that can be explained."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LOG_LIMIT = 5_000_000  # bytes; a longer log is set aside at the next start
LAST_LINES = 8
_PR_SET_PDEATHSIG = 1
_prctl: Callable[..., int] | None = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


@dataclass(frozen=True)
class Child:
    """A process that we started and must stop. `name` is what the user knows it by."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self.process.poll() is None

    def stop(self, grace: float) -> None:
        """SIGTERM, then what `end` does."""
        self.ask()
        self.end(grace)

    def end(self, grace: float) -> None:
        """Give it `grace` seconds to end, then SIGKILL it and whatever it started itself."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(grace)
        self.kill()

    def ask(self) -> None:
        """SIGTERM, if it still runs."""
        if self.alive:
            self.process.terminate()

    def kill(self) -> None:
        """SIGKILL to its whole session: nothing that it started is left."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def obituary(self) -> str:
        """How it ended and its last words, for the person at the terminal."""
        return f"{self.name} ended by itself: {_cause(self.process.returncode)}.\n{_last_words(self.log)}"


def spawn(name: str, argv: Sequence[str], log: Path, env: Mapping[str, str]) -> Child:
    """Start `argv`, standard output and error appended to `log`.

    It gets a session of its own, so that Ctrl-C reaches the owner alone and the owner decides the order. On
    Linux the kernel kills it when the owner is killed; what it started itself is the guard's.
    """
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(".old.log"))
    with open(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as out:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=dict(env),
            start_new_session=True,
            preexec_fn=dying_with_owner(),  # noqa: PLW1509 - it calls nothing that another thread could hold
        )
    return Child(name, process, log)


def dying_with_owner() -> Callable[[], None] | None:
    """What a child runs before its program so that the kernel kills it with its owner; None where none can."""
    prctl, owner = _prctl, os.getpid()
    if prctl is None:
        return None

    def in_the_child() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != owner:  # killed between fork and here
            os._exit(1)

    return in_the_child


def _cause(code: int | None) -> str:
    if code is None:
        return "it still runs"
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


def _last_words(log: Path) -> str:
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 10_000))
            lines = file.read().decode(errors="replace").splitlines()[-LAST_LINES:]
    except OSError:
        lines = []
    if not lines:
        return f"It wrote nothing into {log}."
    return f"The end of {log}:\n" + "\n".join(f"  {line}" for line in lines)
