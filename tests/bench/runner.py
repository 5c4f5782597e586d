"""The run: all systems up side by side, measured in turns, round after round."""

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from tests.bench import people
from tests.bench.carrier import Carrier
from tests.bench.measure import Sample, measure
from tests.bench.ours import data_key, ours, postgresql_copy, sqlite_copy
from tests.bench.postgresql import postgresql
from tests.bench.posts import Post, posts
from tests.bench.slow import beside_slow_clients
from tests.bench.stats import Figures, figures
from tests.bench.systems import System, baseline, inline
from tests.bench.verdict import BASELINE, INLINE

KEPT = Path("build/bench")
WARM_UP = 200
STRANGER = ("+6281100000000", "99000000000")
HEALTHY = 40

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Options:
    """What is measured. `kinds`: the databases; `rounds`: turns of every system at every level."""

    messages: int
    in_flight: tuple[int, ...]
    members: int
    kinds: tuple[str, ...]
    rounds: int
    workers: int
    usual: bool  # whether the baseline and inline Flask run too


@dataclass(frozen=True, slots=True)
class Found:
    """All rows, and the slowest healthy post beside slow clients, in seconds."""

    rows: list[Figures]
    slowest_s: float | None
    late_doubles: int


class Bench:
    """One run of the bench over running systems."""

    def __init__(self, options: Options, carrier: Carrier, pairs: Iterator[tuple[str, str]], say: Say) -> None:
        self._options = options
        self._carrier = carrier
        self._pairs = pairs
        self._say = say
        self._stranger: dict[str, str] = {}
        self._samples: dict[tuple[str, int, bool], list[Sample]] = {}

    async def run(self, systems: list[System]) -> Found:
        """Warm up, measure in turns, then the delivery reports' cost and the slow clients."""
        for system in systems:
            await self._warm_up(system)
        for turn in range(self._options.rounds):
            for level in self._options.in_flight:
                for system in systems:
                    await self._turn(turn, system, level)
        mine = [system for system in systems if system.name not in (BASELINE, INLINE)]
        for system in mine:
            await self._turn(0, system, self._options.in_flight[-1], reports=True)
        slowest = [await self._slow(system) for system in mine]
        return Found(self._rows(), max(slowest, default=None), self._late())

    async def _warm_up(self, system: System) -> None:
        port = system.port
        await measure(system, self._carrier, posts([_stranger(port)], port), 1)
        self._stranger[system.name] = self._carrier.taken[_stranger(port)[0]].text
        await measure(system, self._carrier, self._posts(WARM_UP, system), 16)

    async def _turn(self, turn: int, system: System, level: int, *, reports: bool = False) -> None:
        self._carrier.reports = reports
        count = self._options.messages if level > 1 else max(1, self._options.messages // 4)
        sample = await measure(system, self._carrier, self._posts(count, system), level)
        self._carrier.reports = False
        self._samples.setdefault((system.name, level, reports), []).append(sample)
        rate = len(sample.walks.conversations) / max(sample.walks.seconds, 0.001)
        kind = " with delivery reports" if reports else ""
        self._say(f"round {turn + 1}: {system.name}{kind}, {level} in flight: {rate:.0f} replies/s")

    async def _slow(self, system: System) -> float:
        slowest = max(await beside_slow_clients(system.port, self._posts(HEALTHY, system)))
        self._say(f"{system.name}: beside 120 slow clients the slowest healthy post took {slowest:.3f} s")
        return slowest

    def _posts(self, count: int, system: System) -> list[Post]:
        chosen = list(islice(self._pairs, count))
        if len(chosen) < count:
            raise SystemExit(f"bench: {self._options.members:,} members are too few for a phone of its own a message.")
        return posts(chosen, system.port)

    def _rows(self) -> list[Figures]:
        return [
            figures(f"{name} + reports" if reports else name, level, samples, self._stranger[name], reports)
            for (name, level, reports), samples in self._samples.items()
        ]

    def _late(self) -> int:
        seen = sum(one.doubles for samples in self._samples.values() for s in samples for one in s.walks.conversations)
        return self._carrier.doubles - seen


def _stranger(port: int) -> tuple[str, str]:
    # One phone a system, so that the carrier tells them apart.
    return f"{STRANGER[0][:-5]}{port:05d}", STRANGER[1]


async def run(options: Options, say: Say) -> Found:
    """Start everything, measure, stop everything."""
    kept = KEPT.resolve()
    carrier = Carrier()
    port = await carrier.start()
    try:
        with ExitStack() as stack:
            stack.enter_context(_alone(kept))
            say(f"preparing {options.members:,} members in {KEPT} (minutes the first time)")
            table = people.member_table(kept, options.members)
            place = _Place(stack, kept, port, options.members)
            systems = _start_usual(place, table) if options.usual else []
            systems += [_start_ours(place, kind, options.workers) for kind in options.kinds]
            return await Bench(options, carrier, people.writers(table, people.SEED), say).run(systems)
    finally:
        await carrier.stop()


@contextmanager
def _alone(kept: Path) -> Iterator[None]:
    """Hold the folder for this run alone, and remove what a killed run has left in it."""
    kept.mkdir(parents=True, exist_ok=True)
    with (kept / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(f"bench: another run holds {KEPT}; two at once would measure each other.") from None
        for left in kept.glob("run-*"):
            shutil.rmtree(left)
        yield


@dataclass(frozen=True, slots=True)
class _Place:
    """Where systems are started: what ends them, the folder that is kept, the carrier, how many members."""

    stack: ExitStack
    kept: Path
    carrier: int
    members: int

    def folder(self) -> Path:
        """A new folder, on the same disk as the project's, removed at the end."""
        return Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="run-", dir=self.kept)))


def _start_usual(place: _Place, table: Path) -> list[System]:
    return [place.stack.enter_context(start(place.folder(), place.carrier, table)) for start in (inline, baseline)]


def _start_ours(place: _Place, kind: str, workers: int) -> System:
    folder, key = place.folder(), data_key(place.kept)
    if kind == "sqlite":
        url = sqlite_copy(place.kept, folder, place.members)
        return place.stack.enter_context(ours("ours-sqlite", folder, place.carrier, url, key, workers))
    server = place.stack.enter_context(postgresql(place.kept / "postgresql"))
    url = postgresql_copy(place.kept, server, place.members)
    return place.stack.enter_context(ours("ours-postgresql", folder, place.carrier, url, key, workers, server.child))
