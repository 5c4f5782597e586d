"""Guards: every guess at somebody's data is counted before anything is looked up (reliability §3.1).

An attempt is one row, counted from the moment it is written until its verdict says that it was no failure. Whoever
counts the same thing queues up at its guard's row, so that of any number of guesses at once no more than the limit is
looked at. Times are milliseconds of the gateway's clock; a window of a day is the day before now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, delete, func, or_, select, update

from smsgw.members.tables import attempts, guards
from smsgw.store.sql import dialect_of, insert, insert_ignore
from smsgw.store.types import cipher_of

MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000
PHONE: Final = 3
"""Failures of a phone in a day that lock it for a day."""
LOCKS: Final = 3
"""Locks of a phone in thirty days after which only a branch opens it."""
MEMBERSHIP: Final = 5
"""Failures about a membership in a day, from any phones, that shut DAFTAR for it for a day."""
ALL: Final = 60
"""Failures in a minute, from anybody, above which nothing is looked up."""
MONTH_MS: Final = 30 * DAY_MS
FOR_EVER: Final = 253_402_300_799_000
"""Until a branch opens it: the end of the year 9999."""

REFUSED: Final = ("locked", "branch", "breaker")
"""Verdicts of what was not looked at: the phone is locked, for a day or until a branch opens it; too many at once."""
FAILED: Final = ("mismatch", "neutral", "foreign")
"""Verdicts of failures; foreign: right data from another phone. `closed`, `bound` and `found` count for nothing."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A message that may be a guess. `number` is None where it names no membership."""

    inbound_id: int
    phone: str
    number: str | None
    now_ms: int


@dataclass(frozen=True, slots=True)
class Taken:
    """Whether a guess may be looked at: `refused` is a verdict, or None; `closed`: its membership is shut to others."""

    refused: str | None = None
    closed: bool = False


def take(connection: Connection, guess: Guess, locked_until: int) -> Taken:
    """Count a guess, once a message. Commit before looking anything up. `locked_until`: of its phone."""
    queued = _queue_up(connection, guess, with_all=True)
    known = connection.execute(select(attempts.c.verdict).where(attempts.c.inbound_id == guess.inbound_id)).first()
    if known is None:
        _write(connection, guess)
    elif known.verdict in REFUSED:
        return Taken(known.verdict)
    refused = None if known else _refusal(connection, guess, locked_until)
    if refused:
        _rule(connection, guess, refused)
    return Taken(refused, closed=_closed(connection, guess, queued))


def settle(connection: Connection, guess: Guess, verdict: str) -> int | None:
    """Write down what came of a guess: a success gives its step back. Until when its phone is locked now, if it is."""
    if verdict in FAILED:
        _queue_up(connection, guess, with_all=False)
    if not _rule(connection, guess, verdict) or verdict not in FAILED:
        return None
    about = _key(connection, "membership", guess.number) if guess.number else None
    if about and _count(connection, _failed, attempts.c.membership_key == about, guess, DAY_MS) >= MEMBERSHIP:
        connection.execute(update(guards).where(guards.c.key == about).values(until=guess.now_ms + DAY_MS))
    mine = attempts.c.phone_key == _key(connection, "phone", guess.phone)
    if _count(connection, _failed, mine, guess, DAY_MS) < PHONE:
        return None
    connection.execute(update(attempts).where(attempts.c.inbound_id == guess.inbound_id).values(locked=True))
    locks = _count(connection, attempts.c.locked, mine, guess, MONTH_MS)
    return FOR_EVER if locks >= LOCKS else guess.now_ms + DAY_MS


def forgive(connection: Connection, phone: str) -> None:
    """A branch has seen who it is: nothing that this phone did counts any more. Its lock is the contact's."""
    mine = attempts.c.phone_key == _key(connection, "phone", phone)
    connection.execute(update(attempts).where(mine).values(verdict="forgiven", locked=False))


def erase(connection: Connection, phone: str, numbers: Sequence[str]) -> None:
    """A demo begins anew: nothing was ever tried by this phone, nor about these memberships by anybody."""
    mine, about = _key(connection, "phone", phone), [_key(connection, "membership", number) for number in numbers]
    tried = or_(attempts.c.phone_key == mine, attempts.c.membership_key.in_(about))
    connection.execute(delete(attempts).where(tried))
    warned = [_key(connection, "warned", number) for number in numbers]  # smsgw.gateway.proving.WARNED
    connection.execute(delete(guards).where(guards.c.key.in_([mine, *about, *warned])))


