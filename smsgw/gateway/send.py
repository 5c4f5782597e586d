"""Send: a claim is committed, then the carrier is called, then what came of it is committed."""

import random
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from smsgw import logs
from smsgw.carriers import Carrier, Outcome, Parcel, Verdict
from smsgw.messages import outbox, pauses, states
from smsgw.messages.outbox import Mark
from smsgw.messages.rows import OutboundRow
from smsgw.store import Store

BEGIN_WITHIN_S = 10.0  # a call that has not begun by then is given back: its lease would run out under it
SLOW_S = 0.003  # a call on average, from which on the rest of a batch is called side by side
HICCUP_S = 0.02  # of a busy machine, which says nothing of the carrier
MAX_BACKOFF_MS = 300_000
STATE = {Verdict.ACCEPTED: states.ACCEPTED, Verdict.REFUSED: states.FAILED, Verdict.AMBIGUOUS: states.UNKNOWN}

log = logs.get()


class SendVerb:
    """The verb `send`. Calls run on `pool`, whose width bounds the calls under way at once."""

    def __init__(
        self,
        store: Store,
        carriers: Mapping[str, Carrier],
        pool: Executor,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._now = now  # in seconds, for how long calls take
        self._store = store
        self._carriers = carriers
        self._pool = pool

    def __call__(self, limit: int) -> int:
        """Send up to `limit` due messages; how many were claimed."""
        token = secrets.token_hex(16)
        with self._store.write() as connection:
            rows = outbox.claim(connection, token, limit)
        if rows:
            self.hand_over(token, rows)
        return len(rows)

    def hand_over(self, token: str, rows: Sequence[OutboundRow]) -> None:
        """Send messages whose claim under `token` is committed."""
        self._record(token, self._call_all(rows))

    def _record(self, token: str, marks: Sequence[Mark]) -> None:
        pausing = any(mark.refused_by for mark in marks)
        try:
            with self._store.write() if pausing else self._store.write_one() as connection:
                outbox.mark(connection, token, marks)
                for mark in marks:
                    _pause(connection, mark)
        except IntegrityError:
            # The carrier gave an id that another message has. That one is uncertain; its neighbours are not.
            if len(marks) == 1:
                marks = [replace(marks[0], state=states.UNKNOWN, carrier_id=None, error_code="id_taken")]
                log.error("carrier_id_taken", outbound_id=marks[0].outbound_id)
            for mark in marks:
                self._record(token, [mark])

    def _call_all(self, rows: Sequence[OutboundRow]) -> list[Mark]:
        started = self._now()
        begin_by = started + BEGIN_WITHIN_S
        marks = [self._call(rows[0], begin_by)]
        for at, row in enumerate(rows[1:], 1):
            if self._now() - started > max(HICCUP_S, at * SLOW_S):
                # Threads cost more than they save where the carrier is near, and save all where it is far.
                return marks + list(self._pool.map(lambda row: self._call(row, begin_by), rows[at:]))
            marks.append(self._call(row, begin_by))
        return marks

    def _call(self, row: OutboundRow, begin_by: float) -> Mark:
        if self._now() > begin_by:
            return Mark(row.id, states.QUEUED, begun=False)
        carrier = self._carriers.get(row.carrier)
        if carrier is None:
            return Mark(row.id, states.FAILED, error_code="no_carrier", error_text=f"no carrier named {row.carrier}")
        return _mark(row, carrier.send(_parcel(row)))


def _pause(connection: Connection, mark: Mark) -> None:
    """Pause a carrier that refuses our account: whatever it is given would only use up its attempts."""
    reason = mark.error_code or "refused"
    if mark.refused_by and pauses.begin(connection, mark.refused_by, mark.outbound_id, reason):
        hint = "see its account and credentials; it is tried again by itself"
        log.error("carrier_paused", carrier=mark.refused_by, error_code=reason, next_step=hint)


def _parcel(row: OutboundRow) -> Parcel:
    return Parcel(row.to_phone, row.from_phone, row.body, row.callback_token, row.expires_in_ms // 1000)


def _mark(row: OutboundRow, outcome: Outcome) -> Mark:
    if outcome.verdict is not Verdict.ACCEPTED:
        log.warning("not_accepted", outbound_id=row.id, verdict=outcome.verdict, error_code=outcome.error_code)
    return Mark(
        outbound_id=row.id,
        state=STATE.get(outcome.verdict, states.QUEUED),
        carrier_id=outcome.carrier_id,
        carrier_status=outcome.status,
        error_code=outcome.error_code,
        error_text=outcome.error_text,
        refused_by=row.carrier if outcome.breaker else None,
        wait_ms=_backoff_ms(row.attempts, outcome) if outcome.verdict is Verdict.SAFE else 0,
    )


def _backoff_ms(attempts: int, outcome: Outcome) -> int:
    # Never sooner than the carrier asks for; but a carrier that asks for nothing at all must not use up the attempts.
    asked_s = outcome.retry_after_s or 0.0
    grown_s = 2**attempts * random.uniform(1.0, 1.5)  # noqa: S311 - jitter
    return min(int(1000 * max(asked_s, grown_s)), MAX_BACKOFF_MS)
