"""Who hears what: the same pairs of phone and number through the whole answer step, on both databases."""

from collections.abc import Sequence

import pytest
from sqlalchemy import select

from smsgw.errors import StoreUnavailable
from smsgw.gateway.answer import HOLD_AT_MOST_MS, AnswerVerb
from smsgw.members.demo import DEMO_PEOPLE
from smsgw.members.directory import Directory, Entitlement
from smsgw.messages.rows import OutboundRow
from smsgw.messages.tables import contact, inbound, outbound
from tests.support.gateway import Gateway

SITI = DEMO_PEOPLE[0]
STRANGER = "+6281299999999"


def ask(gate: Gateway, text: str, phone: str = STRANGER, **fields: str) -> str | None:
    """The reply's text, or None where there is none."""
    sid = gate.receive(text, phone, **fields)
    while gate.work.answering(64):
        pass
    with gate.services.store.read() as connection:
        joined = inbound.outerjoin(outbound, outbound.c.inbound_id == inbound.c.id)
        found = select(outbound.c.body).select_from(joined).where(inbound.c.carrier_id == sid)
        reply: str | None = connection.execute(found).scalar_one()
        return reply


def row(gate: Gateway) -> tuple[str, str | None]:
    """State and reason of the newest inbound."""
    with gate.services.store.read() as connection:
        newest = select(inbound.c.state, inbound.c.reason).order_by(inbound.c.id.desc()).limit(1)
        state, reason = connection.execute(newest).one()
        return state, reason


def test_the_phone_on_record_hears_the_balance(gate: Gateway) -> None:
    reply = ask(gate, f"JHT {SITI.number}", SITI.phone) or ""
    assert "23.451.200" in reply
    assert "31-10-2025" in reply
    assert "285.000" in reply
    assert SITI.number not in reply


STRANGE = [
    f"JHT {SITI.number}",
    "JHT 99999999999",
    "JHT 1805001234",
    "JHT 180500123456",
    "JHT 9973014107900003",
    f"STATUS {SITI.number}",
    "STATUS 99999999999",
    f"SALDO {DEMO_PEOPLE[1].number}",
    "SALDO",
    f"JHT {SITI.number} JHT 99999999999",
]


def test_a_stranger_hears_one_text_whatever_the_number(gate: Gateway) -> None:
    replies = {ask(gate, text) for text in STRANGE}
    assert len(replies) == 1
    assert "belum terdaftar" in (replies.pop() or "")


def test_a_member_asking_for_anothers_number_is_a_stranger_to_it(gate: Gateway) -> None:
    stranger = ask(gate, "JHT 99999999999")
    assert ask(gate, f"JHT {DEMO_PEOPLE[1].number}", SITI.phone) == stranger
    assert ask(gate, "JHT 99999999999", SITI.phone) == stranger


def test_a_second_command_is_named_and_waits(gate: Gateway) -> None:
    assert "STATUS" in (ask(gate, f"JHT {SITI.number}\nSTATUS", SITI.phone) or "")


def test_a_member_is_told_what_is_wrong_with_a_number(gate: Gateway) -> None:
    reply = ask(gate, "JHT 1805001234", SITI.phone) or ""
    assert "11" in reply
    assert "10" in reply


def test_the_language_is_kept(gate: Gateway) -> None:
    ask(gate, "BAHASA EN", SITI.phone)
    assert "balance" in (ask(gate, f"JHT {SITI.number}", SITI.phone) or "").lower()
    ask(gate, "BAHASA ID", SITI.phone)
    assert "saldo" in (ask(gate, f"JHT {SITI.number}", SITI.phone) or "").lower()


