"""A PostgreSQL server of the bench's own, with its packaged settings, on a free port of 127.0.0.1."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from psycopg import connect
from psycopg.errors import OperationalError

from smsgw.supervisor.child import Child, spawn
from tests.bench.processes import free_port, stop, wait_until

USER = "postgres"


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    child: Child
    port: int

    def url(self, database: str) -> str:
        """The URL of one of its databases."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def databases(self, beginning: str = "") -> list[str]:
        """The names of its databases that begin so."""
        with connect(self.url("postgres")) as session:
            rows = session.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", (beginning,))
            return [str(name) for (name,) in rows]

    def has(self, database: str) -> bool:
        """Whether it has a database of this name."""
        return database in self.databases(database)

    def do(self, statement: str) -> None:
        """Run one statement outside a transaction; the names in it are the bench's own."""
        with connect(self.url("postgres"), autocommit=True) as session:
            session.execute(statement.encode())


def programs() -> Path | None:
    """The folder with initdb and postgres: Debian's, or that on the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


@contextmanager
def postgresql(folder: Path) -> Iterator[Server]:
    """The server whose data is kept in `folder`."""
    bin_folder = programs()
    if bin_folder is None:
        raise SystemExit("bench: PostgreSQL is not installed (apt install postgresql); or measure with --db sqlite")
    if not (folder / "PG_VERSION").exists():
        _make(bin_folder, folder)
    port = free_port()
    options = ["-D", str(folder), "-p", str(port), "-k", "", "-c", "listen_addresses=127.0.0.1"]
    command = [*_as_user(), str(bin_folder / "postgres"), *options]
    server = Server(spawn("postgresql", command, folder.parent / "postgresql.log", os.environ), port)
    try:
        wait_until(lambda: _answers(server), "PostgreSQL", [server.child])
        yield server
    finally:
        stop(server.child)


def _make(bin_folder: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if os.getuid() == 0:
        shutil.chown(folder, USER, USER)
    initdb = [str(bin_folder / "initdb"), "-D", str(folder), "-U", USER, "--auth", "trust", "--encoding", "UTF8"]
    subprocess.run([*_as_user(), *initdb], check=True, stdout=subprocess.DEVNULL, timeout=120)


def _as_user() -> list[str]:
    # PostgreSQL refuses to run as root; setpriv keeps the signal that ends it with its parent.
    if os.getuid() != 0:
        return []
    return ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups", "--pdeathsig=keep"]


def _answers(server: Server) -> bool:
    try:
        return server.has("postgres")
    except OperationalError:
        return False
