"""Oracle: no reply tells a stranger whether a number exists, however many are asked (reliability P8)."""

import itertools
from collections.abc import Iterator
from random import Random

import pytest
from sqlalchemy import event, func, select

from smsgw.gateway.desk import Desk
from smsgw.members.demo import demo_pairs, populate
from smsgw.messages import inbox
from smsgw.messages.rows import Arrival
from smsgw.messages.tables import outbound
from smsgw.store import Store
from tests.support.gateway import Gateway
from tests.support.identity import AGUS, DAY_MS, JOKO, SITI, Somebody, answer_all, open_gate, verdicts

REAL, RANDOM = 1_000, 10_000
PEOPLE, SEED = 2_000, 3
BATCH = 500
A_PHONE = 3
"""Numbers that one phone asks about: more would end its budget, or lock it."""


@pytest.fixture
def gate(sqlite_url: str, redis_url: str) -> Iterator[Gateway]:
    with open_gate(sqlite_url, redis_url) as gate:
        populate(gate.services.store, PEOPLE, SEED)
        yield gate


def numbers() -> list[str]:
    """Real ones and random ones, mixed."""
    dice = Random(SEED)
    real = {number for _, number in demo_pairs(PEOPLE, SEED)}
    asked = dice.sample(sorted(real), REAL)
    absent = {f"{dice.randrange(10**11):011}" for _ in range(RANDOM + 100)} - real
    mixed = [*asked, *sorted(absent)[:RANDOM]]
    dice.shuffle(mixed)
    return mixed


_ids = itertools.count()


def ask(gate: Gateway, texts: list[str]) -> None:
    """Send all texts from fresh phones, three from each, and have them answered."""
    ours = gate.services.settings.twilio_from[0]
    rows = [
        Arrival("twilio", f"SM{at:032x}", f"+62811{at // A_PHONE:07}", ours, text)
        for at, text in zip(_ids, texts, strict=False)
    ]
    for start in range(0, len(rows), BATCH):
        with gate.services.store.write() as connection:
            inbox.record(gate.services.store, connection, rows[start : start + BATCH])
        answer_all(gate)


def replies(gate: Gateway) -> set[tuple[str, str, str]]:
    """Every kind, template and body that was queued."""
    with gate.services.store.read() as connection:
        found = connection.execute(select(outbound.c.kind, outbound.c.template, outbound.c.body))
        return {(kind, template, body) for kind, template, body in found}


def count(gate: Gateway) -> int:
    with gate.services.store.read() as connection:
        return int(connection.scalar(select(func.count()).select_from(outbound)) or 0)


@pytest.mark.slow
def test_eleven_thousand_numbers_are_told_one_thing(gate: Gateway) -> None:
    words = itertools.cycle(("SALDO", "STATUS", "JHT"))
    ask(gate, [f"{word} {number}" for word, number in zip(words, numbers(), strict=False)])
    (told,) = replies(gate)
    assert told[:2] == ("reply", "base.stranger")
    assert count(gate) == REAL + RANDOM
    assert "Rp" not in told[2]


def guesses(form: str) -> list[str]:
    """Registrations, or forgotten numbers, of people who exist and who do not, with right data and wrong."""
    nobody = Somebody("9999999999999999", SITI.born, "99000000000", "")
    people = (SITI, JOKO, AGUS, nobody)
    if form == "LUPA":
        return [one.lupa(nik=nik, born=born) for one in people for nik in ("", JOKO.nik) for born in ("", "02-03-1970")]
    numbers = ("", SITI.number, nobody.number)
    return [one.daftar(nik, born, number) for one in people for nik in ("", JOKO.nik)
            for born in ("", "02-03-1970") for number in numbers]  # fmt: skip


@pytest.mark.parametrize(("form", "template"), [("DAFTAR", "daftar.neutral"), ("LUPA", "lupa.neutral")])
def test_a_guess_from_another_phone_is_told_one_thing(gate: Gateway, form: str, template: str) -> None:
    for text in guesses(form):
        ask(gate, [text])
        gate.services.clock.move(DAY_MS)  # nothing counts from one to the next: all are looked at
    told = {one for one in replies(gate) if one[0] == "reply"}
    assert {one[1] for one in told} == {template}
    assert len(told) == 1
    assert set(verdicts(gate.services.store)) <= {"neutral", "foreign"}


@pytest.mark.parametrize("form", ["DAFTAR", "LUPA"])
def test_the_same_statements_run_whatever_is_there(store: Store, form: str) -> None:
    populate(store, count=30, seed=1)
    ran: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *seen: ran.append(seen[2]))
    shapes = set()
    for at, (nik, born, number) in enumerate(WHAT_IS_THERE):
        ran.clear()
        desk = Desk(store, at, f"+62811{at:07}", at)
        told = desk.recall(nik, born).numbers if form == "LUPA" else desk.register(nik, born, number).verdict
        assert told in ((), "neutral")
        shapes.add(tuple(ran))
    assert len(shapes) == 1


WHAT_IS_THERE = [
    (SITI.nik, SITI.born, SITI.number),
    (SITI.nik, JOKO.born, SITI.number),
    (JOKO.nik, JOKO.born, SITI.number),
    (SITI.nik, SITI.born, "99000000000"),
    ("9999999999999999", SITI.born, "99000000000"),
]
