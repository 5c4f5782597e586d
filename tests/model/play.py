"""A group played on a database, and what came of it, added up."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from smsgw.store import Store
from tests.model.clock import DatabaseClock
from tests.model.oracle import KINDS, Fault, ends, judge
from tests.model.scenarios import Group
from tests.model.world import World

MEMORY = Path("/dev/shm")


def folder() -> "TemporaryDirectory[str]":
    """A folder for databases, in memory where there is such a place: processes die here, disks do not."""
    return TemporaryDirectory(prefix="smsgw-model-", dir=MEMORY if MEMORY.is_dir() else None)


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a group: scenarios by lag, deaths of processes, the last states of replies, and what is wrong."""

    lags: Mapping[str, int]
    deaths: int
    ends: Mapping[str, int]
    faults: Sequence[Fault] = field(repr=False)

    def figures(self) -> dict[str, Any]:
        """The same as plain numbers."""
        wrong: defaultdict[str, set[Any]] = defaultdict(set)
        for fault in self.faults:
            wrong[f"{fault.scenario.lag}/{fault.kind}"].add(fault.scenario)
        lags = {
            lag: {"scenarios": count, **{kind: len(wrong[f"{lag}/{kind}"]) for kind in KINDS}}
            for lag, count in self.lags.items()
        }
        return {"lags": lags, "deaths": self.deaths, "ends": dict(self.ends)}


def play(store: Store, group: Group) -> Played:
    """Play a group on an empty database that nobody has connected to yet."""
    scenarios = group.scenarios()
    world = World(store, DatabaseClock(store), scenarios)
    world.live()
    faults = [*judge(store, world.messages)]
    return Played(Counter(scenario.lag for scenario in scenarios), world.deaths, ends(store), faults)


def added_up(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The figures of several groups, added up."""
    lags: defaultdict[str, Counter[str]] = defaultdict(Counter)
    states: Counter[str] = Counter()
    deaths = 0
    for part in parts:
        for lag, counts in part["lags"].items():
            lags[lag].update(counts)
        states.update(part["ends"])
        deaths += part["deaths"]
    scenarios = sum(counts["scenarios"] for counts in lags.values())
    by_lag = {lag: dict(counts) for lag, counts in lags.items()}
    return {"scenarios": scenarios, "deaths": deaths, "lags": by_lag, "ends": dict(states)}
