"""Send: a claim is committed, then the carrier is called, then what came of it is committed."""

import random
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import replace
from threading import Event
from types import MappingProxyType

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from smsgw import logs
from smsgw.carriers import Carrier, Outcome, Parcel, Verdict
from smsgw.errors import StoreUnavailable
from smsgw.gateway.calling import Calling
from smsgw.gateway.opened import opened
from smsgw.messages import inbox, notices, outbox, pauses, reroutes, spending, states
from smsgw.messages.outbox import Mark
from smsgw.messages.reroutes import Leaving, Routes, Why
from smsgw.messages.rows import OutboundRow
from smsgw.messages.terms import FREE, Terms
from smsgw.store import Store

BEGIN_WITHIN_S = 10.0  # a call that has not begun by then is given back: its lease would run out under it
RECORD_WITHIN_S, RECORD_AGAIN_S = 4.0, 0.2  # with the calls this is shorter than a job
MAX_BACKOFF_MS = 300_000
LAST_GROWTH = 9  # the try after which waits are at their longest: one of days has thousands
AGAIN_S = 0.1  # between two looks at what waits for its pace: less than a bucket takes to fill
STATE = {Verdict.ACCEPTED: states.ACCEPTED, Verdict.REFUSED: states.FAILED, Verdict.AMBIGUOUS: states.UNKNOWN}

log = logs.get()


