"""Complaints: what participants reported by LAPOR, under numbers such as L2510-00045."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from smsgw.clock import day_of
from smsgw.errors import NotPossible
from smsgw.members.tables import complaints, series
from smsgw.store import Store
from smsgw.store.sql import dialect_of, insert, insert_ignore

STATES: Final = ("received", "in_progress", "answered")


@dataclass(frozen=True, slots=True)
class Filed:
    """A report as a branch sees it; `inbound_id` is the message that filed it."""

    id: int
    number: str
    inbound_id: int
    phone: str
    text: str
    state: str
    answer: str | None
    filed_at: int
    changed_at: int


def new_number(store: Store, now_ms: int) -> str:
    """The next number of the month. Committed at once: a number that is then not used leaves a gap."""
    name = f"L{day_of(now_ms):%y%m}"
    with store.write() as connection:
        first = insert(dialect_of(connection), series).values(name=name, last=1)
        step = first.on_conflict_do_update(index_elements=[series.c.name], set_={"last": series.c.last + 1})
        last = connection.execute(step.returning(series.c.last)).scalar_one()
    return f"{name}-{last:05}"


def file(connection: Connection, number: str, inbound_id: int, phone: str, text: str, now_ms: int) -> bool:
    """Store a report; one message files one, so that a second time changes nothing."""
    values = {"number": number, "inbound_id": inbound_id, "phone": phone, "text": text, "state": "received"}
    stamps = {"filed_at": now_ms, "changed_at": now_ms}
    connection.execute(insert_ignore(dialect_of(connection), complaints).values(**values, **stamps))
    return True


def find(store: Store, phone: str, number: str) -> Row[*tuple[Any, ...]] | None:
    """Number, state, filed_at and answer of a report that this phone filed; None where it filed none of that number."""
    columns = complaints.c.number, complaints.c.state, complaints.c.filed_at, complaints.c.answer
    with store.read() as connection:
        mine = complaints.c.number == number, complaints.c.phone == phone
        return connection.execute(select(*columns).where(*mine)).first()


def newest(connection: Connection, limit: int, *, open_only: bool) -> Sequence[Filed]:
    """The newest reports, newest first; `open_only`: those that are not answered."""
    waiting = _CHOSEN.where(complaints.c.state != "answered") if open_only else _CHOSEN
    return [Filed(*row) for row in connection.execute(waiting.order_by(complaints.c.id.desc()).limit(limit))]


def by_id(connection: Connection, key: int) -> Filed | None:
    """A report by its key."""
    row = connection.execute(_CHOSEN.where(complaints.c.id == key)).first()
    return None if row is None else Filed(*row)


def settle(connection: Connection, key: int, state: str, answer: str | None, now_ms: int) -> Filed:
    """Bring a report to another state, with its answer where it is answered; the report as it stands then.

    NotPossible: it stands there already, or an answer is given or lacks where it should not.
    """
    if state not in STATES or (answer is not None) != (state == "answered"):
        raise NotPossible("value")
    values = {"state": state, "answer": answer, "changed_at": now_ms}
    mine = complaints.c.id == key, complaints.c.state != state
    if not connection.execute(update(complaints).where(*mine).values(values)).rowcount:
        raise NotPossible("state")
    return Filed(*connection.execute(_CHOSEN.where(complaints.c.id == key)).one())


_CHOSEN = select(
    complaints.c.id,
    complaints.c.number,
    complaints.c.inbound_id,
    complaints.c.phone,
    complaints.c.text,
    complaints.c.state,
    complaints.c.answer,
    complaints.c.filed_at,
    complaints.c.changed_at,
)
