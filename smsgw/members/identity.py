"""Identity: what is on record about a guess, and what it is worth (reliability §3.1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy import Connection, bindparam, select

from smsgw.members.directory import COLUMNS, IDLE_MS, Membership, membership_of
from smsgw.members.tables import bindings, memberships, people, phones_on_record

Who = Literal["record", "claim"]
"""Who may bind by DAFTAR: the phone on record, or any phone where none is on record."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a DAFTAR says: who it is, and the membership."""

    phone: str
    nik: str
    born: date
    number: str


@dataclass(frozen=True, slots=True)
class Record:
    """What is on record: the membership, whose it is, its phones, the one bound to it, and whom this phone is bound to.

    A binding that was not used for sixty days does not count.
    """

    membership: Membership | None
    nik: str | None
    born: str | None
    phones: tuple[str, ...]
    bound: str | None
    niks: frozenset[str | None]

    def other_phone(self, phone: str) -> str | None:
        """The phone to warn when `phone` sends right data: the bound one, else the first on record."""
        known = (self.bound, *self.phones) if self.bound else self.phones
        return next((one for one in known if one != phone), None)


def look(connection: Connection, phone: str, number: str, now_ms: int) -> Record:
    """What is on record about a number, seen from a phone: the same statements whatever is there."""
    values = {"number": number, "phone": phone, "since": now_ms - IDLE_MS}
    found = connection.execute(_MEMBERSHIP, values).first()
    return Record(
        membership=membership_of(*found[2:]) if found else None,
        nik=found[0] if found else None,
        born=found[1] if found else None,
        phones=tuple(sorted(connection.scalars(_PHONES, values))),
        bound=connection.scalar(_BOUND, values),
        niks=frozenset(connection.scalars(_NIKS, values)),
    )


def judge(claimed: Claimed, on: Record, who: Who) -> str:
    """What a DAFTAR is worth: bound, mismatch, neutral, or foreign: right data, but from another phone.

    Only the member's record decides: the digits of a NIK say nothing. A phone is of one person, unless a branch binds
    it to a second one.
    """
    right = on.membership is not None and (on.nik, on.born) == (claimed.nik, claimed.born.isoformat())
    on_record = claimed.phone in on.phones
    if not on_record and (who == "record" or on.phones):
        return "foreign" if right else "neutral"
    if not right:
        return "mismatch" if on_record else "neutral"
    if on.bound not in (None, claimed.phone):
        return "foreign"
    return "neutral" if on.niks - {claimed.nik} else "bound"


def remembered(connection: Connection, phone: str, nik: str, born: date) -> Sequence[str]:
    """The numbers of a person's memberships that this phone is on record for, the latest first; else none."""
    rows = connection.execute(_OF_PERSON, {"phone": phone, "nik": nik}).all()
    return [number for number, born_on in rows if born_on == born.isoformat()]


_number = memberships.c.number == bindparam("number")
_active = bindings.c.state == "active", bindings.c.used_at >= bindparam("since")
_whose = people.c.id == memberships.c.person_id
_MEMBERSHIP = select(people.c.nik, people.c.birth_date, *COLUMNS).join(memberships, _whose).where(_number)
_PHONES = (
    select(phones_on_record.c.phone)
    .join(memberships, memberships.c.id == phones_on_record.c.membership_id)
    .where(_number)
)
_BOUND = (
    select(bindings.c.phone).join(memberships, memberships.c.id == bindings.c.membership_id).where(_number, *_active)
)
_NIKS = (
    select(people.c.nik)
    .join(memberships, _whose)
    .join(bindings, bindings.c.membership_id == memberships.c.id)
    .where(bindings.c.phone == bindparam("phone"), *_active)
)
_OF_PERSON = (
    select(memberships.c.number, people.c.birth_date)
    .join(people, _whose)
    .join(phones_on_record, phones_on_record.c.membership_id == memberships.c.id)
    .where(people.c.nik == bindparam("nik"), phones_on_record.c.phone == bindparam("phone"))
    .order_by(memberships.c.registered_on.desc(), memberships.c.id)
)
