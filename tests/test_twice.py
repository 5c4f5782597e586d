"""Order and doubles: a phone is answered in its order, the same text twice within ten seconds is one question."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from smsgw.members.demo import DEMO_PEOPLE
from smsgw.messages.rows import Arrival
from smsgw.messages.tables import inbound, outbound
from tests.support import twilio
from tests.support.gateway import Gateway, pass_time

SITI = DEMO_PEOPLE[0]
WORKERS = 4
DAFTAR = f"DAFTAR#9973014107900003#01-07-1990#{SITI.number}"
SECOND = 1000


def arrival(text: str, phone: str = SITI.phone, to: str = twilio.NUMBER, sid: str = "") -> Arrival:
    return Arrival("twilio", sid or twilio.sid(), phone, to, text)


def together(gate: Gateway, arrivals: Sequence[Arrival]) -> None:
    """Messages come in one moment, in this order."""

    async def all_at_once() -> None:
        await asyncio.gather(*(gate.services.receive.gathered(one) for one in arrivals))

    asyncio.run(all_at_once())


def work(gate: Gateway) -> None:
    """Several workers answer what waits, a few at a time, until nothing does."""
    with ThreadPoolExecutor(WORKERS) as pool:
        while any(list(pool.map(gate.work.answering, [3] * WORKERS))):
            pass


def heard(gate: Gateway) -> list[str]:
    """What became of each message, in the order in which they came: a template, or the reason in brackets."""
    joined = inbound.outerjoin(outbound, outbound.c.inbound_id == inbound.c.id)
    found = select(outbound.c.template, inbound.c.reason, inbound.c.state).select_from(joined).order_by(inbound.c.id)
    with gate.services.store.read() as connection:
        rows = connection.execute(found).all()
    assert {row.state for row in rows} <= {"answered", "suppressed"}
    return [row.template or f"({row.reason})" for row in rows]


def test_daftar_then_saldo_sent_together_works(gate: Gateway) -> None:
    for turn, (first, second) in enumerate((("f", "0"), ("0", "f"))):
        sids = [f"SM{first}{turn:031x}", f"SM{second}{turn:031x}"]
        together(gate, [arrival(text, sid=sid) for text, sid in zip((DAFTAR, "SALDO"), sids, strict=True)])
        work(gate)
        assert heard(gate)[-2:] == ["daftar.bound", "jht.balance"]
        together(gate, [arrival("PUTUS"), arrival("YA")])
        work(gate)
        assert heard(gate)[-1] == "putus.done"
        pass_time(gate.services.store, 11 * SECOND)


TALK = ["TIPS", "LANJUT", "LANJUT", "BAHASA EN", "MENU"]
HEARD = ["tips.tip1 id", "tips.tip2 id", "tips.tip3 id", "bahasa.set en", "bantuan.menu en"]


@pytest.mark.parametrize("seed", range(3))
def test_many_phones_are_answered_each_in_its_order(gate: Gateway, seed: int) -> None:
    phones = [f"+62812000000{i:02}" for i in range(12)]
    left = {phone: list(TALK) for phone in phones}
    turns = [phone for phone in phones for _ in TALK]
    random.Random(seed).shuffle(turns)
    together(gate, [arrival(left[phone].pop(0), phone) for phone in turns])
    work(gate)
    said: dict[str, list[str]] = {phone: [] for phone in phones}
    with gate.services.store.read() as connection:
        for row in connection.execute(select(outbound).order_by(outbound.c.id)):
            said[row.to_phone].append(f"{row.template} {row.language}")
    assert said == dict.fromkeys(phones, HEARD)


# Each message: seconds since the one before, the text; then what becomes of it.
Turn = tuple[float, str, str]
CASES: list[list[Turn]] = [
    [(0, "MENU", "bantuan.menu"), (0, "MENU", "(duplicate)")],
    [(0, "MENU", "bantuan.menu"), (9, "MENU", "(duplicate)")],
    [(0, "MENU", "bantuan.menu"), (11, "MENU", "bantuan.menu")],
    [(0, "MENU", "bantuan.menu"), (6, "MENU", "(duplicate)"), (6, "MENU", "bantuan.menu")],
    [(0, "MENU", "bantuan.menu"), (1, " menu! ", "(duplicate)")],
    [(0, "MENU", "bantuan.menu"), (1, "HELP", "bantuan.menu")],
    [(0, "MENU", "bantuan.menu"), (1, "TIPS", "tips.tip1"), (1, "MENU", "bantuan.menu")],
    [(0, "MENU", "bantuan.menu"), (1, "MENU", "(duplicate)"), (1, "STOP", "(opt_out)"), (1, "MENU", "(opted_out)")],
    [(0, "TIPS", "tips.tip1"), (1, "LANJUT", "tips.tip2"), (1, "LANJUT", "tips.tip3")],
    [(0, "STOP", "(opt_out)"), (1, "STOP", "(opt_out)"), (1, "START", "(opt_in)"), (1, "MENU", "bantuan.menu")],
    [(0, "7", "base.unknown"), (1, "7", "base.unknown")],
]


@pytest.mark.parametrize("turns", CASES, ids=lambda turns: " ".join(f"{wait:g}:{text}" for wait, text, _ in turns))
def test_the_same_text_within_ten_seconds_is_one_question(gate: Gateway, turns: list[Turn]) -> None:
    for wait, text, _ in turns:
        pass_time(gate.services.store, int(wait * SECOND))
        gate.services.receive(arrival(text))
        work(gate)
    assert heard(gate) == [became for _, _, became in turns]


def test_it_is_another_question_from_another_phone_and_to_another_number(gate: Gateway) -> None:
    for phone, to in ((SITI.phone, twilio.NUMBER), (DEMO_PEOPLE[1].phone, twilio.NUMBER), (SITI.phone, "2757")):
        gate.services.receive(arrival("MENU", phone, to))
    work(gate)
    assert heard(gate) == ["bantuan.menu"] * 3


def test_of_many_at_once_several_workers_answer_one(gate: Gateway) -> None:
    phones = [f"+62812000000{i:02}" for i in range(5)]
    together(gate, [arrival("MENU", phone) for _ in range(6) for phone in phones])
    work(gate)
    assert Counter(heard(gate)) == {"bantuan.menu": 5, "(duplicate)": 25}


def test_a_second_failure_is_not_counted_where_the_network_doubled_the_first(gate: Gateway) -> None:
    wrong = DAFTAR.replace("1990", "1991")
    together(gate, [arrival(wrong) for _ in range(4)])
    work(gate)
    together(gate, [arrival(DAFTAR)])
    work(gate)
    assert heard(gate)[-1] == "daftar.bound"
