"""One measurement: a run of the load against one system, and what its processes spent meanwhile."""

import asyncio
import gc
from dataclasses import dataclass

from tests.bench.carrier import Carrier
from tests.bench.load import Conversation, Walks, run
from tests.bench.posts import Post
from tests.bench.processes import cpu_seconds, memory_mib
from tests.bench.systems import System

SETTLE_S = 0.5  # after the last reply: what a system still does then is part of its cost


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: what was seen, CPU-seconds by process, memory of all processes together at its end."""

    walks: Walks
    cpu: dict[str, float]
    memory_mib: float


async def measure(system: System, carrier: Carrier, posts: list[Post], in_flight: int) -> Sample:
    """Run the load against one system."""
    gc.collect()
    gc.disable()
    before = _cpu(system)
    walks = await run(carrier, posts, system.port, in_flight)
    await asyncio.sleep(SETTLE_S)
    after = _cpu(system)
    gc.enable()
    memory = sum(memory_mib(child.process.pid) for child in system.children)
    return Sample(walks, {name: after[name] - before[name] for name in after}, memory)


def _cpu(system: System) -> dict[str, float]:
    return {child.name: cpu_seconds(child.process.pid) for child in system.children}


def replied(samples: list[Sample]) -> list[Conversation]:
    """All conversations of these runs."""
    return [conversation for sample in samples for conversation in sample.walks.conversations]
