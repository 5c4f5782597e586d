"""What processes cost, read from /proc, and waiting for them to come up."""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from smsgw.supervisor.child import Child

PYTHON = (sys.executable, "-m")
TICKS = os.sysconf("SC_CLK_TCK")
GRACE_S = 15.0


def stop(child: Child) -> None:
    """End a child and every process below it."""
    tree = descendants(child.process.pid)
    child.stop(GRACE_S)
    for pid in tree:
        _kill(pid)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def descendants(root: int) -> list[int]:
    """`root` and every living process below it."""
    below: dict[int, list[int]] = {}
    for pid in (int(entry) for entry in os.listdir("/proc") if entry.isdigit()):
        below.setdefault(_parent(pid), []).append(pid)
    found = [root]
    for pid in found:
        found.extend(below.get(pid, ()))
    return [pid for pid in found if Path(f"/proc/{pid}").exists()]


def cpu_seconds(root: int) -> float:
    """Processor time of the tree so far, with that of children already ended and waited for."""
    return sum(sum(map(int, _stat(pid)[11:15])) for pid in descendants(root)) / TICKS


def machine_cpu_seconds() -> float:
    """Processor time that everything on this machine has spent since it started, stolen time included."""
    user, nice, system, _, _, irq, softirq, steal, *_ = map(int, Path("/proc/stat").read_text().split()[1:11])
    return (user + nice + system + irq + softirq + steal) / TICKS


def memory_mib(root: int) -> float:
    """Memory of the tree now: the sum of proportional shares (PSS), so that shared pages count once."""
    return sum(_pss_kib(pid) for pid in descendants(root)) / 1024


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _parent(pid: int) -> int:
    stat = _stat(pid)
    return int(stat[1]) if stat else 0


def _pss_kib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def free_port() -> int:
    """A TCP port of 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Whether something accepts connections on this port of 127.0.0.1."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(ready: Callable[[], bool], what: str, children: Sequence[Child], seconds: float = 60) -> None:
    """Wait until `ready()`; SystemExit with the last lines of a child that ended, or when the time is up."""
    until = time.monotonic() + seconds
    while not ready():
        dead = [child for child in children if not child.alive]
        if dead or time.monotonic() > until:
            raise SystemExit(
                f"bench: {what} did not come up.\n" + "\n".join(one.obituary() for one in dead or children)
            )
        time.sleep(0.05)
