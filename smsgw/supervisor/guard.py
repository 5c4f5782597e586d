"""The guard: a process of a few lines that kills what the owner started when the owner can no longer do it."""

import subprocess
import sys
from contextlib import suppress

# It hears the numbers of process groups on its standard input. That ends when the owner ends, however it ends.
_PROGRAM = """
import os, signal, sys
groups = set()
for line in sys.stdin:
    number = int(line)
    groups = groups | {number} if number else set()
for group in groups:
    try:
        os.killpg(group, signal.SIGKILL)
    except OSError:
        pass
"""


class Guard:
    """Watches over the process groups that it is told of, as long as it is not told that they have ended."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )

    def watch(self, group: int) -> None:
        """Kill this process group, a session's first process, if the owner ends before `release`."""
        self._tell(group)

    def release(self) -> None:
        """All groups have ended in order; the guard ends too."""
        self._tell(0)
        with suppress(BrokenPipeError):
            self._process.communicate()

    def _tell(self, number: int) -> None:
        assert self._process.stdin is not None  # noqa: S101 - it was opened above
        with suppress(BrokenPipeError):  # a guard that was killed guards nobody; the others do not need it to run
            self._process.stdin.write(f"{number}\n")
            self._process.stdin.flush()
