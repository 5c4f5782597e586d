"""Answer: waiting messages are read, their handlers asked, and their replies queued, in one commit."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select

from smsgw import logs
from smsgw.errors import StoreUnavailable
from smsgw.gateway.reply import Replier
from smsgw.keywords import Reading, Registry
from smsgw.members.directory import Directory, Entitlement
from smsgw.messages import inbox, outbox
from smsgw.messages.rows import Answer, InboundRow
from smsgw.store import Store, db_now

MAX_TRIES = 3
RETRY_MS = 2_000
HOLD_MS = 5_000  # between looks at membership data that could not be read
HOLD_AT_MOST_MS = 30 * 60_000

log = logs.get()


@dataclass(slots=True)
class _Batch:
    now: int
    answers: list[Answer] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    held: list[int] = field(default_factory=list)


class AnswerVerb:
    """The verb `answer`."""

    def __init__(self, store: Store, registry: Registry, directory: Directory, today: Callable[[], date]) -> None:
        self._store = store
        self._registry = registry
        self._replier = Replier(registry)
        self._directory = directory
        self._today = today

    def __call__(self, limit: int) -> int:
        """Answer up to `limit` waiting messages; how many were claimed."""
        token = secrets.token_hex(16)
        with self._store.write() as connection:
            rows = inbox.claim(connection, token, limit)
            now = int(connection.scalar(select(db_now())) or 0) if rows else 0
        if rows:
            self._commit(token, self._think(rows, now))
        return len(rows)

    def _think(self, rows: Sequence[InboundRow], now: int) -> _Batch:
        readings = [self._registry.read(row.body, sender=row.from_phone, num_media=row.num_media) for row in rows]
        entitlements = self._entitlements(rows, readings)
        batch, today = _Batch(now), self._today()
        for row, reading, entitlement in zip(rows, readings, entitlements, strict=True):
            self._one(batch, row, reading, entitlement, today)
        return batch

    def _entitlements(self, rows: Sequence[InboundRow], readings: Sequence[Reading]) -> Sequence[Entitlement | None]:
        asks = [(row.from_phone, reading.membership_number) for row, reading in zip(rows, readings, strict=True)]
        try:
            return self._directory.entitled(asks)
        except StoreUnavailable:
            log.error("members_unavailable", waiting=len(rows))
            return [None] * len(rows)

    def _one(
        self, batch: _Batch, row: InboundRow, reading: Reading, entitlement: Entitlement | None, today: date
    ) -> None:
        if entitlement is None and self._replier.is_personal(reading):
            if batch.now - row.received_at < HOLD_AT_MOST_MS:
                batch.held.append(row.id)
            else:
                batch.answers.append(self._replier.unavailable(row, reading))
            return
        try:
            known = entitlement or Entitlement(memberships=(), known=False)
            batch.answers.append(self._replier.answer(row, reading, known, today))
        except Exception as error:  # noqa: BLE001 - one handler's fault must not take the batch with it
            log.error("handler_failed", inbound_id=row.id, keyword=reading.keyword, error=type(error).__name__)
            if row.attempts + 1 < MAX_TRIES:
                batch.failed.append(row.id)
            else:
                batch.answers.append(self._replier.apology(row, reading))

    def _commit(self, token: str, batch: _Batch) -> None:
        with self._store.write() as connection:
            mine = inbox.held(connection, token)
            answers = [answer for answer in batch.answers if answer.inbound_id in mine]
            inbox.finish(connection, answers)
            outbox.queue(connection, [answer.draft for answer in answers if answer.draft is not None])
            inbox.hold(connection, [i for i in batch.failed if i in mine], RETRY_MS, failed_try=True)
            inbox.hold(connection, [i for i in batch.held if i in mine], HOLD_MS, failed_try=False)
