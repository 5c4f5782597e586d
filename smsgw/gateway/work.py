"""The verbs put together for a process that does the work: a worker, or the scheduler when alone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from smsgw.gateway.answer import AnswerVerb
from smsgw.gateway.bell import Bell
from smsgw.gateway.send import SendVerb
from smsgw.gateway.sweep import SweepVerb

BATCH = 64


@dataclass(frozen=True, slots=True)
class Work:
    """What a job may do, by name. A batch that was filled rings first, so that a backlog uses every
    worker; what was answered is sent by the same job, which spares a bell."""

    answering: AnswerVerb
    sending: SendVerb
    sweeping: SweepVerb
    bell: Bell
    pool: ThreadPoolExecutor

    def verbs(self) -> dict[str, Callable[[], None]]:
        """The job functions that are allowed."""
        return {"answer": self.answer, "send": self.send, "sweep": self.sweep}

    def answer(self) -> None:
        """Answer one batch, then send."""
        if self.answering(BATCH) == BATCH:
            self.bell.ring("answer")
        self.send()

    def send(self) -> None:
        """Send one batch."""
        if self.sending(BATCH) == BATCH:
            self.bell.ring("send")

    def sweep(self) -> None:
        """Tidy up, then ring for what is due."""
        for verb in self.sweeping():
            self.bell.ring(verb)

    def all_of_it(self) -> None:
        """Do what is due in this very process: for when there is no queue to ring through."""
        for verb in self.sweeping():
            getattr(self, verb)()
