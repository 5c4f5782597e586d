"""PIN: what a message's PIN is worth, a phone's first one, and whether one came twice (reliability §3.1)."""

from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from smsgw import logs
from smsgw.keywords import PinChoice, SetPin
from smsgw.members import guards, pins
from smsgw.members.pins import Checked, Taken
from smsgw.messages import inbox
from smsgw.store import Store

OF_MESSAGE: Final = "pin"
REMEMBERED_MS: Final = guards.MINUTE_MS  # longer than the network takes to bring a message twice, and we to answer it

log = logs.get()


@dataclass(frozen=True, slots=True)
class Sent:
    """The PIN that came with a message, or None."""

    inbound_id: int
    phone: str
    pin: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Remember:
    """An effect: what PIN a message had is known for a minute, as a keyed hash, since its text does not tell."""

    pin: str = field(repr=False)


def remember(connection: Connection, inbound_id: int, pin: str, now_ms: int) -> None:
    """Know which PIN a message had, when the network brings it twice."""
    guards.remember(connection, OF_MESSAGE, f"{inbound_id}:{pin}", now_ms, REMEMBERED_MS)


def was_of(connection: Connection, inbound_id: int, pin: str, now_ms: int) -> bool:
    """Whether a message of this minute had this PIN."""
    return not guards.is_free(connection, OF_MESSAGE, f"{inbound_id}:{pin}", now_ms)


def check(store: Store, sent: Sent) -> Checked:
    """Whether a personal answer may be given; a missing PIN is no guess.

    Each step is committed before the next: of any number of guesses at once no more than three are compared.
    """
    with store.read() as connection:
        wrong = pins.wrong(connection, sent.phone)
    if wrong is None:
        return "none"
    if wrong > pins.MOST:
        return "locked"
    return "bad" if sent.pin is None else _compared(store, sent, sent.pin)


def choose(store: Store, sent: Sent) -> PinChoice:
    """What comes of a PIN that is to be the phone's first."""
    with store.read() as connection:
        exists = pins.wrong(connection, sent.phone) is not None
        born = pins.holders_born(connection, sent.phone)
    if exists:
        return PinChoice("exists")
    if sent.pin is None:
        return PinChoice("missing")
    if pins.is_trivial(sent.pin, born):
        return PinChoice("trivial")
    return PinChoice("set", (SetPin(pins.hashed(store.cipher, sent.phone, sent.pin)),))


def _compared(store: Store, sent: Sent, pin: str) -> Checked:
    with store.write() as connection:
        taken = pins.take(connection, sent.phone, sent.inbound_id)
    if taken is None:
        return "none"
    if taken.wrong > pins.MOST:
        _settle(store, sent, taken, right=False)
        return "locked"
    right = pins.matches(store.cipher, sent.phone, pin, taken.hash)
    _settle(store, sent, taken, right=right)
    return "right" if right else "bad"


def _settle(store: Store, sent: Sent, taken: Taken, *, right: bool) -> None:
    with store.write() as connection:
        locked = pins.settle(connection, sent.phone, taken, right=right)
        if locked:
            inbox.lock(connection, sent.phone, guards.FOR_EVER)
    if locked:
        log.warning("pin_locked", inbound_id=sent.inbound_id)
