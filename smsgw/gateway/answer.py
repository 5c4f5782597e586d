"""Answer: waiting messages are read, their handlers asked, and their replies queued, in one commit."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, Protocol

from sqlalchemy import Connection

from smsgw import logs
from smsgw.clock import Clock, day_of
from smsgw.errors import StoreUnavailable
from smsgw.gateway import pin
from smsgw.gateway.desk import Desk
from smsgw.gateway.effects import carry_out
from smsgw.gateway.opened import opened
from smsgw.gateway.reply import DEFAULT_LANGUAGE, Budget, Replier, Scene
from smsgw.gateway.session import Meant
from smsgw.keywords import Alert, Reading, Registry, Rules
from smsgw.members import binding
from smsgw.members.directory import STRANGER, Directory, Entitlement
from smsgw.members.identity import Who
from smsgw.messages import answering, inbox, notices, outbox, states, twice
from smsgw.messages.rows import Answer, InboundRow, OutboundRow
from smsgw.messages.terms import FREE, Terms
from smsgw.offices import Offices
from smsgw.store import Store

MAX_TRIES = 3
RETRY_MS = 2_000
HOLD_MS = 5_000  # between looks at membership data that could not be read
HOLD_AT_MOST_MS = 30 * 60_000
GENERAL = ("base.unknown", "bantuan.menu")
UNREAD: Final = Reading("unknown")

HandOver = Callable[[str, Sequence[OutboundRow]], object]

log = logs.get()


class Rulebook(Protocol):
    """The rules of every day (smsgw.rulebook)."""

    def on(self, day: date) -> Rules:
        """Those in force on a day."""
        ...


@dataclass(slots=True)
class _Batch:
    """Claimed rows while they are thought about. `now_ms` by the gateway's clock."""

    now_ms: int
    rules: Rules
    rows: dict[int, InboundRow] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    repeated: frozenset[int] = frozenset()  # the same text was answered a moment ago
    failed: list[int] = field(default_factory=list)
    held: list[int] = field(default_factory=list)


