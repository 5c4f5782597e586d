"""The nursery: one process that has loaded everything once, and of which each process of a scenario is a fork.

A gateway's process takes a second of CPU to load. A fork of this one is there at once, so that processes can be killed
several times a second and others stand in their place. `python -m tests.faults.nursery FILE` hears parts on an open
file, and tells the process id of each.
"""

import os
import signal
import subprocess
import sys
import threading
import traceback
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
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
        self._line, theirs = Pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery", str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            preexec_fn=dying_with_owner(),  # noqa: PLW1509 - it calls nothing that another thread could hold
        )
        theirs.close()

    def start(self, part: Part) -> int:
        """Start a process with this part; its id."""
        with self._one_at_a_time:
            self._line.send(part)
            return int(self._line.recv())

    def close(self) -> None:
        """End it, and whatever of it still runs."""
        self._line.close()
        self._process.wait()


def _serve(line: Connection) -> None:
    living: set[int] = set()
    signal.signal(signal.SIGCHLD, lambda number, frame: _bury(living))
    language = load_registry(), load_rulebook(None)
    with suppress(EOFError):
        while True:
            line.send(_begin(line.recv(), language, line, living))
    for pid in (*living,):  # and of nobody else: the number of one that has died may be a stranger's by now
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def _bury(living: set[int]) -> None:
    """Let go of those who have ended, at once: nobody else waits for them."""
    with suppress(ChildProcessError):
        while pid := os.waitpid(-1, os.WNOHANG)[0]:
            living.discard(pid)


def _begin(part: Part, language: Language, line: Connection, living: set[int]) -> int:
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])  # it must be among the living before it can end
    pid = _fork(part, language, line)
    living.add(pid)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
    return pid


def _fork(part: Part, language: Language, line: Connection) -> int:
    bind = dying_with_owner()
    pid = os.fork()
    if pid == 0:
        if bind is not None:
            bind()
        line.close()
        _become(part, language)
    return pid


def _become(part: Part, language: Language) -> NoReturn:
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
        play(part, language)
        code = 0
    except BaseException:  # noqa: BLE001 - the end of a process: whatever it was, it is told and nothing comes after
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    _serve(Connection(int(sys.argv[1])))
