"""The house: a Redis and the databases of the scenarios, all real servers that can be ended and begun again."""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from itertools import count
from pathlib import Path

import psycopg
from redis import Redis

from smsgw import migrations
from smsgw.members.demo import populate
from smsgw.store import Cipher, open_store
from smsgw.supervisor import Child, valkey
from tests.faults.nursery import Nursery
from tests.support import servers

KEY = bytes(range(64))
TEMPLATE = "faults"
WITHIN_S = 30.0
_laying = threading.Lock()  # Alembic knows one migration at a time


class Queue:
    """A Valkey on a Unix socket."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._child: Child | None = None
        self.url = ""
        self.start()

    def start(self) -> None:
        """Start it on what it has kept, and wait until it answers."""
        self._child, self.url = valkey.start_valkey(self._folder, self._folder.with_suffix(".log"), os.environ)
        wait(lambda: valkey.answers(self.url), "Valkey")

    def kill(self) -> None:
        """kill -9."""
        assert self._child is not None
        self._child.kill()

    def empty(self) -> None:
        """Forget what was kept, of one that was killed."""
        shutil.rmtree(self._folder)

    def freeze(self) -> None:
        """SIGSTOP: it keeps its connections and answers nothing."""
        assert self._child is not None
        os.kill(self._child.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        assert self._child is not None
        os.kill(self._child.process.pid, signal.SIGCONT)

    @contextmanager
    def client(self) -> Iterator[Redis]:
        """A client with time-outs."""
        with Redis.from_url(self.url, socket_timeout=5) as client:
            yield client

    def close(self) -> None:
        """End it."""
        if self._child is not None:
            self._child.kill()


class Postgresql:
    """A PostgreSQL of the harness's own."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self.folder = folder
        self._running: AbstractContextManager[str] | None = None
        self._server = ""
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._running = servers.postmaster(self._programs, self.folder)
        self._server = self._running.__enter__()

    def stop(self) -> None:
        """A fast shutdown: every session is ended."""
        if self._running is not None:
            self._running.__exit__(None, None, None)
            self._running = None

    def url(self, database: str) -> str:
        """The URL of one of its databases."""
        return servers.named(self._server, database)

    def do(self, statement: str, database: str = "postgres") -> None:
        """Run one statement outside a transaction; what is named in it is the harness's own."""
        with psycopg.connect(self.url(database), autocommit=True) as session:
            session.execute(statement.encode())


class House:
    """What all scenarios of a run share: the nursery, databases to copy, and a PostgreSQL where there is one."""

    def __init__(self, folder: Path, programs: Path | None, postgresql: Postgresql | None) -> None:
        self.nursery = Nursery()
        self.postgresql = postgresql
        self._programs = programs
        self._numbers = count(1)
        self._copying = threading.Lock()
        self._sqlite = folder / "template.sqlite"
        _lay(f"sqlite:///{self._sqlite}")
        if postgresql is not None:
            _lay_template(postgresql)

    @contextmanager
    def own_postgresql(self) -> Iterator[Postgresql]:
        """Another PostgreSQL, that may be ended without harm to anybody else."""
        assert self._programs is not None
        with (
            servers.postgresql_folder(self._programs) as data,
            _stopping(Postgresql(self._programs, data)) as postgresql,
        ):
            _lay_template(postgresql)
            yield postgresql

    def database(self, kind: str, folder: Path, postgresql: Postgresql | None, disk: Path | None) -> str:
        """The URL of a fresh database with tables and a few people: SQLite in `folder`, or on this PostgreSQL.

        `disk`: where it is to stand instead, alone.
        """
        if kind == "sqlite":
            return f"sqlite:///{shutil.copy(self._sqlite, (disk or folder) / 'smsgw.sqlite')}"
        assert postgresql is not None
        name = f"{TEMPLATE}_{next(self._numbers)}"
        with self._copying:  # nobody else may look at a template meanwhile
            postgresql.do(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY file_copy")
        if disk is not None:
            postgresql.do(f"CREATE TABLESPACE small LOCATION '{disk}'")
            postgresql.do(f"ALTER DATABASE {name} SET TABLESPACE small")
        return postgresql.url(name)

    def close(self) -> None:
        """End the nursery."""
        self.nursery.close()


def _lay_template(postgresql: Postgresql) -> None:
    postgresql.do(f"CREATE DATABASE {TEMPLATE}")
    _lay(postgresql.url(TEMPLATE))


def _lay(url: str) -> None:
    with _laying, closing(open_store(url, Cipher(KEY))) as store:
        migrations.upgrade(store)
        populate(store, count=30, seed=1)


@contextmanager
def open_house(folder: Path, kinds: Collection[str]) -> Iterator[House]:
    """The house with these databases, for the length of the block; without PostgreSQL where it is not installed."""
    programs = servers.postgresql_programs() if "postgresql" in kinds else None
    if programs is None:
        with closing(House(folder, None, None)) as house:
            yield house
        return
    with (
        servers.postgresql_folder(programs) as data,
        _stopping(Postgresql(programs, data)) as postgresql,
        closing(House(folder, programs, postgresql)) as house,
    ):
        yield house


@contextmanager
def _stopping(postgresql: Postgresql) -> Iterator[Postgresql]:
    try:
        yield postgresql
    finally:
        postgresql.stop()


@contextmanager
def small_disk(size: int) -> Iterator[Path]:
    """A disk of so many bytes, in memory, for the length of the block. It takes root's rights."""
    disk = Path(tempfile.mkdtemp(prefix="smsgw-disk-"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], check=True, timeout=10)
    try:
        if user := servers.unprivileged():
            shutil.chown(disk, user)
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True, timeout=10)
        disk.rmdir()


def wait(ready: Callable[[], bool], what: str, within_s: float = WITHIN_S) -> None:
    """Wait until `ready()`; TimeoutError naming `what` after a while."""
    until = time.monotonic() + within_s
    while not ready():
        if time.monotonic() > until:
            raise TimeoutError(f"{what}: waited {within_s:.0f} s")
        time.sleep(0.02)
