"""The nursery: one process that has loaded everything once, and of which each process of a scenario is a fork.

A gateway's process takes a second of CPU to load. A fork of this one is there at once, so that processes can be killed
several times a second and others stand in their place. `python -m tests.faults.nursery` reads parts on its standard
input, a line each, and tells the process id of each.
"""

import base64
import os
import pickle
import signal
import subprocess
import sys
import threading
import traceback
from contextlib import suppress
from typing import NoReturn

from smsgw.keywords import load_registry
from smsgw.rulebook import load as load_rulebook
from smsgw.services import Language
from smsgw.supervisor import dying_with_owner
from tests.faults.actors import Part, play


class Nursery:
    """The harness's end of it."""

    def __init__(self) -> None:
        self._one_at_a_time = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            preexec_fn=dying_with_owner(),  # noqa: PLW1509 - it calls nothing that another thread could hold
        )

    def start(self, part: Part) -> int:
        """Start a process with this part; its id."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._one_at_a_time:
            self._process.stdin.write(base64.b64encode(pickle.dumps(part)) + b"\n")
            self._process.stdin.flush()
            return int(self._process.stdout.readline())

    def close(self) -> None:
        """End it, and whatever of it still runs."""
        self._process.communicate()


def _serve() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who end
    language = load_registry(), load_rulebook(None)
    started = [_told(_fork(pickle.loads(base64.b64decode(line)), language)) for line in sys.stdin.buffer]
    for pid in started:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def _told(pid: int) -> int:
    sys.stdout.write(f"{pid}\n")
    sys.stdout.flush()
    return pid


def _fork(part: Part, language: Language) -> int:
    bind = dying_with_owner()
    pid = os.fork()
    if pid == 0:
        if bind is not None:
            bind()
        _become(part, language)
    return pid


def _become(part: Part, language: Language) -> NoReturn:
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        play(part, language)
        code = 0
    except BaseException:  # noqa: BLE001 - the end of a process: whatever it was, it is told and nothing comes after
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    _serve()