class SendVerb:
    """The verb `send`. Calls run on `pool`, whose width bounds the calls under way at once."""

    def __init__(
        self,
        store: Store,
        carriers: Mapping[str, Carrier],
        pool: Executor,
        routes: Routes = MappingProxyType({}),
        terms: Terms = FREE,
        later: Callable[[float], None] = lambda seconds: None,
        stopping: Event | None = None,
        *,
        width: int | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`routes`: the carriers of those of our numbers that have several. `later` is told how many seconds what
        waits for its number's pace has still to wait. `width`: that of the pool, where claims are to be
        no wider. While `stopping` is set nothing is claimed and no call begins."""
        self._now = now  # in seconds, for how long calls take
        self._store = store
        self._carriers = carriers
        self._routes = routes
        self._terms = terms
        self._later = later
        self._stopping = stopping or Event()
        self._width = width
        self._calling = Calling(self._call, pool, now)

    @property
    def at_once(self) -> int | None:
        """How many messages to claim at most; None where it does not matter, since the carrier answers at once.

        What is claimed and not yet called for when a worker dies is lost to its participant: nobody knows that it
        never left. So no more is claimed than is called for side by side, unless the calls are over in a moment.
        """
        return None if self._calling.is_near else self._width

    def __call__(self, limit: int) -> int:
        """Send up to `limit` due messages; how many were claimed."""
        if self._stopping.is_set():
            return 0
        token = secrets.token_hex(16)
        rows = opened(self._store, outbox, token, lambda: self._claim(token, limit))
        if rows:
            self.hand_over(token, rows)
        if self._terms.paces:
            self._come_again()
        return len(rows)

    def _claim(self, token: str, limit: int) -> list[OutboundRow]:
        with self._store.write() as connection:
            return outbox.claim(connection, token, limit, self._terms)

    def hand_over(self, token: str, rows: Sequence[OutboundRow]) -> None:
        """Send messages whose claim under `token` is committed."""
        begin_by = self._now() + BEGIN_WITHIN_S
        marks: list[Mark] = []
        for ended in self._calling.ends([(row, begin_by) for row in rows]):
            marks += ended
            with suppress(StoreUnavailable):  # what is not written now is with the next
                self._record_once(token, marks)
                marks = []
        if marks:
            self._record(token, marks)

    def _come_again(self) -> None:
        with self._store.read() as connection:
            wait_ms = outbox.wait_ms(connection, self._terms)
        if wait_ms is not None:
            self._later(max(AGAIN_S, wait_ms / 1000))

    def _record(self, token: str, marks: Sequence[Mark]) -> None:
        """Write what came of the calls; a database that is away for a moment must not make it uncertain."""
        until = time.monotonic() + RECORD_WITHIN_S
        while True:
            try:
                return self._record_once(token, marks)
            except StoreUnavailable:
                if time.monotonic() > until:
                    raise
                log.warning("record_again", messages=len(marks))
                time.sleep(RECORD_AGAIN_S)

    def _record_once(self, token: str, marks: Sequence[Mark]) -> None:
        write = self._store.write_one if all(mark.is_plain for mark in marks) else self._store.write
        try:
            with write() as connection:
                self._write(connection, token, marks)
        except IntegrityError:
            # The carrier gave an id that another message has. That one is uncertain; its neighbours are not.
            if len(marks) == 1:
                if marks[0].carrier_id is None:  # it has none to be at odds with: the message itself was deleted
                    log.error("outbound_gone", outbound_id=marks[0].outbound_id)
                    return
                marks = [replace(marks[0], state=states.UNKNOWN, carrier_id=None, error_code="id_taken")]
                log.error("carrier_id_taken", outbound_id=marks[0].outbound_id)
            for mark in marks:
                self._record_once(token, [mark])

    def _write(self, connection: Connection, token: str, marks: Sequence[Mark]) -> None:
        leaving = [mark.leaving for mark in marks if mark.leaving is not None]
        moves = reroutes.plan(connection, self._routes, leaving)
        outbox.mark(connection, token, [_moving(mark) if mark.outbound_id in moves else mark for mark in marks])
        reroutes.carry_out(connection, token, leaving, moves)
        if self._terms.per_day and (uncounted := sum(mark.first for mark in marks)):
            spending.uncount(connection, uncounted)
        _opt_out(connection, [mark.opted_out for mark in marks if mark.opted_out is not None])
        for mark in marks:
            _pause(connection, mark)

    def _call(self, claimed: tuple[OutboundRow, float]) -> Mark:
        row, begin_by = claimed
        if self._stopping.is_set() or self._now() > begin_by:
            return Mark(row.id, states.QUEUED, begun=False, first=row.attempts == 1)
        carrier = self._carriers.get(row.carrier)
        if carrier is None:
            return _without_carrier(row)
        return _mark(row, carrier.send(_parcel(row)))


def _pause(connection: Connection, mark: Mark) -> None:
    """Pause a carrier that refuses our account: whatever it is given would only use up its attempts."""
    reason = mark.error_code or "refused"
    if mark.refused_by and pauses.begin(connection, mark.refused_by, mark.outbound_id, reason):
        hint = "see its account and credentials; it is tried again by itself"
        log.error("carrier_paused", carrier=mark.refused_by, error_code=reason, next_step=hint)


def _opt_out(connection: Connection, phones: Sequence[str]) -> None:
    """A STOP that only the carrier has heard counts as one that we have (reliability §3.1)."""
    if phones:
        inbox.opt_out(connection, phones)
        notices.withdraw(connection)
        log.info("opted_out_at_carrier", phones=len(phones))


def _moving(mark: Mark) -> Mark:
    return replace(mark, state=states.QUEUED, wait_ms=0)


def _leaving(row: OutboundRow, why: Why) -> Leaving:
    return Leaving(row.id, row.from_phone, row.carrier, row.attempts, why)


def _without_carrier(row: OutboundRow) -> Mark:
    text, leaving = f"no carrier named {row.carrier}", _leaving(row, Why.REFUSED)
    return Mark(row.id, states.FAILED, error_code="no_carrier", error_text=text, leaving=leaving)


def _why(row: OutboundRow, outcome: Outcome) -> Why | None:
    """Why a message may go by another carrier: only where this one provably has not taken it."""
    if outcome.verdict is Verdict.SAFE and outcome.breaker:
        return Why.ACCOUNT
    if outcome.verdict is Verdict.SAFE and row.attempts % reroutes.TRIES == 0:
        return Why.TRIES
    return Why.REFUSED if outcome.verdict is Verdict.REFUSED and outcome.elsewhere else None


def _parcel(row: OutboundRow) -> Parcel:
    return Parcel(row.to_phone, row.from_phone, row.body, row.callback_token, row.expires_in_ms // 1000)


def _mark(row: OutboundRow, outcome: Outcome) -> Mark:
    if outcome.verdict is not Verdict.ACCEPTED:
        log.warning("not_accepted", outbound_id=row.id, verdict=outcome.verdict, error_code=outcome.error_code)
    why = _why(row, outcome)
    return Mark(
        outbound_id=row.id,
        state=STATE.get(outcome.verdict, states.QUEUED),
        carrier_id=outcome.carrier_id,
        carrier_status=outcome.status,
        error_code=outcome.error_code,
        error_text=outcome.error_text,
        refused_by=row.carrier if outcome.breaker else None,
        wait_ms=_backoff_ms(row.attempts, outcome) if outcome.verdict is Verdict.SAFE else 0,
        leaving=_leaving(row, why) if why is not None else None,
        opted_out=row.to_phone if outcome.opted_out else None,
    )


def _backoff_ms(attempts: int, outcome: Outcome) -> int:
    # Never sooner than the carrier asks for; but a carrier that asks for nothing at all must not use up the attempts.
    asked_s = outcome.retry_after_s or 0.0
    grown_s = 2 ** min(attempts, LAST_GROWTH) * random.uniform(1.0, 1.5)  # noqa: S311 - jitter
    return int(min(1000 * max(asked_s, grown_s), MAX_BACKOFF_MS))
