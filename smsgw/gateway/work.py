"""The verbs put together for a process that does the work: a worker, or the scheduler when alone."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event

from smsgw.gateway.answer import AnswerVerb
from smsgw.gateway.bell import Bell
from smsgw.gateway.collect import CollectVerb
from smsgw.gateway.look import LookVerb
from smsgw.gateway.purge import PurgeVerb
from smsgw.gateway.send import SendVerb
from smsgw.gateway.sweep import SweepVerb

BATCH = 64
BUSY = 4  # rows in a round, from which on another round costs less than another job
ROUNDS_S = 2.0  # of rounds in one job: below the life of the held bell, far below the job's time-out


@dataclass(frozen=True, slots=True)
class Work:
    """What a job may do, by name.

    A job lifts its bell before it looks, so that no row is missed. While there is much to do it goes on
    in rounds with the bell held, which spares a job a round; a full round calls another worker. What was
    answered is sent in the same round; what else waits to be sent has its turn when there is little to
    answer, or when the sweep calls for it.
    """

    answering: AnswerVerb
    sending: SendVerb
    sweeping: SweepVerb
    bell: Bell
    pool: ThreadPoolExecutor
    looking: LookVerb
    collecting: CollectVerb
    purging: PurgeVerb
    stopping: Event = field(default_factory=Event)
    paced: bool = False  # some replies have to wait for their turn, so that it must come often

    def verbs(self) -> dict[str, Callable[[], None]]:
        """The job functions that are allowed."""
        names = "answer", "send", "sweep", "look", "collect", "purge"
        return {name: getattr(self, name) for name in names}

    def answer(self) -> None:
        """Answer and send what waits."""
        self._rounds("answer", self._answer_round)

    def send(self) -> None:
        """Send what waits."""
        self._rounds("send", self._send_or_far_round)

    def sweep(self) -> None:
        """Tidy up, then call for what is due, whatever the bells say."""
        for verb in self.sweeping():
            self.bell.call(verb)

    def look(self) -> None:
        """Look for what is unknown; what is left is the next sweep's to call for."""
        self.bell.lift("look")
        self.looking()

    def collect(self) -> None:
        """Take from the carriers what never reached us, where it is time to ask them."""
        self.bell.lift("collect")
        self.collecting()

    def purge(self) -> None:
        """Erase what is old enough, where it is time for it; what is left is the next turn's."""
        self.bell.lift("purge")
        self.purging()

    def all_of_it(self) -> None:
        """Do what is due in this very process: for when there is no queue to ring through."""
        for verb in self.sweeping():
            if not self.stopping.is_set():
                getattr(self, verb)()

    def stop(self) -> None:
        """Claim nothing more and begin no call; what is claimed and not begun goes back to the queue."""
        self.stopping.set()

    def _rounds(self, verb: str, a_round: Callable[[float], int]) -> None:
        until = time.monotonic() + ROUNDS_S
        self.bell.lift(verb)
        while a_round(until) >= BUSY and self._goes_on(until):
            self.bell.hold(verb)
            while a_round(until) >= BUSY and self._goes_on(until):
                pass
            self.bell.lift(verb)
        if not self._goes_on(until):
            self.bell.ring(verb)  # there may be more; others in the queue get their turn

    def _goes_on(self, until: float) -> bool:
        return time.monotonic() < until and not self.stopping.is_set()

    def _answer_round(self, until: float) -> int:
        if self.sending.at_once is not None:
            return self._far_round(until)
        answered = self._called_for("answer", self.answering(BATCH, self.sending.hand_over))
        if answered < BUSY or self.paced:
            self._send_in_time(until)
        return answered

    def _send_or_far_round(self, until: float) -> int:
        return self._send_round() if self.sending.at_once is None else self._far_round(until)

    def _far_round(self, until: float) -> int:
        """Calls take their time: whoever texts meanwhile is answered before the next ones begin."""
        return self._called_for("answer", self.answering(BATCH)) + self._send_in_time(until)

    def _send_in_time(self, until: float) -> int:
        # Calls that take their time have had all the time of a job: two rounds of them would outlast it.
        if self._goes_on(until):
            return self._send_round()
        self.bell.ring("send")
        return 0

    def _send_round(self) -> int:
        limit = self.sending.at_once or BATCH
        return self._called_for("send", self.sending(limit), limit)

    def _called_for(self, verb: str, done: int, limit: int = BATCH) -> int:
        if done == limit:
            self.bell.call(verb)
        return done
