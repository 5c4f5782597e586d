"""Redact: texts are emptied at a carrier that keeps them, once nothing needs them there any more (reliability, T36)."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from typing import Final

from smsgw import logs
from smsgw.carriers import Outcome, Redacting, Verdict
from smsgw.messages import redacting
from smsgw.messages.redacting import Old
from smsgw.messages.retention import LOGS, Log
from smsgw.store import Store

AT_ONCE: Final = 8  # calls
TURN_S: Final = 5.0
AGAIN_WITHIN_S: Final = 1.0  # a call that took longer is not tried again
ENDS_S: Final = 14.0  # for a page of calls: longer than one (3 s + 10 s), and with both turns shorter than a job

log = logs.get()


class Redact:
    """Part of the verb `purge`, whose turn it shares: one process does it. Calls run on `pool`, no transaction open."""

    def __init__(
        self,
        store: Store,
        carriers: Mapping[str, Redacting],
        pool: Executor,
        *,
        now: Callable[[], float] = time.monotonic,
        ends_s: float = ENDS_S,
    ) -> None:
        """`carriers`: those whose messages are to be redacted, by name; what others took is passed over. `now`: in
        seconds, for how long calls take; `ends_s`: after so many a page of calls is no longer waited for."""
        self._store = store
        self._carriers = carriers
        self._pool = pool
        self._now = now
        self._ends_s = ends_s

    def __call__(self) -> int:
        """Redact for a while; how many messages. What a carrier refuses to redact, or twice gives no answer to while it
        answers for others (once, where that took long), is told and not tried again; where it is away or busy, the next
        turn goes on from there."""
        until, redacted = self._now() + TURN_S, 0
        for which in LOGS:
            goes_on = True
            while goes_on and self._now() < until:
                step, goes_on = self._step(which)
                redacted += step
        return redacted

    def _step(self, which: Log) -> tuple[int, bool]:
        """How many messages of a page were redacted, and whether there may be more to do now."""
        with self._store.read() as connection:
            page = redacting.page(connection, which, AT_ONCE)
        if not page:
            return 0, False
        ends = self._ends(page)
        settled = _settled(ends)
        if settled:
            with self._store.write() as connection:
                redacting.done(connection, which, page[settled - 1].id)
        asked = [(one, end) for one, end in zip(page, ends[:settled], strict=False) if end is not None]
        for one, end in asked:
            if end.verdict is not Verdict.ACCEPTED:
                log.warning("not_redacted", table=which.table.name, row_id=one.id, error_code=end.error_code)
        return sum(end.verdict is Verdict.ACCEPTED for _, end in asked), settled == len(page)

    def _ends(self, page: Sequence[Old]) -> list[Outcome | None]:
        """What came of these calls in time, up to the first that has not ended."""
        ends: list[Outcome | None] = []
        again_by = self._now() + AGAIN_WITHIN_S
        with suppress(TimeoutError):  # what has come by then is in the list
            ends.extend(self._pool.map(lambda one: self._one(one, again_by), page, timeout=self._ends_s))
        return ends

    def _one(self, one: Old, again_by: float) -> Outcome | None:
        """What the carrier says; None where there is nothing to redact."""
        carrier = self._carriers.get(one.carrier)
        if carrier is None or not one.carrier_id:
            return None
        end = carrier.redact(one.carrier_id)
        again = end.verdict is Verdict.AMBIGUOUS and self._now() < again_by
        return carrier.redact(one.carrier_id) if again else end


def _settled(ends: Sequence[Outcome | None]) -> int:
    """How many of these, from the first one on, need not be asked for again."""
    verdicts = [end.verdict if end is not None else None for end in ends]
    answers = Verdict.ACCEPTED in verdicts or Verdict.REFUSED in verdicts
    again = (Verdict.SAFE,) if answers else (Verdict.SAFE, Verdict.AMBIGUOUS)
    return next((at for at, verdict in enumerate(verdicts) if verdict in again), len(ends))
