"""The stage of one scenario: a fresh database and queue, the world outside, and the gateway's processes."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import MappingProxyType

from sqlalchemy import ColumnElement, func, select

from smsgw.config import Settings
from smsgw.gateway import jobs
from smsgw.messages.tables import outbound
from smsgw.services import open_database
from smsgw.supervisor import Child
from smsgw.supervisor.child import spawn
from tests.bench.processes import listens
from tests.faults.actors import Part, Twist
from tests.faults.house import KEY, House, Queue, small_disk
from tests.faults.network import Network
from tests.faults.senders import Sent, messages
from tests.support import twilio
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


class Stage:
    """What a scenario plays on. `count`: messages; `notes`: figures of its own; `faults`: ceilings that it missed."""

    def __init__(
        self,
        house: House,
        kind: str,
        folder: Path,
        seed: int,
        count: int,
        *,
        own_server: bool = False,
        disk_bytes: int = 0,
    ) -> None:
        self.house, self.kind, self.folder, self.count = house, kind, folder, count
        self.at_end = ExitStack()
        self.postgresql = house.postgresql
        if own_server and kind == "postgresql":
            self.postgresql = self.at_end.enter_context(house.own_postgresql())
        self.dice = Random(f"{seed}/{kind}")
        self.disk = disk = self.at_end.enter_context(small_disk(disk_bytes)) if disk_bytes else None
        self.kills = 0
        self.notes: dict[str, float] = {}
        self.faults: list[str] = []
        self.actors: list[Actor] = []
        self.network = Network(Random(seed))
        self.carrier, self.senders = self.network.carrier, self.network.senders
        self.queue = Queue(folder / "valkey")
        self.redis = jobs.connect(self.queue.url)
        port = free_port()
        self.settings = twilio.settings(
            home=folder,
            port=port,
            database_url=house.database(kind, folder, self.postgresql, disk),
            redis_url=self.queue.url,
            data_key=KEY.hex(),
            public_url=f"http://127.0.0.1:{port}",
            twilio_api_url=f"http://127.0.0.1:{self.network.port}",
            log_level="WARNING",
        )
        self.senders.base = self.settings.public_url
        self.store = open_database(self.settings)

    def close(self) -> None:
        """End everything."""
        for actor in self.actors:
            self._end(actor)
        self.redis.close()
        self.queue.close()
        self.store.close()
        self.network.close()
        self.at_end.close()

    # Processes

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
            self.senders.ports.append(settings.port)
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
            self.senders.ports.append(settings.port)
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
        twist = actor.dooms.pop(0) if actor.dooms else None
        if twist is not None or actor.part.twist is None:
            actor.part = Part(actor.part.role, actor.part.settings, actor.part.log, twist)
        else:
            actor.part = Part(actor.part.role, actor.part.settings, actor.part.log)
        actor.pid = self.house.nursery.start(actor.part)

    def _at_a_port(self, settings: Settings) -> Settings:
        if settings.port not in self.senders.ports:
            return settings
        return settings.model_copy(update={"port": free_port()})

    def _leave(self, actor: Actor) -> None:
        self.actors.remove(actor)
        if actor.part.settings.port in self.senders.ports and actor.part.role == "web":
            self.senders.ports.remove(actor.part.settings.port)

    def _end(self, actor: Actor) -> None:
        if actor.child is not None:
            actor.child.kill()
            return
        with suppress(ProcessLookupError):
            os.kill(actor.pid, signal.SIGKILL)
        until = time.monotonic() + END_S
        while actor.alive and time.monotonic() < until:
            time.sleep(0.005)

    # Messages

    def post(self, amount: int | None = None, *, at_once: int = 8, per_second: float = 0.0, text: str = "INFO") -> None:
        """Post messages, each from a phone of its own, until all are answered or given up by the carrier."""
        with self.posting(amount, at_once=at_once, per_second=per_second, text=text):
            pass

    @contextmanager
    def posting(
        self, amount: int | None = None, *, at_once: int = 8, per_second: float = 0.0, text: str = "INFO"
    ) -> Iterator["Future[None]"]:
        """The same beside the block; at its end all are answered or given up."""
        letters = messages(self.count if amount is None else amount, text)
        done = self.network.start(self.senders.post_all(letters, at_once, per_second))
        yield done
        self.wait(done.done, "the posts", within_s=600)
        done.result()

    def slowest_post_s(self, letters: Sequence[Sent] | None = None) -> float:
        """The longest that a single post has waited for its answer."""
        return max((letter.slowest_s for letter in letters or self.senders.sent), default=0.0)

    def outbound(self, *conditions: ColumnElement[bool]) -> int:
        """How many outbound rows are so."""
        with self.store.read() as connection:
            return int(connection.scalar(select(func.count()).select_from(outbound).where(*conditions)) or 0)

    # Time

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

    def require(self, holds: bool, sentence: str) -> None:
        """Note a ceiling or an expectation that does not hold; the run is red."""
        if not holds:
            self.faults.append(sentence)


def _pid(actor: Actor) -> int:
    return actor.child.process.pid if actor.child is not None else actor.pid
