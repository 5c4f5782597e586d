"""Proving: whoever says who he is, is counted first, then looked up, judged and written down (reliability §3.1)."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from smsgw import logs
from smsgw.keywords import Alert, Bind, Recall, Registration
from smsgw.members import guards, identity
from smsgw.members.guards import Guess, Taken
from smsgw.members.identity import Claimed, Record, Who
from smsgw.messages import inbox
from smsgw.store import Store

ALARM: Final = "guessing"
WARNED: Final = "warned"
"""Kinds of guards for what happens once in a while: the alarm, and the warning of the phone on record."""

log = logs.get()


def register(store: Store, guess: Guess, claimed: Claimed, locked_until: int, who: Who) -> Registration:
    """What comes of a DAFTAR. Each step is committed before the next: a message read twice is counted once."""
    taken = _take(store, guess, locked_until)
    if taken.refused:
        return Registration("neutral" if taken.refused == "breaker" else "locked")
    with store.read() as connection:
        on = identity.look(connection, claimed.phone, claimed.number, guess.now_ms)
        may_warn = guards.is_free(connection, WARNED, claimed.number, guess.now_ms)
    # What is shut to everybody else stays open to the phone that is bound: nobody can shut a member out.
    closed = taken.closed and on.bound != claimed.phone
    verdict = "closed" if closed else identity.judge(claimed, on, who)
    _settle(store, guess, verdict)
    return _told(verdict, claimed, on, may_warn=may_warn)


def recall(store: Store, guess: Guess, nik: str, born: date, locked_until: int) -> Recall:
    """What comes of a LUPA."""
    taken = _take(store, guess, locked_until)
    if taken.refused:
        return Recall(locked=taken.refused != "breaker")
    with store.read() as connection:
        numbers: Sequence[str] = identity.remembered(connection, guess.phone, nik, born)
    _settle(store, guess, "found" if numbers else "neutral")
    return Recall(tuple(numbers))


def _take(store: Store, guess: Guess, locked_until: int) -> Taken:
    with store.write() as connection:
        taken = guards.take(connection, guess, locked_until)
        tripped = taken.refused == "breaker"
        alarm = tripped and guards.once(connection, ALARM, "", guess.now_ms, guards.MINUTE_MS)
    if alarm:
        log.error("too_many_guesses", in_a_minute_above=guards.ALL)
    return taken


def _settle(store: Store, guess: Guess, verdict: str) -> None:
    with store.write() as connection:
        until = guards.settle(connection, guess, verdict)
        if until:
            inbox.lock(connection, guess.phone, until)
    if until:
        log.warning("phone_locked", inbound_id=guess.inbound_id, until_branch=until == guards.FOR_EVER)


def _told(verdict: str, claimed: Claimed, on: Record, *, may_warn: bool) -> Registration:
    if verdict == "bound":
        return Registration("bound", on.membership, (Bind(claimed.number),))
    if verdict == "mismatch":
        return Registration("mismatch")
    warned = on.other_phone(claimed.phone) if verdict == "foreign" and may_warn else None
    return Registration("neutral", effects=_warning(warned, claimed.number) if warned else ())


def _warning(phone: str, number: str) -> tuple[Alert, ...]:
    return (Alert(phone, "DAFTAR", "alert", {"number": number}, daily=number),)
