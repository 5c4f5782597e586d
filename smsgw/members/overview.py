"""Overview: what an operator sees of a phone: the memberships it is bound to, moves under way, and its reports."""

from dataclasses import dataclass

from sqlalchemy import select

from smsgw.members.directory import IDLE_MS
from smsgw.members.tables import bindings, complaints, memberships, phones_on_record, pins, rebindings
from smsgw.store import Store


@dataclass(frozen=True, slots=True)
class Bound:
    """A membership that the phone is, or was, bound to. `idle`: not used for sixty days, so DAFTAR is due again."""

    number: str
    state: str
    bound_at: int
    used_at: int
    membership_id: int
    idle: bool


@dataclass(frozen=True, slots=True)
class Report:
    """A report that the phone filed by LAPOR."""

    number: str
    inbound_id: int
    state: str
    text: str
    answer: str | None
    filed_at: int
    changed_at: int


@dataclass(frozen=True, slots=True)
class Overview:
    """All of it. `on_record`: memberships whose record has this phone; `moves`: until when each may be refused."""

    on_record: tuple[str, ...]
    bound: tuple[Bound, ...]
    moves: tuple[int, ...]
    has_pin: bool
    reports: tuple[Report, ...]


def overview(store: Store, phone: str, now_ms: int) -> Overview:
    """What is known of a phone. `now_ms` by the gateway's clock."""
    numbers = select(memberships.c.number)
    known = numbers.join(phones_on_record, phones_on_record.c.membership_id == memberships.c.id)
    columns = memberships.c.number, bindings.c.state, bindings.c.bound_at, bindings.c.used_at, memberships.c.id
    bound = select(*columns).join(bindings, bindings.c.membership_id == memberships.c.id)
    filed = (
        complaints.c.number,
        complaints.c.inbound_id,
        complaints.c.state,
        complaints.c.text,
        complaints.c.answer,
        complaints.c.filed_at,
        complaints.c.changed_at,
    )
    moving = rebindings.c.phone == phone, rebindings.c.state == "waiting", rebindings.c.until > now_ms
    with store.read() as connection:
        return Overview(
            tuple(connection.scalars(known.where(phones_on_record.c.phone == phone).order_by(memberships.c.id))),
            tuple(
                Bound(*row, idle=row.state == "active" and row.used_at < now_ms - IDLE_MS)
                for row in connection.execute(bound.where(bindings.c.phone == phone).order_by(bindings.c.id.desc()))
            ),
            tuple(connection.scalars(select(rebindings.c.until).where(*moving))),
            connection.scalar(select(pins.c.changed_at).where(pins.c.phone == phone)) is not None,
            tuple(
                Report(*row)
                for row in connection.execute(
                    select(*filed).where(complaints.c.phone == phone).order_by(complaints.c.id.desc())
                )
            ),
        )
