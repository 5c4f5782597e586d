"""The world of the model: participants, web, worker and scheduler over one database, driven through a life."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from functools import cache
from typing import Any

from smsgw.carriers.twilio import STATUS
from smsgw.clock import Clock
from smsgw.gateway.answer import AnswerVerb
from smsgw.gateway.apology import Apologies
from smsgw.gateway.bell import QuietBell
from smsgw.gateway.collect import CollectVerb
from smsgw.gateway.look import LookVerb
from smsgw.gateway.purge import Keep, PurgeVerb
from smsgw.gateway.receive import Receive, arrival
from smsgw.gateway.send import SendVerb
from smsgw.gateway.settle import Settle
from smsgw.gateway.sweep import DUE, SweepVerb
from smsgw.gateway.work import BATCH, Work
from smsgw.keywords import load_registry
from smsgw.members.directory import Directory
from smsgw.messages import outbox
from smsgw.rulebook import load as load_rulebook
from smsgw.store import Store
from tests.model.carrier import NAME, Message, ModelCarrier, by_words, received
from tests.model.clock import DatabaseClock
from tests.model.dying import Death, Died, DyingStore, Inline
from tests.model.scenarios import REPORTS, Point, Scenario

registry = cache(load_registry)
rulebook = cache(load_rulebook)
VERBS = ("collect", "answer", "send", "look")
COLLECT_S = 301.0  # the carriers' lists are asked every five minutes
STEP_S = 8.0  # longer than the waits of the first attempts
AWAY_STEP_S = 150.0
ALWAYS = 1_000_000
WIDTH = 16  # calls side by side where the carrier is far: more than MIDDLE
ROUNDS = 40  # steps until nothing waits: a bound for the worst
LEASE_S = 61.0
LOOKS_S = (15.0, 45.0, 240.0, 61.0)  # the last for those whose looker died
HOURLY_S = 3_601.0
IS_DUE = {**DUE, "send": outbox.is_due}


class World:
    """Messages of one group and all that touches them. `deaths`: how many processes have died."""

    def __init__(self, store: Store, clock: DatabaseClock, scenarios: Iterable[Scenario]) -> None:
        self._store = store
        self._clock = clock
        self.messages = [Message(scenario, f"SM{n:032x}", f"+62812{n:08}") for n, scenario in enumerate(scenarios, 1)]
        point = self.messages[0].scenario.point
        self._width = WIDTH if point.far else None
        self._last_call = len(self.messages[0].scenario.prefix)
        # At work one in each batch; where it is repeated at once, as a request or a sweep is, one in each.
        self._at_work = Death(point, _deaths(point, len(self.messages)))
        self._at_web = Death(point, ALWAYS)
        self._tick = 0
        self.carrier = ModelCarrier(self.messages, clock.now_ms, self._early, self._meanwhile)

    @property
    def deaths(self) -> int:
        """How many processes have died."""
        return self._at_work.deaths + self._at_web.deaths

    @property
    def transactions(self) -> Mapping[str, int]:
        """How many transactions a run of each verb had at most."""
        return {**self._at_work.transactions, **self._at_web.transactions}

    def live(self) -> None:
        """Play it all, until nothing is left to do."""
        self._sweep()
        self._clock.move(COLLECT_S)
        self._come()
        self._until_nothing_waits()
        self._reports(lambda message: REPORTS[message.scenario.reports].soon)
        self._clock.move(LEASE_S)
        self._step()
        for seconds in LOOKS_S:
            self._clock.move(seconds)
            self._step()
        self._reports(lambda message: REPORTS[message.scenario.reports].late)
        self._post([message for message in self.messages if message.scenario.webhook == "late"])
        for _ in range(2):
            self._clock.move(HOURLY_S)
            self._step()
        self._until_nothing_waits()

    def _until_nothing_waits(self) -> None:
        for _ in range(ROUNDS):
            self._step()
            self._clock.move(AWAY_STEP_S if "away" in self.messages[0].scenario.prefix else STEP_S)
            if not self._waits():
                return

    def _waits(self) -> bool:
        query = (
            "SELECT EXISTS (SELECT 1 FROM inbound WHERE state = 'received') "
            "OR EXISTS (SELECT 1 FROM outbound WHERE state = 'queued')"
        )
        with self._store.read() as connection:
            return bool(connection.exec_driver_sql(query).scalar())

    # --- the web processes

    def _come(self) -> None:
        if self._at_work.is_of("collect"):
            self._run("collect")
            self._clock.move(COLLECT_S)
        self._post([message for message in self.messages if message.scenario.webhook != "missed"])
        self._post([message for message in self.messages if message.scenario.webhook == "twice"])

    def _post(self, messages: Sequence[Message]) -> None:
        self._ask("receive", [arrival(NAME, received(message)) for message in messages])
        for message in messages:
            message.posts += 1

    def _reports(self, words: Callable[[Message], Sequence[str]]) -> None:
        for said in by_words([message for message in self.messages if message.taken], words):
            self._report(said)

    def _early(self, message: Message, word: str) -> None:
        """A report that overtakes the answer to its call: a web process has it while the worker waits."""
        self._report([(message, word)])

    def _report(self, said: Sequence[tuple[Message, str]]) -> None:
        self._ask("settle", [message.delivery(word) for message, word in said])
        for message, word in said:
            message.reported.add(STATUS[word] or "")

    def _ask(self, verb: str, items: Sequence[Any]) -> None:
        """Requests of one moment: together, or one by one where each is a process's last."""
        store = DyingStore(self._store, self._at_web)
        with closing(Receive(store, QuietBell()) if verb == "receive" else Settle(store)) as act:
            if self._at_web.is_of(verb) or len(items) == 1:
                for item in items:
                    self._until_answered(verb, act, item)
            else:
                asyncio.run(_gather(act, items))

    def _until_answered(self, verb: str, act: Callable[[Any], object], item: Any) -> None:
        self._at_web.begin(verb)
        try:
            act(item)
        except Died:  # no answer: the other side asks again
            self._at_web.begin(verb, armed=False)
            act(item)

    # --- the worker and the scheduler

    def _step(self) -> None:
        """A sweep, and what it calls for."""
        self._sweep()
        for verb in VERBS:
            self._run_while_due(verb)
        self._tick += 1

    def _sweep(self) -> None:
        if not self._run("sweep"):
            self._run("sweep", armed=False)  # another scheduler's

    def _run_while_due(self, verb: str) -> None:
        for _ in range(ROUNDS):
            if not self._is_due(verb):
                return
            self._run(verb)

    def _is_due(self, verb: str) -> bool:
        with self._store.read() as connection:
            return IS_DUE[verb](connection)

    def _run(self, verb: str, *, armed: bool = True) -> bool:
        """A process of its own runs the verb, and may die of it; whether it lives."""
        death = self._at_work
        death.begin(verb, armed=armed and (verb != "send" or self._tick >= self._last_call))
        self.carrier.begin(death)
        try:
            getattr(self._work(DyingStore(self._store, death)), verb)()
        except Died:
            return False
        return True

    def _meanwhile(self) -> None:
        """While a worker stands still in a call, others take it for dead and look for what it was sending."""
        others = self._work(self._store)
        self._clock.move(LEASE_S)
        others.sweep()
        self._clock.move(LOOKS_S[0])
        others.look()

    def _work(self, store: Store) -> Work:
        carriers, pool, bell = {NAME: self.carrier}, Inline(), QuietBell()
        clock = Clock(store)
        return Work(
            answering=AnswerVerb(store, registry(), Directory(store), clock, rulebook()),
            sending=SendVerb(store, carriers, pool, width=self._width),
            sweeping=SweepVerb(store, clock, Apologies(registry(), rulebook())),
            bell=bell,
            pool=pool,  # type: ignore[arg-type]  # whatever calls
            looking=LookVerb(store, carriers, pool),
            collecting=CollectVerb(store, carriers, Receive(store, bell), bell, pool),
            purging=PurgeVerb(store, clock, Keep(30, 365)),
        )


def _deaths(point: Point, messages: int) -> int:
    if point.verb == "sweep":
        return ALWAYS
    return 1 if point.verb == "collect" else messages // BATCH + 1


async def _gather(verb: Any, items: Sequence[Any]) -> None:
    await asyncio.gather(*(verb.gathered(item) for item in items))
