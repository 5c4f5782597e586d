"""PINs: one a phone, hashed with a pepper, and guessed at three times in a row at most (reliability §3.1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final, Literal

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import Connection, delete, or_, select, update

from smsgw.members.tables import bindings, memberships, people, pins
from smsgw.store import Cipher
from smsgw.store.sql import dialect_of, insert_ignore

MOST: Final = 3
"""Wrong PINs in a row after which only a branch opens the phone; `wrong` above it says that this has happened."""
Checked = Literal["none", "right", "bad", "locked"]
"""What a personal question's PIN is worth; none: the phone has none. Bad: wrong or missing."""

_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # the least that OWASP names
_STEPS: Final = ({0}, {1}, {9})
"""Steps from digit to digit, modulo ten, of 111111, 123456 and 654321."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A guess that is counted: what to compare it with, and which one in a row it is."""

    hash: str
    wrong: int


def hashed(cipher: Cipher, phone: str, pin: str) -> str:
    """What is kept of a PIN. The pepper is of the data key: the table alone cannot be tried out."""
    return _HASHER.hash(_peppered(cipher, phone, pin))


def matches(cipher: Cipher, phone: str, pin: str, kept: str) -> bool:
    """Whether it is the PIN, compared in constant time."""
    try:
        return _HASHER.verify(kept, _peppered(cipher, phone, pin))
    except VerifyMismatchError:
        return False


def is_trivial(pin: str, born: Sequence[date]) -> bool:
    """Whether it is among the first that anybody tries: one digit, digits in a row, a holder's birth date."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    return steps in _STEPS or pin in {f"{day:{shape}}" for day in born for shape in ("%d%m%y", "%y%m%d")}


def holders_born(connection: Connection, phone: str) -> list[date]:
    """The birth dates of those whose memberships are bound to a phone."""
    whose = select(people.c.birth_date).join(memberships, memberships.c.person_id == people.c.id)
    mine = whose.join(bindings, bindings.c.membership_id == memberships.c.id).where(bindings.c.phone == phone)
    found = connection.scalars(mine.where(bindings.c.state == "active", people.c.birth_date.is_not(None)))
    return [date.fromisoformat(born) for born in found]


def wrong(connection: Connection, phone: str) -> int | None:
    """How many wrong ones there were in a row; None: the phone has no PIN."""
    return connection.scalar(select(pins.c.wrong).where(pins.c.phone == phone))


def take(connection: Connection, phone: str, inbound_id: int) -> Taken | None:
    """Count a guess, once a message, as wrong. Commit before comparing. None: the phone has no PIN any more."""
    another = or_(pins.c.guess_id.is_(None), pins.c.guess_id != inbound_id)
    counted = update(pins).where(pins.c.phone == phone, pins.c.wrong <= MOST, another)
    connection.execute(counted.values(wrong=pins.c.wrong + 1, guess_id=inbound_id))
    found = connection.execute(select(pins.c.hash, pins.c.wrong).where(pins.c.phone == phone)).first()
    return Taken(found[0], found[1]) if found else None


def settle(connection: Connection, phone: str, taken: Taken, *, right: bool) -> bool:
    """Write down what came of a guess: a right one begins the count anew. Whether the phone is locked by it."""
    if not right and taken.wrong < MOST:
        return False
    mine = update(pins).where(pins.c.phone == phone, pins.c.wrong <= MOST)
    connection.execute(mine.values(wrong=0 if right else MOST + 1))
    return not right


def put(connection: Connection, phone: str, kept: str, now_ms: int) -> bool:
    """Keep the first PIN of a phone; False: it has one."""
    row = insert_ignore(dialect_of(connection), pins).values(phone=phone, hash=kept, changed_at=now_ms)
    return connection.execute(row.returning(pins.c.changed_at)).first() is not None


def forgive(connection: Connection, phone: str) -> None:
    """A branch has seen who it is: the count begins anew."""
    connection.execute(update(pins).where(pins.c.phone == phone).values(wrong=0, guess_id=None))


def forget(connection: Connection, phone: str) -> None:
    """Take a phone's PIN away."""
    connection.execute(delete(pins).where(pins.c.phone == phone))


def _peppered(cipher: Cipher, phone: str, pin: str) -> bytes:
    return cipher.digest(f"pin {phone}:{pin}")
