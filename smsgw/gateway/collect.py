"""Collect: messages whose webhook never reached us are taken from the carrier's list (reliability §4.3, rule 13)."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from typing import Final

from smsgw import logs
from smsgw.carriers import Carrier
from smsgw.carriers.base import Page, Received
from smsgw.gateway.bell import Bell
from smsgw.gateway.receive import Receive, arrival
from smsgw.messages import collecting
from smsgw.messages.collecting import Span, Turn
from smsgw.messages.rows import Source
from smsgw.store import Store

AT_ONCE: Final = 100  # messages in a transaction
BEGIN_WITHIN_S: Final = 8.0  # a round of pages that has not begun by then is left; a first one is not
END_WITHIN_S: Final = 22.0  # with what a page takes to be entered this is shorter than a job

log = logs.get()


class CollectVerb:
    """The verb `collect`. Any number of processes may call it: one of them has the turn. Requests run on `pool`; no
    transaction is open meanwhile."""

    def __init__(
        self,
        store: Store,
        carriers: Mapping[str, Carrier],
        receive: Receive,
        bell: Bell,
        pool: Executor,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`now`: in seconds, for how long a turn takes."""
        self._store = store
        self._carriers = carriers
        self._receive = receive
        self._bell = bell
        self._pool = pool
        self._now = now

    def __call__(self) -> int:
        """Ask each carrier what it has for our numbers, where the turn is due; how many were missing."""
        with self._store.write() as connection:
            turn = collecting.claim(connection)
        if turn is None:
            return 0
        began = self._now()
        missed = sum(self._collect(carrier, turn, began) for carrier in self._carriers.values() if carrier.numbers)
        if missed:
            self._bell.ring("answer")
        return missed

    def _collect(self, carrier: Carrier, turn: Turn, began: float) -> int:
        """Fetch what an earlier turn has left, then what is new."""
        missed, goes_on = 0, True
        while goes_on:
            with self._store.read() as connection:
                span = collecting.span(connection, carrier.name, turn)
            entered, down_to_ms = self._fetch(carrier, span, began)
            missed += entered
            goes_on = down_to_ms <= span.since_ms and span.upto_ms < turn.now_ms and self._begins(began)
        if down_to_ms > span.since_ms:
            self._tell(carrier.name, span, down_to_ms)
        if missed:
            log.error("webhooks_missed", carrier=carrier.name, found=missed, next_step="see what stands before the web")
        return missed

    def _fetch(self, carrier: Carrier, span: Span, began: float) -> tuple[int, int]:
        """Enter page by page, in each round one of each number, as far as the turn's time goes; how many were missing,
        and since when all is fetched."""
        lists = {number: carrier.list_received(number, span.since_ms, span.before_ms) for number in carrier.numbers}
        down_to, missed = dict.fromkeys(lists, span.begins_ms), 0
        while lists:
            for number, page in self._round(lists, began):
                if page is not None:
                    missed += self._enter(carrier.name, page.found)
                    down_to[number] = min(down_to[number], page.down_to_ms)
                if page is None or page.down_to_ms <= span.since_ms:
                    del lists[number]
            self._keep(carrier.name, span, max(down_to.values()))
            if not self._begins(began):
                break
        return missed, max(down_to.values())

    def _round(self, lists: Mapping[str, Iterator[Page]], began: float) -> Iterator[tuple[str, Page | None]]:
        """The next page of each list; None where there is none. What does not come in the turn's time is left out."""
        ends_s = began + END_WITHIN_S - self._now()
        pages = self._pool.map(lambda one: next(one, None), [*lists.values()], timeout=max(0.0, ends_s))
        with suppress(TimeoutError):
            yield from zip([*lists], pages, strict=True)

    def _begins(self, began: float) -> bool:
        return self._now() < began + BEGIN_WITHIN_S

    def _keep(self, carrier: str, span: Span, down_to_ms: int) -> None:
        # With every round: a turn that dies has not been for nothing.
        if down_to_ms < span.begins_ms:
            with self._store.write() as connection:
                collecting.keep(connection, carrier, span, down_to_ms)

    def _tell(self, carrier: str, span: Span, down_to_ms: int) -> None:
        if down_to_ms == span.begins_ms:
            log.warning("list_unanswered", carrier=carrier, next_step="it is asked again in five minutes")
            return
        with self._store.write() as connection:
            collecting.again(connection)
        left_s = (down_to_ms - span.since_ms) // 1000
        log.error("webhooks_left", carrier=carrier, left_s=left_s, next_step="it is gone on from there in a minute")

    def _enter(self, carrier: str, found: Sequence[Received]) -> int:
        parts = (found[at : at + AT_ONCE] for at in range(0, len(found), AT_ONCE))
        return sum(self._record(carrier, part) for part in parts)

    def _record(self, carrier: str, found: Sequence[Received]) -> int:
        with self._store.read() as connection:
            known = collecting.known(connection, carrier, [one.carrier_id for one in found])
        missing = [arrival(carrier, one, Source.SWEEP) for one in found if one.carrier_id not in known]
        if missing:
            self._receive.together(missing)
        return len(missing)