def once(connection: Connection, kind: str, value: str, now_ms: int, every_ms: int) -> bool:
    """Whether this may happen now: once, and not again before `every_ms` are over."""
    free = guards.c.until <= now_ms
    row = _guard(connection, kind, value, now_ms, now_ms + every_ms)
    first = insert(dialect_of(connection), guards).values(row)
    again = first.on_conflict_do_update(
        index_elements=[guards.c.key], set_={"until": now_ms + every_ms, "touched_at": now_ms}, where=free
    )
    return connection.execute(again.returning(guards.c.key)).first() is not None


def remember(connection: Connection, kind: str, value: str, now_ms: int, for_ms: int) -> None:
    """Let this be not free for so long. It is forgotten by the first sweep after that."""
    row = _guard(connection, kind, value, now_ms, now_ms + for_ms)
    row["touched_at"] += for_ms - MONTH_MS
    connection.execute(insert_ignore(dialect_of(connection), guards).values(row))


def is_free(connection: Connection, kind: str, value: str, now_ms: int) -> bool:
    """Whether `once` would let it happen now, and nothing remembers it."""
    key = _key(connection, kind, value)
    return int(connection.scalar(select(guards.c.until).where(guards.c.key == key)) or 0) <= now_ms


def forget(connection: Connection, now_ms: int) -> None:
    """Leave behind what counts for nothing any more."""
    connection.execute(delete(attempts).where(attempts.c.at < now_ms - MONTH_MS))
    connection.execute(delete(guards).where(guards.c.touched_at < now_ms - MONTH_MS))


def _queue_up(connection: Connection, guess: Guess, *, with_all: bool) -> int:
    """Wait for everybody who counts the same; until when the membership is shut. Always in this order: no deadlock."""
    about = [("phone", guess.phone), ("membership", guess.number), ("all", "" if with_all else None)]
    rows = [_guard(connection, kind, value, guess.now_ms) for kind, value in about if value is not None]
    queued = insert(dialect_of(connection), guards).values(rows)
    touched = queued.on_conflict_do_update(index_elements=[guards.c.key], set_={"touched_at": guess.now_ms})
    untils = connection.execute(touched.returning(guards.c.kind, guards.c.until)).all()
    return next((int(until) for kind, until in untils if kind == "membership"), 0)


def _guard(connection: Connection, kind: str, value: str, now_ms: int, until: int = 0) -> dict[str, Any]:
    return {"key": _key(connection, kind, value), "kind": kind, "until": until, "touched_at": now_ms}


def _key(connection: Connection, kind: str, value: str) -> bytes:
    return cipher_of(connection.dialect).digest(f"guard {kind}:{value}")


def _write(connection: Connection, guess: Guess) -> None:
    row = {
        "inbound_id": guess.inbound_id,
        "at": guess.now_ms,
        "phone_key": _key(connection, "phone", guess.phone),
        "membership_key": _key(connection, "membership", guess.number) if guess.number else None,
    }
    connection.execute(insert_ignore(dialect_of(connection), attempts).values(row))


def _refusal(connection: Connection, guess: Guess, locked_until: int) -> str | None:
    if locked_until > guess.now_ms:
        return "branch" if locked_until >= FOR_EVER else "locked"
    mine = attempts.c.phone_key == _key(connection, "phone", guess.phone)
    if _count(connection, _counts, mine, guess, DAY_MS) > PHONE:
        return "locked"
    return "breaker" if _count(connection, _counts, None, guess, MINUTE_MS) > ALL else None


def _closed(connection: Connection, guess: Guess, until: int) -> bool:
    if guess.number is None:
        return False
    about = attempts.c.membership_key == _key(connection, "membership", guess.number)
    return until > guess.now_ms or _count(connection, _counts, about, guess, DAY_MS) > MEMBERSHIP


def _rule(connection: Connection, guess: Guess, verdict: str) -> bool:
    """Write a verdict; a failure stays one."""
    mine = attempts.c.inbound_id == guess.inbound_id
    open_still = or_(attempts.c.verdict.is_(None), attempts.c.verdict.not_in((*FAILED, "forgiven")))
    return connection.execute(update(attempts).where(mine, open_still).values(verdict=verdict)).rowcount == 1


_failed = attempts.c.verdict.in_(FAILED)
_counts = or_(attempts.c.verdict.is_(None), _failed)


def _count(connection: Connection, which: Any, mine: ColumnElement[bool] | None, guess: Guess, within_ms: int) -> int:
    found = select(func.count()).select_from(attempts).where(which, attempts.c.at > guess.now_ms - within_ms)
    return int(connection.scalar(found if mine is None else found.where(mine)) or 0)