class AnswerVerb:
    """The verb `answer`."""

    def __init__(
        self,
        store: Store,
        registry: Registry,
        directory: Directory,
        clock: Clock,
        rulebook: Rulebook,
        budget: Budget = Budget(),  # noqa: B008 - frozen
        offices: Offices = Offices(),  # noqa: B008 - never changes
        who_binds: Who = "record",
        confirm_for: frozenset[str] = frozenset(),
        ours: frozenset[str] = frozenset(),
        answer_to: tuple[str, ...] = ("+62",),
        *,
        with_pin: bool = False,
        terms: Terms = FREE,
    ) -> None:
        self._store = store
        self._registry = registry
        self._replier = Replier(registry, budget, confirm_for, ours, answer_to)
        self._repeats = budget.repeats
        self._directory = directory
        self._clock = clock
        self._rulebook = rulebook
        self._offices = offices
        self._who_binds = who_binds
        self._with_pin = with_pin
        self._terms = terms

    def __call__(self, limit: int, hand_over: HandOver | None = None) -> int:
        """Answer up to `limit` waiting messages; how many were claimed.

        With `hand_over` the replies are claimed in the very commit that queues them, and handed over after it.
        """
        token = secrets.token_hex(16)
        rows = opened(self._store, inbox, token, lambda: self._claim(token, limit))
        if rows:
            replies = self._answered(token, rows, claimed=hand_over is not None)
            if hand_over is not None and replies:
                hand_over(token, replies)
        return len(rows)

    def _claim(self, token: str, limit: int) -> list[InboundRow]:
        with self._store.write_one() as connection:
            return inbox.claim(connection, token, limit)

    def _answered(self, token: str, rows: Sequence[InboundRow], *, claimed: bool) -> list[OutboundRow]:
        """Think about rows and commit: all at once, or each by itself where one of them raises."""
        try:
            return self._commit(token, self._think(rows), claimed=claimed)
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - one row that raises must not take the others with it
            if len(rows) == 1:
                return self._commit(token, self._raised(rows[0], error), claimed=claimed)
        return self._one_by_one(token, rows, claimed=claimed)

    def _one_by_one(self, token: str, rows: Sequence[InboundRow], *, claimed: bool) -> list[OutboundRow]:
        replies: list[OutboundRow] = []
        for row in rows:
            try:
                replies += self._answered(token, [row], claimed=claimed)
            except StoreUnavailable:  # what is committed is to be sent all the same; the rest waits for its lease
                log.error("answering_stopped", inbound_id=row.id)
                break
        return replies

    def _raised(self, row: InboundRow, error: Exception) -> _Batch:
        """A row that raises by itself, outside its handler: its next message waits until it is through."""
        now_ms = self._clock.now_ms(row.moved_ms)
        batch = _Batch(now_ms, self._rulebook.on(day_of(now_ms)), {row.id: row})
        reading = UNREAD
        with suppress(Exception):  # which may be what raises
            reading = self._read(row)
        self._failed(batch, row, reading, error)
        return batch

    def _read(self, row: InboundRow) -> Reading:
        return self._registry.read(row.body, sender=row.from_phone, num_media=row.num_media)

    def _think(self, rows: Sequence[InboundRow]) -> _Batch:
        now_ms = self._clock.now_ms(rows[0].moved_ms)
        batch = _Batch(now_ms, self._rulebook.on(day_of(now_ms)), {row.id: row for row in rows})
        readings = [*map(self._read, rows)]
        batch.repeated = self._repeated(rows, readings, now_ms)
        meant = [self._replier.meant(row, one, now_ms) for row, one in zip(rows, readings, strict=True)]
        for row, one, entitlement in zip(rows, meant, self._entitlements(rows, meant, now_ms), strict=True):
            self._one(batch, row, one, entitlement)
        self._with_alerts(batch)
        self._without_repeats(batch)
        return batch

    def _repeated(self, rows: Sequence[InboundRow], readings: Sequence[Reading], now_ms: int) -> frozenset[int]:
        """The messages that the network brought twice."""
        pairs = [(row, one) for row, one in zip(rows, readings, strict=True) if row.follows]
        asked = [(row, one.folded) for row, one in pairs if not self._replier.is_session(one)]
        if not asked:
            return frozenset()
        with self._store.read() as connection:
            return frozenset(row.id for row, text in asked if _is_double(connection, row, text, now_ms))

    def _entitlements(
        self, rows: Sequence[InboundRow], meant: Sequence[Meant], now_ms: int
    ) -> Sequence[Entitlement | None]:
        asks = [(row.from_phone, one.reading.membership_number) for row, one in zip(rows, meant, strict=True)]
        try:
            return self._directory.entitled(asks, now_ms)
        except StoreUnavailable:
            log.error("members_unavailable", waiting=len(rows))
            return [None] * len(rows)

    def _one(self, batch: _Batch, row: InboundRow, meant: Meant, entitlement: Entitlement | None) -> None:
        if entitlement is None and self._replier.needs_members(meant.reading):
            self._wait(batch, row, meant)
            return
        desk = self._desk(batch, row)
        today = day_of(batch.now_ms)
        entitled, repeated = entitlement or STRANGER, row.id in batch.repeated
        scene = Scene(entitled, desk, batch.rules, today, batch.now_ms, desk.check_pin, repeated)
        try:
            batch.answers.append(_remembering(row, self._replier.answer(row, meant, scene)))
        except StoreUnavailable:
            self._wait(batch, row, meant)
        except Exception as error:  # noqa: BLE001 - one handler's fault must not take the batch with it
            self._failed(batch, row, meant.reading, error)

    def _failed(self, batch: _Batch, row: InboundRow, reading: Reading, error: Exception) -> None:
        log.error("handler_failed", inbound_id=row.id, keyword=reading.keyword, error=type(error).__name__)
        if row.attempts + 1 < MAX_TRIES:
            batch.failed.append(row.id)
        else:
            batch.answers.append(self._replier.apology(row, reading, batch.rules))

    def _desk(self, batch: _Batch, row: InboundRow) -> Desk:
        return Desk(
            store=self._store,
            inbound_id=row.id,
            phone=row.from_phone,
            now_ms=batch.now_ms,
            locked_until=row.locked_until or 0,
            who_binds=self._who_binds,
            branches=self._offices,
            with_pin=self._with_pin,
            sent_pin=row.secret,
        )

    def _wait(self, batch: _Batch, row: InboundRow, meant: Meant) -> None:
        """Membership data cannot be read: hold the row, or apologise where it has waited too long."""
        if row.waited_ms < HOLD_AT_MOST_MS:
            batch.held.append(row.id)
        else:
            batch.answers.append(self._replier.unavailable(row, meant.reading, batch.rules))

    def _with_alerts(self, batch: _Batch) -> None:
        phones = {alert.phone for answer in batch.answers for alert in _alerts(answer)}
        if not phones:
            return
        with self._store.read() as connection:
            contacts = inbox.languages(connection, phones)
        batch.answers = [self._alerting(batch, answer, contacts) for answer in batch.answers]

    def _alerting(self, batch: _Batch, answer: Answer, contacts: Mapping[str, tuple[str | None, bool]]) -> Answer:
        row = batch.rows[answer.inbound_id]
        wanted = [(alert, *contacts.get(alert.phone, (None, False))) for alert in _alerts(answer)]
        drafts = (
            self._replier.alert(row, alert, language or DEFAULT_LANGUAGE, batch.rules)
            for alert, language, opted_out in wanted
            if not opted_out
        )
        return replace(answer, alerts=tuple(drafts))

    def _without_repeats(self, batch: _Batch) -> None:
        """Whoever has been told the same general text often enough within the hour is not told it again."""
        said = [(answer.phone, template) for answer in batch.answers if (template := _general(answer))]
        if not said:
            return
        with self._store.read() as connection:
            told = outbox.told(connection, *([*part] for part in zip(*said, strict=True)))
        batch.answers = [
            _repeated(answer) if told[answer.phone, _general(answer)] >= self._repeats else answer
            for answer in batch.answers
        ]

    def _commit(self, token: str, batch: _Batch, *, claimed: bool) -> list[OutboundRow]:
        if (
            claimed
            and not (self._terms.bound_replies or batch.failed or batch.held)
            and all(map(inbox.is_plain, batch.answers))
        ):
            with self._store.write_one() as connection:
                return answering.finish(connection, token, batch.answers)
        with self._store.write() as connection:
            mine = inbox.held(connection, token, batch.rows)
            answers = [answer for answer in batch.answers if answer.inbound_id in mine]
            undone = {answer.inbound_id for answer in answers if not self._carry_out(connection, batch, answer)}
            answers = [answer for answer in answers if answer.inbound_id not in undone]
            inbox.finish(connection, answers)
            if any(answer.set_opted_out for answer in answers):
                notices.withdraw(connection)
            drafts = [draft for answer in answers for draft in (answer.draft, *answer.alerts) if draft is not None]
            replies = (
                outbox.queue_claimed(connection, drafts, token, self._terms)
                if claimed
                else outbox.queue(connection, drafts)
            )
            inbox.hold(connection, [i for i in batch.failed if i in mine], RETRY_MS, failed_try=True)
            inbox.hold(connection, [i for i in batch.held if i in mine], HOLD_MS, failed_try=False)
            inbox.hold(connection, sorted(undone), 0, failed_try=False)
        return replies

    def _carry_out(self, connection: Connection, batch: _Batch, answer: Answer) -> bool:
        row = batch.rows[answer.inbound_id]
        if answer.used:
            binding.use(connection, row.from_phone, answer.used, batch.now_ms)
        return all(carry_out(effect, connection, row, batch.now_ms) for effect in answer.effects)


def _is_double(connection: Connection, row: InboundRow, folded: str, now_ms: int) -> bool:
    first = twice.repeats(connection, row, folded)
    if first is None or row.secret is None:
        return first is not None
    return pin.was_of(connection, first, row.secret, now_ms)  # of two PINs the text is one and the same


def _remembering(row: InboundRow, answer: Answer) -> Answer:
    if row.secret is None or answer.state != states.ANSWERED:
        return answer
    return replace(answer, effects=(*answer.effects, pin.Remember(row.secret)))


def _alerts(answer: Answer) -> list[Alert]:
    return [effect for effect in answer.effects if isinstance(effect, Alert)]


def _general(answer: Answer) -> str:
    """The name of the general text that an answer tells, or nothing."""
    template = answer.draft.template if answer.draft is not None else ""
    return template if template in GENERAL or template.endswith(".help") else ""


def _repeated(answer: Answer) -> Answer:
    return replace(answer, state=states.SUPPRESSED, reason="repeated", draft=None)
