"""People, phones and conversations for the tests of who may hear what."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import insert, select

from smsgw.members.demo import populate
from smsgw.members.tables import attempts, bindings, memberships, people, phones_on_record
from smsgw.messages.tables import inbound, outbound
from smsgw.store import Cipher, Store, open_store
from tests.conftest import KEY
from tests.support import twilio
from tests.support.gateway import Gateway, gateway

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
ABSENT: Final = "99000000000"


@dataclass(frozen=True)
class Somebody:
    """A person of the tests with one membership."""

    nik: str
    born: date
    number: str
    phone: str

    def daftar(self, nik: str = "", born: str = "", number: str = "") -> str:
        """What this person sends to register, with a field changed."""
        return f"DAFTAR#{nik or self.nik}#{born or f'{self.born:%d-%m-%Y}'}#{number or self.number}"

    def lupa(self, nik: str = "", born: str = "") -> str:
        """What this person sends for the forgotten number."""
        return f"LUPA#{nik or self.nik}#{born or f'{self.born:%d-%m-%Y}'}"


SITI: Final = Somebody("9973014107900003", date(1990, 7, 1), "18050012345", "+6281218050012")
JOKO: Final = Somebody("9909011203850001", date(1985, 3, 12), "99090000012", "+6281298000012")
AGUS: Final = Somebody("9909010906880003", date(1988, 6, 9), "99090000034", "+6281798000034")
AGUS_OLD: Final = "99090000045"
STRANGER, OTHER = "+6281299999999", "+6281299999998"


def add_member(store: Store, nik: str | None, born: date | None, number: str, *phones: str) -> None:
    """One more person with a membership and these phones on its record."""
    with store.write() as connection:
        known = connection.scalar(select(people.c.id).where(people.c.nik == nik)) if nik else None
        values = {"nik": nik, "name": "RAHMAT HIDAYAT", "birth_date": born.isoformat() if born else None}
        person = known or connection.scalar(insert(people).values(values).returning(people.c.id))
        row = {"person_id": person, "number": number, "status": "AKTIF", "segment": "PU"}
        key = connection.scalar(insert(memberships).values(row).returning(memberships.c.id))
        for phone in phones:
            connection.execute(insert(phones_on_record).values(phone=phone, membership_id=key))


@contextmanager
def open_gate(url: str, redis_url: str, **changes: object) -> Iterator[Gateway]:
    """A gateway with the demo people; nothing is held back for being too much."""
    with closing(open_store(url, Cipher(KEY))) as store:
        populate(store, count=30, seed=1)
    patient = {"replies_per_hour": 1000, "replies_per_day": 5000}
    settings = twilio.settings(database_url=url, redis_url=redis_url, data_key=KEY.hex(), **(patient | changes))
    with gateway(settings) as gate:
        yield gate


def answer_all(gate: Gateway) -> None:
    """Answer what waits."""
    while gate.work.answering(64):
        pass


def say(gate: Gateway, text: str, phone: str) -> str:
    """What becomes of one message: its reply's template, or the reason of silence in brackets."""
    return said(gate, gate.receive(text, phone))


def said(gate: Gateway, sid: str) -> str:
    """What becomes of a message that was received."""
    answer_all(gate)
    columns = outbound.c.template, inbound.c.reason
    joined = inbound.outerjoin(outbound, (outbound.c.inbound_id == inbound.c.id) & (outbound.c.kind == "reply"))
    with gate.services.store.read() as connection:
        one = connection.execute(select(*columns).select_from(joined).where(inbound.c.carrier_id == sid)).one()
    return one.template or f"({one.reason})"


def heard(gate: Gateway, phone: str) -> list[str]:
    """All texts to a phone, in order."""
    found = select(outbound.c.body).where(outbound.c.to_phone == phone).order_by(outbound.c.id)
    with gate.services.store.read() as connection:
        return list(connection.scalars(found))


def alerts(gate: Gateway) -> list[tuple[str, str]]:
    """Phone and template of every text to another phone than the one that asked."""
    found = select(outbound.c.to_phone, outbound.c.template).where(outbound.c.kind == "alert").order_by(outbound.c.id)
    with gate.services.store.read() as connection:
        return [(phone, template or "") for phone, template in connection.execute(found)]


def bound(store: Store) -> list[tuple[str, str]]:
    """Number and phone of every active binding."""
    joined = select(memberships.c.number, bindings.c.phone).join(bindings)
    with store.read() as connection:
        rows = connection.execute(joined.where(bindings.c.state == "active").order_by(bindings.c.id))
        return [(number, phone) for number, phone in rows]


def verdicts(store: Store) -> list[str | None]:
    """What every attempt came to, in order."""
    with store.read() as connection:
        return list(connection.scalars(select(attempts.c.verdict).order_by(attempts.c.inbound_id)))
