"""Subjects: what people ask under their rights, and what is done about it once a second operator agrees."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from sqlalchemy import Connection, delete, exists, insert, select, update

from smsgw.errors import NotPossible
from smsgw.members import pins
from smsgw.members.import_chunk import FORGET_PHONE, REVOKE
from smsgw.members.tables import (
    bindings,
    complaints,
    memberships,
    people,
    phones_on_record,
    rebindings,
    subject_requests,
)
from smsgw.store import db_now

Kind = Literal["name", "birth_date", "nik", "phone_gone", "erasure"]
KINDS: Final[tuple[Kind, ...]] = ("name", "birth_date", "nik", "phone_gone", "erasure")
"""What is corrected here is what tells a person; phone_gone: a phone on the record that is not theirs.

The rest, status, employer, programmes, balance, contributions, is the core system's, and comes by import. A phone is
put on record there too: here it would go around the old phone's day to refuse a move (reliability §3.1).
"""
NIK: Final = re.compile(r"[0-9]{16}", re.ASCII)
LONGEST: Final = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """A request. `phone` of an erasure; `number` and `value` of a correction."""

    id: int
    kind: Kind
    state: str
    phone: str | None
    number: str | None
    value: str | None
    membership_id: int | None
    asked_by: str
    asked_at: int
    decided_by: str | None
    decided_at: int | None


def membership_id(connection: Connection, number: str) -> int | None:
    """The id of a membership; None: there is none of this number."""
    return connection.scalar(select(memberships.c.id).where(memberships.c.number == number))


def is_fit(connection: Connection, kind: Kind, value: str, key: int) -> bool:
    """Whether a value may be asked for of a membership: a name, a NIK, a day of birth in ISO form, or, to be taken off
    its record, a phone that is on it."""
    if kind == "name":
        return 0 < len(value) <= LONGEST and value.isprintable()
    if kind == "nik":
        return NIK.fullmatch(value) is not None
    if kind == "phone_gone":
        mine = phones_on_record.c.phone == value, phones_on_record.c.membership_id == key
        return bool(connection.scalar(select(exists().where(*mine))))
    try:
        return date.fromisoformat(value) <= date.today()  # noqa: DTZ011 - no zone makes an unborn member
    except ValueError:
        return False


def ask(connection: Connection, kind: Kind, by: str, now_ms: int, **whose: str | int | None) -> int:
    """Write a request down; its id. `whose`: phone, or membership_id and value."""
    values = {"kind": kind, "state": "open", "asked_by": by, "asked_at": now_ms, **whose}
    row = insert(subject_requests).values(values).returning(subject_requests.c.id)
    return int(connection.execute(row).scalar_one())


def find(connection: Connection, key: int) -> Asked | None:
    """A request by its id."""
    row = connection.execute(_CHOSEN.where(subject_requests.c.id == key)).first()
    return None if row is None else Asked(*row)


def newest(connection: Connection, limit: int) -> list[Asked]:
    """The newest requests, newest first."""
    rows = connection.execute(_CHOSEN.order_by(subject_requests.c.id.desc()).limit(limit))
    return [Asked(*row) for row in rows]


def decide(connection: Connection, key: int, by: str, now_ms: int, *, agreed: bool) -> bool:
    """Close an open request by somebody who has not asked for it; False: there is no such one to close."""
    mine = subject_requests.c.id == key, subject_requests.c.state == "open", subject_requests.c.asked_by != by
    values = {"state": "done" if agreed else "refused", "decided_by": by, "decided_at": now_ms}
    return connection.execute(update(subject_requests).where(*mine).values(values)).rowcount == 1


def correct(connection: Connection, asked: Asked) -> None:
    """Put what is right on the record of a membership's holder. NotPossible: the NIK is another person's."""
    whose = select(memberships.c.person_id).where(memberships.c.id == asked.membership_id).scalar_subquery()
    mine = memberships.c.person_id == whose
    if asked.kind == "phone_gone":
        mine = memberships.c.id == asked.membership_id
        for statement in (FORGET_PHONE, REVOKE):
            connection.execute(statement, {"of": asked.membership_id, "gone": asked.value})
    else:
        if asked.kind == "nik" and connection.scalar(
            select(exists().where(people.c.nik == asked.value, people.c.id != whose))
        ):
            raise NotPossible("taken")
        connection.execute(update(people).where(people.c.id == whose).values({asked.kind: asked.value}))
    connection.execute(update(memberships).where(mine).values(written_at=db_now()))


def erase(connection: Connection, phone: str) -> None:
    """Take a phone's bindings, moves, PIN, reports and requests away. The record of memberships is the import's."""
    pins.forget(connection, phone)
    for table in (bindings, rebindings, complaints):
        connection.execute(delete(table).where(table.c.phone == phone))
    connection.execute(update(subject_requests).where(subject_requests.c.phone == phone).values(phone=None))


_CHOSEN = select(
    subject_requests.c.id,
    subject_requests.c.kind,
    subject_requests.c.state,
    subject_requests.c.phone,
    memberships.c.number,
    subject_requests.c.value,
    subject_requests.c.membership_id,
    subject_requests.c.asked_by,
    subject_requests.c.asked_at,
    subject_requests.c.decided_by,
    subject_requests.c.decided_at,
).outerjoin(memberships, memberships.c.id == subject_requests.c.membership_id)
