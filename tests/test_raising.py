"""One message that raises outside its handler takes no other with it, is tried three times, and then has its end."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import LargeBinary, func, literal, select, update

from smsgw.clock import Clock
from smsgw.errors import KeyLost, StoreUnavailable
from smsgw.gateway.answer import MAX_TRIES, AnswerVerb
from smsgw.members.demo import DEMO_PEOPLE
from smsgw.members.directory import Ask, Directory, Entitlement
from smsgw.members.tables import memberships, people
from smsgw.messages.rows import OutboundRow
from smsgw.messages.tables import contact, inbound, outbound
from smsgw.store import Cipher, Store
from tests.support.gateway import Gateway

SITI = DEMO_PEOPLE[0]
OTHERS = [f"+62812999999{i:02}" for i in range(5)]
APOLOGY = "data belum bisa diambil"


def under_another_key(gate: Gateway) -> None:
    """SITI's name is stored under another data key."""
    name = literal(Cipher(bytes(range(64, 128))).encrypt("SITI", b"name"), LargeBinary())
    whose = select(memberships.c.person_id).where(memberships.c.number == SITI.number).scalar_subquery()
    with gate.services.store.write() as connection:
        assert connection.execute(update(people).where(people.c.id == whose).values(name=name)).rowcount == 1


class Raising(Directory):
    """Membership data that raises for SITI's phone."""

    def entitled(self, asks: Sequence[Ask], now_ms: int = 0) -> list[Entitlement]:
        if any(phone == SITI.phone for phone, _ in asks):
            raise KeyLost("x")
        return super().entitled(asks, now_ms)


class Going(Clock):
    """A clock whose database is gone after so many calls."""

    def __init__(self, store: Store, calls: int) -> None:
        super().__init__(store)
        self._left = calls

    def now_ms(self, offset_ms: int | None = None) -> int:
        self._left -= 1
        if self._left < 0:
            raise StoreUnavailable("gone")
        return super().now_ms(offset_ms)


def first_is(gate: Gateway, **values: Any) -> None:
    with gate.services.store.write() as connection:
        first = select(func.min(inbound.c.id)).scalar_subquery()
        connection.execute(update(inbound).where(inbound.c.id == first).values(**values))


def due(gate: Gateway) -> None:
    with gate.services.store.write() as connection:
        connection.execute(update(inbound).values(next_attempt_at=0))


def ends(gate: Gateway) -> list[tuple[str, str | None, int]]:
    """State, reason and tries of each inbound."""
    with gate.services.store.read() as connection:
        columns = inbound.c.state, inbound.c.reason, inbound.c.attempts
        return [tuple(row) for row in connection.execute(select(*columns).order_by(inbound.c.id))]


def texts(gate: Gateway, phone: str) -> list[tuple[str, str]]:
    """Kind and body of what went to a phone."""
    with gate.services.store.read() as connection:
        mine = select(outbound.c.kind, outbound.c.body).where(outbound.c.to_phone == phone).order_by(outbound.c.id)
        return [tuple(row) for row in connection.execute(mine)]


def test_the_others_are_answered_and_sent_at_once(gate: Gateway) -> None:
    handed: list[str] = []

    def hand_over(token: str, replies: Sequence[OutboundRow]) -> None:
        handed.extend(reply.to_phone for reply in replies)

    under_another_key(gate)
    for phone in (SITI.phone, *OTHERS):
        gate.receive(f"JHT {SITI.number}", phone)
    assert gate.work.answering(64, hand_over) == 6
    assert ends(gate) == [("received", None, 1), *([("answered", None, 0)] * 5)]
    assert handed == OTHERS
    assert gate.work.answering(64, hand_over) == 0


def test_what_was_committed_before_the_database_went_is_sent(gate: Gateway) -> None:
    handed: list[str] = []

    def hand_over(token: str, replies: Sequence[OutboundRow]) -> None:
        handed.extend(reply.to_phone for reply in replies)

    services = gate.services
    for phone in (SITI.phone, *OTHERS):
        gate.receive("INFO", phone)
    verb = AnswerVerb(
        services.store, services.registry, Raising(services.store), Going(services.store, 4), services.rulebook
    )
    assert verb(64, hand_over) == 6
    assert handed == OTHERS[:1]
    assert [end[0] for end in ends(gate)] == ["received", "answered", *(["received"] * 4)]


def test_after_its_last_try_it_has_failed_with_the_apology(gate: Gateway) -> None:
    under_another_key(gate)
    gate.receive(f"JHT {SITI.number}", SITI.phone)
    for _ in range(MAX_TRIES):
        assert gate.work.answering(64) == 1
        due(gate)
    assert ends(gate) == [("failed", "handler", MAX_TRIES - 1)]
    ((kind, body),) = texts(gate, SITI.phone)
    assert kind == "apology"
    assert APOLOGY in body


def test_a_later_message_of_the_phone_waits_until_it_is_through(gate: Gateway) -> None:
    under_another_key(gate)
    gate.receive(f"JHT {SITI.number}", SITI.phone)
    gate.receive("BERHENTI", SITI.phone)
    for tries in range(1, MAX_TRIES):
        assert gate.work.answering(64) == 1
        assert ends(gate) == [("received", None, tries), ("received", None, 0)]
        due(gate)
    assert gate.work.answering(64) == 1
    assert [end[0] for end in ends(gate)] == ["failed", "received"]


@pytest.mark.parametrize(("body", "fields", "end", "opted_out"), [
    ("BERHENTI", {}, ("failed", "handler"), True),
    ("STOP", {"OptOutType": "STOP"}, ("suppressed", "opt_out"), True),
    ("JHT", {"OptOutType": "OTHER"}, ("suppressed", "carrier_word"), False),
    ("JHT", {}, ("failed", "handler"), False),
])  # fmt: skip
def test_a_wish_counts_and_who_may_hear_nothing_hears_nothing(
    gate: Gateway, body: str, fields: dict[str, str], end: tuple[str, str], opted_out: bool
) -> None:
    services = gate.services
    verb = AnswerVerb(services.store, services.registry, Raising(services.store), services.clock, services.rulebook)
    gate.receive(body, SITI.phone, **fields)
    for _ in range(MAX_TRIES):
        verb(64)
        due(gate)
    assert [one[:2] for one in ends(gate)] == [end]
    assert len(texts(gate, SITI.phone)) == (end[0] == "failed")
    with gate.services.store.read() as connection:
        assert bool(connection.scalar(select(func.count(contact.c.opted_out_at)))) is opted_out


def test_a_message_without_phone_and_text_ends_in_silence(gate: Gateway) -> None:
    gate.receive("SALDO", SITI.phone)
    gate.receive("INFO", OTHERS[0])
    first_is(gate, body=None, from_phone="")
    for _ in range(MAX_TRIES):
        gate.work.answering(64)
        due(gate)
    assert ends(gate)[0] == ("suppressed", "foreign_number", MAX_TRIES - 1)
    assert ends(gate)[1] == ("answered", None, 0)
    assert texts(gate, "") == []


def test_over_its_budget_a_phone_hears_no_apology(gate: Gateway) -> None:
    for _ in range(11):
        gate.receive("JHT 99999999999", SITI.phone)
        gate.work.answering(64)
    under_another_key(gate)
    before = texts(gate, SITI.phone)
    gate.receive(f"JHT {SITI.number}", SITI.phone)
    for _ in range(MAX_TRIES):
        gate.work.answering(64)
        due(gate)
    assert ends(gate)[-1][:2] == ("failed", "handler")
    assert texts(gate, SITI.phone) == before
