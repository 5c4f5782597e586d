"""Complaints: what participants reported by LAPOR, under numbers such as L2510-00045."""

from typing import Any

from sqlalchemy import Connection, Row, select

from smsgw.clock import day_of
from smsgw.members.tables import complaints, series
from smsgw.store import Store
from smsgw.store.sql import dialect_of, insert, insert_ignore


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
