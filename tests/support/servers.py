"""Real servers of a test run: a Valkey and a PostgreSQL of its own, gone with it."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import psycopg

from smsgw.supervisor import dying_with_owner, valkey

WITHIN = 30.0  # seconds for a server to answer
USER = "smsgw"
# Nothing here outlives the run, so nothing needs to reach the disk.
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=120", "shared_buffers=64MB")


@contextmanager
def running_valkey(folder: Path) -> Iterator[str]:
    """The URL of a Valkey on a Unix socket, for the length of the block."""
    child, url = valkey.start_valkey(folder, folder.with_suffix(".log"), os.environ)
    try:
        _wait(lambda: child.alive and valkey.answers(url), "Valkey")
        yield url
    finally:
        child.stop(5)


def postgresql_programs() -> Path | None:
    """The folder of PostgreSQL's programs: Debian's newest, else the one on the PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = str(debian[-1]) if debian else shutil.which("initdb")
    return Path(found).parent if found else None


@contextmanager
def running_postgresql(programs: Path) -> Iterator[str]:
    """The URL, without a database, of a PostgreSQL on a Unix socket, for the length of the block."""
    with postgresql_folder(programs) as folder, postmaster(programs, folder) as url:
        yield url


@contextmanager
def postgresql_folder(programs: Path) -> Iterator[Path]:
    """A folder with the data of a new PostgreSQL, gone at the end of the block."""
    folder = Path(tempfile.mkdtemp(prefix="smsgw-pg-"))
    if user := unprivileged():
        shutil.chown(folder, user)
    try:
        _initdb(programs, folder / "data", user)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postmaster(programs: Path, folder: Path) -> Iterator[str]:
    """The URL, without a database, of a PostgreSQL that runs on this folder for the length of the block."""
    with _started(programs, folder, unprivileged()) as server:
        _wait(lambda: server.poll() is None and _accepts(_url(folder, "postgres")), "PostgreSQL")
        yield _url(folder, "")


def named(url: str, database: str) -> str:
    """The URL of one database of the server at `url`."""
    return url.replace("@/?", f"@/{database}?")


def _url(folder: Path, database: str) -> str:
    return f"postgresql://{USER}@/{database}?host={folder}"


def unprivileged() -> str | None:
    """The user that PostgreSQL runs as: it refuses to be root; any user without rights will do."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody", "daemon") if name in names)


def _initdb(programs: Path, data: Path, user: str | None) -> None:
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", USER, "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"],
        check=True,
        capture_output=True,
        user=user,
        cwd=data.parent,
    )


@contextmanager
def _started(programs: Path, folder: Path, user: str | None) -> Iterator["subprocess.Popen[bytes]"]:
    settings = (*_FAST, "listen_addresses=", f"unix_socket_directories={folder}")
    log = folder.parent / f"{folder.name}.log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", *(part for one in settings for part in ("-c", one))],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=user,
            cwd=folder,
            preexec_fn=dying_with_owner(),  # noqa: PLW1509 - it calls nothing that another thread could hold
        )
    try:
        yield server
    finally:
        server.send_signal(signal.SIGINT)  # ends sessions too; SIGTERM would wait for them
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        log.unlink(missing_ok=True)


def _accepts(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _wait(ready: Callable[[], bool], name: str) -> None:
    until = monotonic() + WITHIN
    while not ready():
        if monotonic() > until:
            raise TimeoutError(f"{name} did not answer within {WITHIN:.0f} s")
        sleep(0.05)
