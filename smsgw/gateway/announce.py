"""Announce: every participant is told the JHT balance once a year, a little at a time, where the last call stopped."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import func, select

from smsgw.clock import day_of
from smsgw.gateway.notices import Sender, balance_key, yearly_balance
from smsgw.keywords import measure
from smsgw.members.reach import Account, accounts
from smsgw.messages import inbox, notices, states
from smsgw.messages.notices import Notice
from smsgw.messages.rows import Kind
from smsgw.messages.tables import outbound
from smsgw.store import Store, db_now

CHUNK: Final = 200
MINUTE_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class Announced:
    """What became of the accounts that were looked at. `sample` is the first text; `minutes` until the last is due."""

    queued: int = 0
    segments: int = 0
    told_before: int = 0
    opted_out: int = 0
    minutes: int = 0
    sample: Notice | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """How to announce. `limit` 0: all; `dry`: queue nothing; `on_record`: also phones that are not bound."""

    per_minute: int
    limit: int = 0
    dry: bool = False
    on_record: bool = False


def balances(
    store: Store, sender: Sender, call: Call, now_ms: int, tick: Callable[[int], None] = lambda _: None
) -> Announced:
    """Queue the yearly balance of every account that was not told it this year; `tick` hears how many more are done.

    Each text is due a little after the one before, and after those of an earlier call that still wait.
    """
    year, begin_ms, done = day_of(now_ms).year, _after_those_waiting(store, call.per_minute), Announced()
    for chunk in _chunks(store, now_ms, on_record=call.on_record):
        room = call.limit - done.queued if call.limit else len(chunk)
        done = _chunk(store, sender, call, chunk, done, (year, room, begin_ms))
        tick(len(chunk))
        if call.limit and done.queued >= call.limit:
            break
    return done


def _chunks(store: Store, now_ms: int, *, on_record: bool) -> Iterator[Sequence[Account]]:
    after = 0
    while True:
        with store.read() as connection:
            found = accounts(connection, after, CHUNK, now_ms, on_record=on_record)
        if not found:
            return
        yield found
        after = found[-1].membership_id


def _chunk(
    store: Store, sender: Sender, call: Call, chunk: Sequence[Account], done: Announced, at: tuple[int, int, int]
) -> Announced:
    year, room, begin_ms = at
    with store.read() as connection:
        known = notices.told(connection, [balance_key(one.membership_id, year) for one in chunk])
        contacts = inbox.languages(connection, [one.phone for one in chunk])
    new = [one for one in chunk if balance_key(one.membership_id, year) not in known]
    reached = [one for one in new if not contacts.get(one.phone, (None, False))[1]]
    texts = [
        replace(
            yearly_balance(sender, one, year, contacts.get(one.phone, (None, False))[0]),
            wait_ms=begin_ms + (done.queued + nth) * MINUTE_MS // call.per_minute,
        )
        for nth, one in enumerate(reached[:room])
    ]
    if texts and not call.dry:
        with store.write() as connection:
            notices.queue(connection, texts)
    return Announced(
        done.queued + len(texts),
        done.segments + sum(measure(text.body).segments for text in texts),
        done.told_before + len(known),
        done.opted_out + len(new) - len(reached),
        texts[-1].wait_ms // MINUTE_MS if texts else done.minutes,
        done.sample or (texts[0] if texts else None),
    )


def _after_those_waiting(store: Store, per_minute: int) -> int:
    """Milliseconds from now until the announcements that wait already are through."""
    waiting = outbound.c.state == states.QUEUED, outbound.c.kind == Kind.ANNOUNCEMENT
    with store.read() as connection:
        last = connection.scalar(select(func.max(outbound.c.next_attempt_at) - db_now()).where(*waiting))
    return max(0, int(last) + MINUTE_MS // per_minute) if last is not None else 0