@pytest.mark.parametrize(("text", "kind", "reason", "opted_out"), [
    ("STOP", "STOP", "opt_out", True), ("anything", "STOP", "opt_out", True), ("START", "START", "opt_in", False),
    ("HELP", "HELP", "carrier_help", None), ("x", "OTHER", "carrier_word", None),
])  # fmt: skip
def test_what_the_carrier_answers_itself_is_recorded_and_not_answered(
    gate: Gateway, text: str, kind: str, reason: str, opted_out: bool | None
) -> None:
    assert ask(gate, text, OptOutType=kind) is None
    assert row(gate) == ("suppressed", reason)
    with gate.services.store.read() as connection:
        at = connection.execute(select(contact.c.opted_out_at)).scalars().all()
        assert connection.scalar(select(inbound.c.opt_out_type)) == kind
    assert [value is not None for value in at] == ([] if opted_out is None else [opted_out])


def test_an_opted_out_phone_hears_nothing_until_it_opts_in(gate: Gateway) -> None:
    ask(gate, "STOP", SITI.phone)
    assert ask(gate, f"JHT {SITI.number}", SITI.phone) is None
    assert row(gate) == ("suppressed", "opted_out")
    ask(gate, "START", SITI.phone)
    assert ask(gate, f"JHT {SITI.number}", SITI.phone)


@pytest.mark.parametrize("sender", ["2757", "TELKOMSEL", "500"])
def test_machines_are_not_answered(gate: Gateway, sender: str) -> None:
    assert ask(gate, "JHT 18050012345", sender) is None
    assert row(gate) == ("suppressed", "machine_sender")


class Unreadable(Directory):
    """Membership data that cannot be read."""

    def entitled(self, asks: object, now_ms: int = 0) -> list[Entitlement]:
        raise StoreUnavailable("members")


def test_without_membership_data_a_question_is_held_then_answered_once(gate: Gateway) -> None:
    store, registry = gate.services.store, gate.services.registry
    blind = AnswerVerb(store, registry, Unreadable(store), gate.services.clock, gate.services.rulebook)
    gate.receive(f"JHT {SITI.number}", SITI.phone)
    gate.receive("BANTUAN", STRANGER)
    assert blind(10) == 2
    with store.read() as connection:
        assert sorted(connection.execute(select(inbound.c.state)).scalars()) == ["answered", "received"]
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE inbound SET next_attempt_at = 0")
    assert gate.work.answering(10) == 1
    with store.read() as connection:
        bodies = connection.execute(select(outbound.c.body).where(outbound.c.to_phone == SITI.phone)).scalars().all()
    assert len(bodies) == 1
    assert "23.451.200" in bodies[0]


def test_after_half_an_hour_without_membership_data_the_apology_is_the_one_reply(gate: Gateway) -> None:
    store = gate.services.store
    gate.receive(f"JHT {SITI.number}", SITI.phone)
    with store.write() as connection:
        connection.exec_driver_sql(f"UPDATE inbound SET received_at = received_at - {HOLD_AT_MOST_MS}")
    AnswerVerb(store, gate.services.registry, Unreadable(store), gate.services.clock, gate.services.rulebook)(10)
    assert gate.work.answering(10) == 0
    with store.read() as connection:
        (body,) = connection.execute(select(outbound.c.body)).scalars()
    assert "data belum bisa diambil" in body


def test_replies_are_handed_over_claimed_and_committed(gate: Gateway) -> None:
    handed: list[tuple[str, str, str]] = []

    def hand_over(token: str, replies: Sequence[OutboundRow]) -> None:
        with gate.services.store.read() as connection:
            columns = outbound.c.id, outbound.c.state, outbound.c.claim_token
            stored = {row.id: row for row in connection.execute(select(*columns))}
        assert {stored[reply.id].claim_token for reply in replies} == {token}
        handed.extend((reply.to_phone, reply.body, stored[reply.id].state) for reply in replies)

    for number, text in (("1", "BANTUAN"), ("2", "STOP"), ("3", f"JHT {SITI.number}")):
        gate.receive(text, f"+62812000000{number}")
    assert gate.work.answering(64, hand_over) == 3
    assert [(phone, state) for phone, _, state in handed] == [
        ("+628120000001", "sending"),
        ("+628120000003", "sending"),
    ]
    assert "belum terdaftar" in handed[1][1]
    assert gate.work.sending(64) == 0
    gate.receive("STOP", "+628120000004")
    assert gate.work.answering(64, hand_over) == 1
    assert len(handed) == 2
