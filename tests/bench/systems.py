"""The systems that are measured, each started as its deployment starts it."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from smsgw.supervisor.child import Child, spawn
from smsgw.supervisor.valkey import answers, start_valkey
from tests.bench.posts import ACCOUNT, OURS, TOKEN
from tests.bench.processes import PYTHON, free_port, listens, stop, wait_until


@dataclass(frozen=True, slots=True)
class System:
    """A running system: where it takes posts, and the processes whose cost is its cost."""

    name: str
    port: int
    children: tuple[Child, ...]


@contextmanager
def inline(folder: Path, carrier: int, members: Path) -> Iterator[System]:
    """Flask and gunicorn alone."""
    port = free_port()
    with running("inline", port, [_gunicorn("inline", port, _usual(port, carrier, members), folder)]) as system:
        yield system


@contextmanager
def baseline(folder: Path, carrier: int, members: Path) -> Iterator[System]:
    """Flask, gunicorn, Celery, Redis: the same Redis as ours, over a Unix socket, which favours the baseline."""
    with valkey(folder) as (redis, url):
        port = free_port()
        env = _usual(port, carrier, members) | {"BENCH_REDIS_URL": url.replace("unix://", "redis+socket://")}
        celery = ["celery", "--app", "tests.bench.baseline:queue", "worker", "--concurrency", "2"]
        worker = program("worker", [*celery, "--loglevel", "WARNING"], env, folder)
        with running("baseline", port, [_gunicorn("baseline", port, env, folder), worker], redis) as system:
            yield system


@contextmanager
def running(name: str, port: int, own: Sequence[Child], *shared: Child) -> Iterator[System]:
    """The system of these children as soon as its port answers. `own` are ended with it, in this order."""
    try:
        wait_until(lambda: listens(port), name, own)
        yield System(name, port, (*own, *shared))
    finally:
        for child in own:
            stop(child)


@contextmanager
def valkey(folder: Path) -> Iterator[tuple[Child, str]]:
    """A fresh Valkey as `smsgw up` starts it, and its URL."""
    child, url = start_valkey(folder / "valkey", folder / "valkey.log", os.environ)
    named = Child("redis", child.process, child.log)
    try:
        wait_until(lambda: answers(url), "Valkey", [named])
        yield named, url
    finally:
        stop(named)


def program(name: str, module: Sequence[str], env: dict[str, str], folder: Path) -> Child:
    """A Python module as a process of its own, its output in <folder>/<name>.log."""
    return spawn(name, [*PYTHON, *module], folder / f"{name}.log", {**os.environ, **env})


def _gunicorn(module: str, port: int, env: dict[str, str], folder: Path) -> Child:
    command = ["gunicorn", "--workers", "2", "--bind", f"127.0.0.1:{port}", f"tests.bench.{module}:app"]
    return program("web", command, env, folder)


def _usual(port: int, carrier: int, members: Path) -> dict[str, str]:
    return {
        "BENCH_ACCOUNT": ACCOUNT,
        "BENCH_TOKEN": TOKEN,
        "BENCH_FROM": OURS,
        "BENCH_CARRIER": f"http://127.0.0.1:{carrier}",
        "BENCH_MEMBERS": str(members),
        "BENCH_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "BENCH_REDIS_URL": "",
    }
