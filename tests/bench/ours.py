"""The gateway as deployed: web, worker and scheduler, on a copy of a database of demo members."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from smsgw.store.cipher import make_key_file
from smsgw.supervisor.child import Child
from tests.bench.people import SEED
from tests.bench.postgresql import Server
from tests.bench.posts import ACCOUNT, OURS, TOKEN
from tests.bench.processes import free_port
from tests.bench.systems import System, program, running, valkey

LOADING_S = 3600
# A change in these makes the database anew.
SOURCES = (
    "smsgw/members",
    "smsgw/migrations",
    "smsgw/messages/tables.py",
    "smsgw/store/cipher.py",
    "smsgw/store/types.py",
)


@contextmanager
def ours(
    name: str, folder: Path, carrier: int, database: str, key: Path, workers: int, *shared: Child
) -> Iterator[System]:
    """The gateway on this database. `shared`: the processes of the database, if it has any."""
    with valkey(folder) as (redis, url):
        port = free_port()
        env = settings(folder, database, key) | {
            "SMSGW_PORT": str(port),
            "SMSGW_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "SMSGW_REDIS_URL": url,
            "SMSGW_TWILIO_API_URL": f"http://127.0.0.1:{carrier}",
        }
        own = [program("web", ["smsgw", "web"], env, folder)]
        own += [program(_numbered("worker", at), ["smsgw", "worker"], env, folder) for at in range(workers)]
        own += [program("scheduler", ["smsgw", "scheduler"], env, folder)]
        with running(name, port, own, redis, *shared) as system:
            yield system


def _numbered(name: str, at: int) -> str:
    return name if at == 0 else f"{name}{at + 1}"


def settings(home: Path, database: str, key: Path) -> dict[str, str]:
    """The settings by environment. `demo` because everything here stands on loopback addresses."""
    return {
        "SMSGW_ENVIRONMENT": "demo",
        "SMSGW_HOME": str(home),
        "SMSGW_DATABASE_URL": database,
        "SMSGW_DATA_KEY_FILE": str(key),
        "SMSGW_TWILIO_ACCOUNT_SID": ACCOUNT,
        "SMSGW_TWILIO_AUTH_TOKEN": TOKEN,
        "SMSGW_TWILIO_FROM": OURS,
    }


def data_key(folder: Path) -> Path:
    """The key under which the databases in `folder` are encrypted."""
    path = folder / "data.key"
    if not path.exists():
        make_key_file(path)
    return path


def sqlite_copy(kept: Path, folder: Path, count: int) -> str:
    """The URL of a fresh SQLite database with `count` demo members, copied from one that is kept."""
    source = kept / f"members-{count}-{_fingerprint()}.sqlite"
    if not source.exists():
        for outdated in (source.with_suffix(".part"), *kept.glob(f"members-{count}-*.sqlite")):
            outdated.unlink(missing_ok=True)
        unfinished = source.with_suffix(".part")
        load(f"sqlite:///{unfinished}", kept, count)
        unfinished.rename(source)
    shutil.copyfile(source, folder / "smsgw.sqlite")
    return f"sqlite:///{folder / 'smsgw.sqlite'}"


def postgresql_copy(kept: Path, server: Server, count: int) -> str:
    """The URL of a fresh database with `count` demo members, made from a template that is kept."""
    template = f"members_{count}_{_fingerprint()}"
    if not server.has(template):
        for outdated in ("unfinished", *server.databases(f"members_{count}_")):
            server.do(f"DROP DATABASE IF EXISTS {outdated}")
        server.do("CREATE DATABASE unfinished")
        load(server.url("unfinished"), kept, count)
        server.do(f"ALTER DATABASE unfinished RENAME TO {template}")
    server.do("DROP DATABASE IF EXISTS bench")
    server.do(f"CREATE DATABASE bench TEMPLATE {template} STRATEGY file_copy")
    server.do("CHECKPOINT")
    return server.url("bench")


def load(database: str, kept: Path, count: int) -> None:
    """Lay the tables and make the demo members, by the commands that an operator uses."""
    env = settings(kept, database, data_key(kept))
    for command in (["migrate"], ["members", "demo", "--count", str(count), "--seed", str(SEED)]):
        child = program("load", ["smsgw", *command], env, kept)
        if child.process.wait(LOADING_S) != 0:
            raise SystemExit(f"bench: smsgw {' '.join(command)} failed.\n{child.obituary()}")


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for source in map(Path, SOURCES):
        for path in sorted(source.rglob("*.py")) if source.is_dir() else [source]:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
