"""The home folder of a demo: private, held by one owner at a time, and its ports free."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from smsgw.errors import StartupError


def make_home(home: Path) -> Path:
    """Make `home` and its `log` folder, readable by their owner alone; gives the absolute path."""
    try:
        for folder in (home, home / "log"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = home / ".write"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise StartupError(
            [f"{home.absolute()} cannot be written to ({error.strerror}). Choose another folder with SMSGW_HOME."]
        ) from None
    return home.resolve()


@contextmanager
def exclusive(home: Path) -> Iterator[None]:
    """Hold `home` for this process alone. StartupError names the process that holds it already."""
    handle = os.open(home / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _lock(handle, home)
        os.ftruncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        yield
    finally:
        os.close(handle)


def _lock(handle: int, home: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(handle, 20).decode() or "another process"
        raise StartupError(
            [f"smsgw up already runs in {home} (process {holder}). Stop it first, or set SMSGW_HOME to another folder."]
        ) from None


def require_free_port(host: str, port: int, setting: str) -> None:
    """StartupError when something already listens on `host`:`port`; `setting` is the one to change."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As the servers themselves do: a port whose last owner has just ended is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            raise StartupError([_why_not(host, port, setting, error)]) from None


def _why_not(host: str, port: int, setting: str, error: OSError) -> str:
    return (
        f"Port {port} on {host} cannot be used ({error.strerror}). "
        f"Stop the program that holds it, or choose another: {setting}={port + 10} make up"
    )
