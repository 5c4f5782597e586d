"""The cast: the gateway's processes, started, stopped, killed, and replaced by others when they have died."""

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from smsgw.config import Settings
from smsgw.supervisor import Child
from smsgw.supervisor.child import spawn
from tests.bench.processes import listens
from tests.faults.actors import Part, Twist
from tests.faults.nursery import Nursery
from tests.support.processes import environment, free_port

UP_S = 20.0
END_S = 20.0


@dataclass(eq=False)
class Actor:
    """A process of the gateway. `dooms`: what its next lives are twisted by, one each; then it lives untwisted."""

    part: Part
    dooms: list[Twist] = field(default_factory=list)
    pid: int = 0
    child: Child | None = None

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        if self.child is not None:
            return self.child.alive
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True


class Cast:
    """The processes of a scenario. `ports`: those of the web processes, kept up to date for whoever posts."""

    def __init__(self, nursery: Nursery, folder: Path, settings: Settings, ports: list[int]) -> None:
        self.folder = folder
        self.settings = settings
        self.kills = 0
        self.actors: list[Actor] = []
        self._nursery = nursery
        self._ports = ports

    def end_all(self) -> None:
        """Kill everybody, for good."""
        for actor in self.actors:
            self._end(actor)

    def open(self, *, webs: int = 1, workers: int = 2, schedulers: int = 1) -> None:
        """Start so many of each and wait until they serve."""
        for role, many in (("web", webs), ("worker", workers), ("scheduler", schedulers)):
            for _ in range(many):
                self.start(role)

    def start(self, role: str, *dooms: Twist, settings: Settings | None = None, log: str = "") -> Actor:
        """Start a process of this role. It lives once under each doom, then untwisted."""
        settings = settings or self.settings
        if role == "web":
            settings = self._at_a_port(settings)
        part = Part(role, settings, log or str(self.folder / f"{role}.log"))
        actor = Actor(part, [*dooms])
        self.actors.append(actor)
        self._live(actor)
        if role == "web":
            self._ports.append(settings.port)
            self.wait(lambda: listens(settings.port), "web")
        return actor

    def start_program(self, role: str, env: Mapping[str, str] = MappingProxyType({})) -> Actor:
        """Start `smsgw <role>` itself, as a deployment does; `env`: what its environment has besides."""
        settings = self._at_a_port(self.settings) if role == "web" else self.settings
        actor = Actor(Part(role, settings, ""))
        log = self.folder / f"{role}.log"
        actor.child = spawn(role, [sys.executable, "-m", "smsgw", role], log, {**environment(settings), **env})
        self.actors.append(actor)
        if role == "web":
            self.wait(lambda: listens(settings.port), "web")
            self._ports.append(settings.port)
        return actor

    def stop(self, actor: Actor, within_s: float = 15.0) -> bool:
        """SIGTERM, then SIGKILL after a while, as a deployment does; whether it ended by itself."""
        self._leave(actor)
        os.kill(_pid(actor), signal.SIGTERM)
        until = time.monotonic() + within_s
        while actor.alive and time.monotonic() < until:
            time.sleep(0.02)
        ended = not actor.alive
        self._end(actor)
        return ended

    def kill(self, actor: Actor) -> None:
        """kill -9, and let another one take its part."""
        with suppress(ProcessLookupError):
            os.kill(actor.pid, signal.SIGKILL)
        self.mind()

    def retire(self, actor: Actor) -> None:
        """kill -9, for good."""
        self._leave(actor)
        self._end(actor)
        self.kills += 1

    def mind(self) -> None:
        """Whoever has died is counted, and begins another life."""
        for actor in self.actors:
            if actor.child is None and not actor.alive:
                self.kills += 1
                self._live(actor)

    def of(self, role: str) -> list[Actor]:
        """The actors of a role."""
        return [actor for actor in self.actors if actor.part.role == role]

    def _live(self, actor: Actor) -> None:
        actor.part = replace(actor.part, twist=actor.dooms.pop(0) if actor.dooms else None)
        actor.pid = self._nursery.start(actor.part)

    def _at_a_port(self, settings: Settings) -> Settings:
        if settings.port not in self._ports:
            return settings
        return settings.model_copy(update={"port": free_port()})

    def _leave(self, actor: Actor) -> None:
        self.actors.remove(actor)
        if actor.part.settings.port in self._ports and actor.part.role == "web":
            self._ports.remove(actor.part.settings.port)

    def _end(self, actor: Actor) -> None:
        if actor.child is not None:
            actor.child.kill()
            return
        with suppress(ProcessLookupError):
            os.kill(actor.pid, signal.SIGKILL)
        until = time.monotonic() + END_S
        while actor.alive and time.monotonic() < until:
            time.sleep(0.005)

    def wait(self, done: Callable[[], bool], what: str, within_s: float = UP_S) -> None:
        """Wait until `done()`, bringing the dead to life meanwhile; TimeoutError after a while."""
        until = time.monotonic() + within_s
        while not done():
            self.mind()
            if time.monotonic() > until:
                raise TimeoutError(f"{what}: waited {within_s:.0f} s")
            time.sleep(0.02)

    def rest(self, seconds: float) -> None:
        """Let real time pass."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.mind()
            time.sleep(min(0.02, max(0.0, until - time.monotonic())))


def _pid(actor: Actor) -> int:
    return actor.child.process.pid if actor.child is not None else actor.pid
