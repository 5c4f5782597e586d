"""One measurement: a run of the load against one system, and what its processes spent meanwhile."""

import asyncio
import gc
import time
from dataclasses import dataclass

from tests.bench.carrier import Carrier
from tests.bench.load import Conversation, Walks, run
from tests.bench.posts import Post
from tests.bench.processes import cpu_seconds, machine_cpu_seconds, memory_mib
from tests.bench.systems import System

SETTLE_S = 0.5  # after the last reply: what a system still does then is part of its cost


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: what was seen, CPU-seconds by process, memory of all processes together at its end.

    `driver`: CPU-seconds of generator and carrier; `others`: processors that everything else kept busy.
    """

    walks: Walks
    cpu: dict[str, float]
    memory_mib: float
    driver: float
    others: float


@dataclass(frozen=True, slots=True)
class _Clocks:
    wall: float
    machine: float
    driver: float
    system: dict[str, float]

    def since(self, earlier: "_Clocks") -> "_Clocks":
        """What was spent between two readings."""
        system = {name: spent - earlier.system[name] for name, spent in self.system.items()}
        return _Clocks(self.wall - earlier.wall, self.machine - earlier.machine, self.driver - earlier.driver, system)

    def others(self) -> float:
        """Processors kept busy by neither the system nor the driver."""
        return max(0.0, (self.machine - self.driver - sum(self.system.values())) / self.wall)


def _read(system: System) -> _Clocks:
    spent = {child.name: cpu_seconds(child.process.pid) for child in system.children}
    return _Clocks(time.perf_counter(), machine_cpu_seconds(), time.process_time(), spent)


async def measure(system: System, carrier: Carrier, posts: list[Post], in_flight: int) -> Sample:
    """Run the load against one system."""
    gc.collect()
    gc.disable()
    before = _read(system)
    walks = await run(carrier, posts, system.port, in_flight)
    await asyncio.sleep(SETTLE_S)
    spent = _read(system).since(before)
    gc.enable()
    memory = sum(memory_mib(child.process.pid) for child in system.children)
    return Sample(walks, spent.system, memory, spent.driver, spent.others())


def replied(samples: list[Sample]) -> list[Conversation]:
    """All conversations of these runs."""
    return [conversation for sample in samples for conversation in sample.walks.conversations]
