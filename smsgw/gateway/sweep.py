"""Sweep: what waits is rung for again, what died is released, what is too old is closed."""

from types import MappingProxyType

from smsgw import logs
from smsgw.clock import Clock
from smsgw.gateway import branch, purge
from smsgw.gateway.apology import Apologies, apologise
from smsgw.members import guards
from smsgw.messages import (
    collecting,
    inbox,
    looks,
    newcomers,
    notices,
    outbox,
    overdue,
    pauses,
    reroutes,
    spending,
    turns,
)
from smsgw.messages.reroutes import Routes
from smsgw.messages.tables import heartbeat
from smsgw.messages.terms import FREE, Terms
from smsgw.store import Store, db_now
from smsgw.store.sql import dialect_of, insert

EVERY_S = 2
MANY_NEWCOMERS = 1000
VERBS = ("answer", "send", "look", "collect", "purge")
DUE = {"answer": inbox.is_due, "look": looks.is_due, "collect": collecting.is_due, "purge": purge.is_due}

log = logs.get()


class SweepVerb:
    """The verb `sweep`. Safe on any number of machines at once: each step is one guarded statement."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        apologies: Apologies,
        routes: Routes = MappingProxyType({}),
        terms: Terms = FREE,
        many_newcomers: int = MANY_NEWCOMERS,
    ) -> None:
        """`many_newcomers`: phones within an hour that never wrote before, above which there is an alarm."""
        self._store = store
        self._clock = clock
        self._apologies = apologies
        self._routes = routes
        self._terms = terms
        self._many_newcomers = many_newcomers

    def __call__(self) -> tuple[str, ...]:
        """Tidy up once; the verbs that have work due, to be rung for."""
        now_ms = self._clock.now_ms()
        apology = self._apologies.texts(now_ms)
        with self._store.write() as connection:
            moved = branch.finish_moves(connection, now_ms)
            guards.forget(connection, now_ms)
            late = overdue.expire(connection)
            apologise(connection, late, apology)
            closed = len(late) + overdue.exhaust(connection) + notices.withdraw(connection)
            dead = overdue.release_dead(connection)
            silent = overdue.close_unreported(connection)
            resumed = pauses.tend(connection)
            rerouted = reroutes.evacuate(connection, self._routes)
            turns.start(connection, collecting.ASKED, purge.TURN, purge.TIDY, newcomers.TURN)
            counts = turns.claim(connection, newcomers.TURN, newcomers.EVERY_MS)
            reached = spending.newly_reached(connection, self._terms.per_day) if self._terms.per_day else None
            beat = insert(dialect_of(connection), heartbeat).values(name="sweep", at=db_now())
            connection.execute(beat.on_conflict_do_update(index_elements=[heartbeat.c.name], set_={"at": db_now()}))
        if closed or dead or silent:
            log.warning("swept", closed=closed, released=dead, without_report=silent)
        if reached is not None:
            _tell(reached, self._terms.per_day)
        if rerouted:
            log.warning("rerouted", messages=rerouted)
        if moved:
            log.info("moved", memberships=moved)
        if counts:
            self._count_newcomers()
        for carrier in resumed:
            log.warning("carrier_resumed", carrier=carrier)
        with self._store.read() as connection:
            due = {verb: is_due(connection) for verb, is_due in DUE.items()}
            due["send"] = outbox.is_due(connection, self._terms)
            return tuple(verb for verb in VERBS if due[verb])

    def _count_newcomers(self) -> None:
        found = newcomers.count(self._store)
        if found > self._many_newcomers:
            step = "see who writes: a fraud? SMSGW_REPLIES_PER_DAY and SMSGW_ANSWER_TO bound what they cost"
            log.warning("many_new_senders", within_hour=found, expected=self._many_newcomers, next_step=step)


def _tell(level: int, per_day: int) -> None:
    if level == spending.FULL:
        step = (
            "nothing leaves until midnight in western Indonesia: see who sends so much, then raise SMSGW_SENDS_PER_DAY"
        )
        log.error("day_full", per_day=per_day, next_step=step)
    else:
        log.error("day_nearly_full", per_day=per_day, next_step="notices and announcements wait until tomorrow")
