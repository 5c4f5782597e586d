"""What waits under another data key holds up nobody else, and goes on when its key is back."""

import json
from collections.abc import Sequence

import pytest
from sqlalchemy import LargeBinary, Table, literal, select, type_coerce, update

from smsgw import logs
from smsgw.errors import KeyLost
from smsgw.gateway.opened import opened
from smsgw.messages import inbox
from smsgw.messages.rows import OutboundRow
from smsgw.messages.tables import inbound, outbound
from smsgw.messages.unreadable import AGAIN_MS, PAGE
from smsgw.store import Cipher, db_now
from tests.support.gateway import Gateway

ELSE = Cipher(bytes(range(64, 128)))
PHONES = [f"+62812999999{i:02}" for i in range(6)]


def spoil(gate: Gateway, table: Table, ids: Sequence[int]) -> dict[int, bytes]:
    """Put the bodies of these rows under another key; what they were."""
    raw = type_coerce(table.c.body, LargeBinary)
    body = literal(ELSE.encrypt("x", b"body"), LargeBinary())
    with gate.services.store.write() as connection:
        was = {row.id: row.raw for row in connection.execute(select(table.c.id, raw.label("raw")))}
        connection.execute(update(table).where(table.c.id.in_(ids)).values(body=body))
    return {one: was[one] for one in ids}


def mend(gate: Gateway, table: Table, was: dict[int, bytes]) -> None:
    """Their key is back, and half an hour is over."""
    with gate.services.store.write() as connection:
        for one, body in was.items():
            values = {"body": literal(body, LargeBinary()), "next_attempt_at": 0}
            connection.execute(update(table).where(table.c.id == one).values(values))


def states(gate: Gateway) -> list[str]:
    with gate.services.store.read() as connection:
        return [*connection.scalars(select(inbound.c.state).order_by(inbound.c.id))]


def waits(gate: Gateway, table: Table) -> list[bool]:
    """Whether each row has nearly half an hour to wait."""
    with gate.services.store.read() as connection:
        return [*connection.scalars(select(table.c.next_attempt_at > db_now() + AGAIN_MS // 2).order_by(table.c.id))]


def tries(gate: Gateway) -> list[int]:
    """How often each reply was tried; nobody takes any here."""
    with gate.services.store.read() as connection:
        return [*connection.scalars(select(outbound.c.attempts).order_by(outbound.c.id))]


def ids(gate: Gateway, table: Table) -> list[int]:
    with gate.services.store.read() as connection:
        return [*connection.scalars(select(table.c.id).order_by(table.c.id))]


@pytest.mark.parametrize("spoiled", [[0], [5], [0, 2, 4], [0, 1, 2, 3, 4]], ids=str)
def test_the_others_are_answered_at_once(gate: Gateway, spoiled: list[int]) -> None:
    handed: list[str] = []

    def hand_over(token: str, replies: Sequence[OutboundRow]) -> None:
        handed.extend(reply.to_phone for reply in replies)

    for phone in PHONES:
        gate.receive("INFO", phone)
    bad = [ids(gate, inbound)[i] for i in spoiled]
    was = spoil(gate, inbound, bad)
    assert gate.work.answering(64, hand_over) == len(PHONES) - len(bad)
    assert handed == [phone for i, phone in enumerate(PHONES) if i not in spoiled]
    assert waits(gate, inbound) == [i in spoiled for i in range(len(PHONES))]
    assert states(gate) == ["received" if i in spoiled else "answered" for i in range(len(PHONES))]
    assert gate.work.answering(64, hand_over) == 0
    mend(gate, inbound, was)
    assert gate.work.answering(64, hand_over) == len(bad)
    assert sorted(handed) == PHONES
    assert states(gate) == ["answered"] * len(PHONES)


@pytest.mark.parametrize("spoiled", [[0], [5], [0, 2, 4], [0, 1, 2, 3, 4]], ids=str)
def test_the_others_are_sent_at_once(gate: Gateway, spoiled: list[int]) -> None:
    for phone in PHONES:
        gate.receive("INFO", phone)
    assert gate.work.answering(64) == len(PHONES)
    bad = [ids(gate, outbound)[i] for i in spoiled]
    was = spoil(gate, outbound, bad)
    assert gate.work.sending(64) == len(PHONES) - len(bad)
    assert waits(gate, outbound) == [i in spoiled for i in range(len(PHONES))]
    assert tries(gate) == [int(i not in spoiled) for i in range(len(PHONES))]
    assert gate.work.sending(64) == 0
    mend(gate, outbound, was)
    assert gate.work.sending(64) == len(bad)
    assert tries(gate) == [1] * len(PHONES)


def test_a_phone_is_still_answered_in_order(gate: Gateway) -> None:
    for text in ("INFO", "KLAIM"):
        gate.receive(text, PHONES[0])
    gate.receive("INFO", PHONES[1])
    first, *_ = ids(gate, inbound)
    was = spoil(gate, inbound, [first])
    assert gate.work.answering(64) == 1
    assert states(gate) == ["received", "received", "answered"]
    mend(gate, inbound, was)
    assert [gate.work.answering(64), gate.work.answering(64)] == [1, 1]
    assert states(gate) == ["answered"] * 3


def test_there_may_be_more_of_them_than_a_batch_and_a_page(gate: Gateway) -> None:
    gate.receive("INFO", PHONES[0])
    spoil(gate, inbound, ids(gate, inbound))
    copied = [column for column in inbound.c if column.name not in {"id", "carrier_id", "from_phone"}]
    with gate.services.store.write() as connection:
        for i in range(PAGE + 5):
            row = select(literal(f"SM{i:032x}"), literal(f"+62812{i:08}", inbound.c.from_phone.type), *copied).limit(1)
            names = ["carrier_id", "from_phone", *(column.name for column in copied)]
            connection.execute(inbound.insert().from_select(names, row.order_by(inbound.c.id)))
    gate.receive("INFO", PHONES[1])
    assert gate.work.answering(64) == 1
    assert sum(waits(gate, inbound)) == PAGE + 6


def test_an_operator_is_told_which_rows_and_what_to_do(gate: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO")
    gate.receive("INFO", PHONES[0])
    spoil(gate, inbound, ids(gate, inbound))
    assert gate.work.answering(64) == 0
    (line,) = [json.loads(line) for line in capsys.readouterr().err.splitlines() if "unreadable" in line]
    assert (line["event"], line["level"], line["rows"]) == ("set_aside_unreadable", "error", ids(gate, inbound))
    assert line["box"] == "smsgw.messages.inbox"
    assert "smsgw doctor" in line["next_step"]


def test_a_lost_key_that_no_row_has_passes(gate: Gateway) -> None:
    def claim() -> list[int]:
        raise KeyLost("of something else")

    with pytest.raises(KeyLost, match="something else"):
        opened(gate.services.store, inbox, "t", claim)
