"""Binding: who may bind by DAFTAR and hear a number by LUPA, what everybody else is told, and how a binding ends."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import date

import pytest
from sqlalchemy import select

from smsgw.gateway.branch import Move, Sender, begin_move
from smsgw.gateway.desk import Desk
from smsgw.members import guards
from smsgw.messages.tables import inbound
from tests.support.gateway import Gateway
from tests.support.identity import (
    ABSENT,
    AGUS,
    AGUS_OLD,
    DAY_MS,
    HOUR_MS,
    JOKO,
    OTHER,
    SITI,
    STRANGER,
    Somebody,
    add_member,
    alerts,
    bound,
    heard,
    open_gate,
    said,
    say,
    verdicts,
)

Open = Callable[..., Gateway]


@pytest.fixture(params=["sqlite_url", "postgresql_url"])
def opened(request: pytest.FixtureRequest, redis_url: str) -> Iterator[Open]:
    """Opens a gateway with settings of its own."""
    url = request.getfixturevalue(request.param)
    with ExitStack() as stack:
        yield lambda **changes: stack.enter_context(open_gate(url, redis_url, **changes))


@pytest.fixture
def gate(opened: Open) -> Gateway:
    return opened()


def pass_time(gate: Gateway, ms: int) -> None:
    gate.services.clock.move(ms)


CASES = [
    (SITI.daftar(), SITI.phone, "daftar.bound"),
    (SITI.daftar(nik=JOKO.nik), SITI.phone, "daftar.mismatch"),
    (SITI.daftar(born="02-07-1990"), SITI.phone, "daftar.mismatch"),
    (SITI.daftar(nik=JOKO.nik, born="12-03-1985"), SITI.phone, "daftar.mismatch"),
    (SITI.daftar(number=ABSENT), SITI.phone, "daftar.neutral"),
    (SITI.daftar(number=JOKO.number), SITI.phone, "daftar.neutral"),
    (JOKO.daftar(), SITI.phone, "daftar.neutral"),
    (SITI.daftar(), STRANGER, "daftar.neutral"),
    (SITI.daftar(born="02-07-1990"), STRANGER, "daftar.neutral"),
    (SITI.daftar(nik=JOKO.nik), STRANGER, "daftar.neutral"),
    (SITI.daftar(number=ABSENT), STRANGER, "daftar.neutral"),
]


@pytest.mark.parametrize(("text", "phone", "template"), CASES)
def test_what_a_registration_hears(gate: Gateway, text: str, phone: str, template: str) -> None:
    assert say(gate, text, phone) == template
    assert bound(gate.services.store) == ([(SITI.number, SITI.phone)] if template == "daftar.bound" else [])


def test_the_texts_do_not_tell_what_is_wrong(gate: Gateway) -> None:
    for text, phone, _ in CASES[1:4]:
        say(gate, text, phone)
    assert len(set(heard(gate, SITI.phone))) == 1
    for at, (text, _, template) in enumerate(CASES):
        assert template != "daftar.bound" or text == SITI.daftar()
        say(gate, text, f"+62812000000{at:02}")
    texts = {text for at in range(len(CASES)) for text in heard(gate, f"+62812000000{at:02}")}
    assert len(texts) == 1


def test_a_person_binds_all_memberships_to_one_phone(gate: Gateway) -> None:
    assert say(gate, AGUS.daftar(), AGUS.phone) == "daftar.bound"
    assert say(gate, AGUS.daftar(number=AGUS_OLD), AGUS.phone) == "daftar.bound"
    assert say(gate, "SALDO", AGUS.phone) == "base.which"
    assert say(gate, "1", AGUS.phone) == "jht.balance"


def test_a_second_person_on_one_phone_needs_a_branch(gate: Gateway) -> None:
    add_member(gate.services.store, "9909010101900008", SITI.born, "99090000120", SITI.phone)
    other = Somebody("9909010101900008", SITI.born, "99090000120", SITI.phone)
    assert say(gate, SITI.daftar(), SITI.phone) == "daftar.bound"
    assert say(gate, other.daftar(), SITI.phone) == "daftar.neutral"
    pass_time(gate, 61 * DAY_MS)  # unless nobody has used the first one for long
    assert say(gate, other.daftar(), SITI.phone) == "daftar.bound"


@pytest.mark.parametrize(("nik", "born"), [(None, SITI.born), ("9909010101900008", None)])
def test_what_the_record_does_not_hold_matches_nothing(gate: Gateway, nik: str | None, born: object) -> None:
    add_member(gate.services.store, nik, SITI.born if born else None, "99090000120", OTHER)
    sent = Somebody("9909010101900008", SITI.born, "99090000120", OTHER)
    assert say(gate, sent.daftar(), OTHER) == "daftar.mismatch"


def test_bound_the_number_may_be_left_out_until_it_is_undone(gate: Gateway) -> None:
    assert say(gate, "SALDO", SITI.phone) == "base.stranger"
    assert say(gate, f"SALDO {SITI.number}", SITI.phone) == "jht.balance"
    assert say(gate, "KARTU", SITI.phone) == "base.stranger"
    say(gate, SITI.daftar(), SITI.phone)
    assert [say(gate, text, SITI.phone) for text in ("SALDO", "KARTU")] == ["jht.balance", "kartu.card"]
    assert SITI.number in heard(gate, SITI.phone)[-1]
    assert say(gate, "PUTUS", SITI.phone) == "putus.ask"
    assert bound(gate.services.store)  # one SMS alone, which may be forged, undoes nothing
    assert say(gate, "YA", SITI.phone) == "putus.done"
    assert bound(gate.services.store) == []
    assert say(gate, "SALDO", SITI.phone) == "base.stranger"
    assert say(gate, SITI.daftar(), SITI.phone) == "daftar.bound"


def test_the_question_of_putus_ends_after_ten_minutes(gate: Gateway) -> None:
    say(gate, SITI.daftar(), SITI.phone)
    say(gate, "PUTUS", SITI.phone)
    pass_time(gate, HOUR_MS // 6)
    assert say(gate, "YA", SITI.phone) == "ya.nothing"
    assert bound(gate.services.store)


@pytest.mark.parametrize(("days", "templates"), [
    (59, ["jht.balance", "jht.balance"]),
    (61, ["base.reconfirm", "base.reconfirm"]),
])  # fmt: skip
def test_a_binding_that_is_not_used_must_be_made_anew(gate: Gateway, days: int, templates: list[str]) -> None:
    say(gate, SITI.daftar(), SITI.phone)
    pass_time(gate, days * DAY_MS)
    assert say(gate, "SALDO", SITI.phone) == templates[0]
    pass_time(gate, days * DAY_MS)
    assert say(gate, "SALDO", SITI.phone) == templates[1]
    assert say(gate, SITI.daftar(), SITI.phone) == "daftar.bound"
    assert say(gate, "SALDO", SITI.phone) == "jht.balance"


def test_a_phone_that_was_not_used_gives_way_to_the_one_on_record(gate: Gateway) -> None:
    add_member(gate.services.store, "9909010101900008", SITI.born, "99090000120", STRANGER, OTHER)
    both = Somebody("9909010101900008", SITI.born, "99090000120", STRANGER)
    assert say(gate, both.daftar(), STRANGER) == "daftar.bound"
    assert say(gate, both.daftar(), OTHER) == "daftar.neutral"
    assert alerts(gate) == [(STRANGER, "daftar.alert")]
    pass_time(gate, 61 * DAY_MS)
    assert say(gate, both.daftar(), OTHER) == "daftar.bound"
    assert bound(gate.services.store) == [(both.number, OTHER)]


CLAIMS = [
    ("claim", "99090000120", STRANGER, "", "daftar.bound"),
    ("claim", "99090000120", STRANGER, "02-07-1990", "daftar.neutral"),
    ("claim", SITI.number, STRANGER, "", "daftar.neutral"),
    ("claim", ABSENT, STRANGER, "", "daftar.neutral"),
    ("record", "99090000120", STRANGER, "", "daftar.neutral"),
]


@pytest.mark.parametrize(("setting", "number", "phone", "born", "template"), CLAIMS)
def test_where_no_phone_is_on_record_any_may_claim_if_so_set(
    opened: Open, setting: str, number: str, phone: str, born: str, template: str
) -> None:
    gate = opened(binding=setting)
    add_member(gate.services.store, SITI.nik, SITI.born, "99090000120")
    assert say(gate, SITI.daftar(born=born, number=number), phone) == template


def test_who_claimed_first_keeps_it(opened: Open) -> None:
    gate = opened(binding="claim")
    add_member(gate.services.store, SITI.nik, SITI.born, "99090000120")
    sent = SITI.daftar(number="99090000120")
    assert [say(gate, sent, phone) for phone in (STRANGER, OTHER)] == ["daftar.bound", "daftar.neutral"]
    assert alerts(gate) == [(STRANGER, "daftar.alert")]
    pass_time(gate, 61 * DAY_MS)
    assert say(gate, sent, STRANGER) == "daftar.bound"


FORGOTTEN = [
    (SITI.lupa(), SITI.phone, "lupa.found"),
    (SITI.lupa(born="02-07-1990"), SITI.phone, "lupa.neutral"),
    (SITI.lupa(nik=JOKO.nik), SITI.phone, "lupa.neutral"),
    (JOKO.lupa(), SITI.phone, "lupa.neutral"),
    (SITI.lupa(), STRANGER, "lupa.neutral"),
    (SITI.lupa(nik="9999999999999999"), STRANGER, "lupa.neutral"),
]


@pytest.mark.parametrize(("text", "phone", "template"), FORGOTTEN)
def test_who_hears_a_forgotten_number(gate: Gateway, text: str, phone: str, template: str) -> None:
    assert say(gate, text, phone) == template
    (body,) = heard(gate, phone)
    assert (SITI.number in body) == (template == "lupa.found")
    assert alerts(gate) == []


def test_all_forgotten_numbers_are_told(gate: Gateway) -> None:
    say(gate, AGUS.lupa(), AGUS.phone)
    assert {number for number in (AGUS.number, AGUS_OLD) if number in heard(gate, AGUS.phone)[0]} == {
        AGUS.number,
        AGUS_OLD,
    }


def test_the_phone_on_record_is_warned_once_a_day(gate: Gateway) -> None:
    for phone in (STRANGER, OTHER, "+6281299999997"):
        assert say(gate, SITI.daftar(), phone) == "daftar.neutral"
    assert alerts(gate) == [(SITI.phone, "daftar.alert")]
    assert SITI.number[:3] + "*****" + SITI.number[-3:] in heard(gate, SITI.phone)[0]
    pass_time(gate, DAY_MS)
    say(gate, SITI.daftar(), STRANGER)
    assert alerts(gate) == [(SITI.phone, "daftar.alert")] * 2


def test_two_at_once_are_one_warning(gate: Gateway) -> None:
    sids = [gate.receive(SITI.daftar(), phone) for phone in (STRANGER, OTHER)]
    assert [said(gate, sid) for sid in sids] == ["daftar.neutral"] * 2
    assert alerts(gate) == [(SITI.phone, "daftar.alert")]


def test_the_bound_phone_is_warned_in_its_own_language(gate: Gateway) -> None:
    say(gate, SITI.daftar(), SITI.phone)
    say(gate, "BAHASA EN", SITI.phone)
    say(gate, SITI.daftar(), STRANGER)
    assert heard(gate, SITI.phone)[-1].startswith("Another phone tried to register")


def test_an_opted_out_phone_is_not_warned(gate: Gateway) -> None:
    assert say(gate, "BERHENTI", SITI.phone) == "berhenti.done"
    assert say(gate, SITI.daftar(), STRANGER) == "daftar.neutral"
    assert alerts(gate) == []


def test_only_right_data_warn(gate: Gateway) -> None:
    for text, phone, template in CASES:
        if template == "daftar.neutral" and text != SITI.daftar() and text != JOKO.daftar():
            say(gate, text, phone)
    assert alerts(gate) == []


def test_opting_out_keeps_the_binding_and_silences_all_else(gate: Gateway) -> None:
    say(gate, SITI.daftar(), SITI.phone)
    said = [say(gate, text, SITI.phone) for text in ("BERHENTI", "SALDO", "BERHENTI", "YA", "MULAI", "SALDO")]
    assert said == ["berhenti.done", "(opted_out)", "(opted_out)", "(opted_out)", "mulai.done", "jht.balance"]


def test_a_bare_yes_opts_in(gate: Gateway) -> None:
    assert [say(gate, text, SITI.phone) for text in ("STOP", "SALDO", "YES")] == [
        "(opt_out)",
        "(opted_out)",
        "mulai.done",
    ]
    assert say(gate, SITI.daftar(), SITI.phone) == "daftar.bound"


def test_of_two_phones_at_once_one_is_bound(gate: Gateway) -> None:
    add_member(gate.services.store, "9909010101900008", SITI.born, "99090000120", STRANGER, OTHER)
    both = Somebody("9909010101900008", SITI.born, "99090000120", STRANGER)
    sids = [gate.receive(both.daftar(), phone) for phone in (STRANGER, OTHER)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(gate.work.answering, (1, 1)))
    assert sorted(said(gate, sid) for sid in sids) == ["daftar.bound", "daftar.neutral"]
    assert len(bound(gate.services.store)) == 1


def test_two_in_one_batch_are_one_binding(gate: Gateway) -> None:
    add_member(gate.services.store, "9909010101900008", SITI.born, "99090000120", STRANGER, OTHER)
    both = Somebody("9909010101900008", SITI.born, "99090000120", STRANGER)
    sids = [gate.receive(both.daftar(), phone) for phone in (STRANGER, OTHER)]
    assert sorted(said(gate, sid) for sid in sids) == ["daftar.bound", "daftar.neutral"]
    assert sorted(map(str, verdicts(gate.services.store))) == ["bound", "foreign"]


def row_id(gate: Gateway, sid: str) -> int:
    with gate.services.store.read() as connection:
        return int(connection.scalar(select(inbound.c.id).where(inbound.c.carrier_id == sid)) or 0)


@pytest.mark.parametrize(("born", "template", "verdict"), [
    (SITI.born, "daftar.bound", "bound"),
    (SITI.born.replace(day=2), "daftar.mismatch", "mismatch"),
])  # fmt: skip
def test_a_message_that_is_read_again_after_a_crash_is_one_attempt(
    gate: Gateway, born: date, template: str, verdict: str
) -> None:
    store, now_ms = gate.services.store, gate.services.clock.now_ms()
    text = SITI.daftar(born=f"{born:%d-%m-%Y}")
    sids = [gate.receive(text, SITI.phone) for _ in range(3)]
    for sid in sids:
        crashed = Desk(store, row_id(gate, sid), SITI.phone, now_ms)
        for _ in range(5):
            assert crashed.register(SITI.nik, born, SITI.number).verdict == verdict
    assert [said(gate, sid) for sid in sids] == [template] * 3
    assert verdicts(store) == [verdict] * 3
    assert say(gate, text, SITI.phone) == ("daftar.bound" if verdict == "bound" else "base.locked")


def test_what_was_counted_and_never_looked_at_is_looked_at_then(gate: Gateway) -> None:
    store, now_ms = gate.services.store, gate.services.clock.now_ms()
    sid = gate.receive(SITI.daftar(), SITI.phone)
    with store.write() as connection:
        guards.take(connection, guards.Guess(row_id(gate, sid), SITI.phone, SITI.number, now_ms), 0)
    assert verdicts(store) == [None]
    assert said(gate, sid) == "daftar.bound"
    assert verdicts(store) == ["bound"]


def start_move(gate: Gateway, number: str = SITI.number) -> Move | None:
    services = gate.services
    rules = services.rulebook.on(SITI.born)
    sender = Sender("twilio", services.settings.twilio_from[0])
    now_ms = services.clock.now_ms()
    with services.store.write() as connection:
        return begin_move(connection, services.registry, rules, sender, number, now_ms)


def test_a_branch_moves_a_membership_in_a_day(gate: Gateway) -> None:
    say(gate, SITI.daftar(), SITI.phone)
    assert start_move(gate) == Move(told=True)
    assert alerts(gate) == [(SITI.phone, "tolak.asked")]
    assert start_move(gate) is None
    pass_time(gate, DAY_MS - HOUR_MS)
    gate.work.sweeping()
    assert bound(gate.services.store) == [(SITI.number, SITI.phone)]
    pass_time(gate, HOUR_MS)
    gate.work.sweeping()
    assert bound(gate.services.store) == []
    assert say(gate, "TOLAK", SITI.phone) == "tolak.nothing"


def test_the_old_phone_refuses_a_move(gate: Gateway) -> None:
    say(gate, SITI.daftar(), SITI.phone)
    start_move(gate)
    assert say(gate, "TOLAK", STRANGER) == "tolak.nothing"
    assert say(gate, "TOLAK", SITI.phone) == "tolak.done"
    assert say(gate, "TOLAK", SITI.phone) == "tolak.nothing"
    pass_time(gate, 2 * DAY_MS)
    gate.work.sweeping()
    assert bound(gate.services.store) == [(SITI.number, SITI.phone)]
    assert start_move(gate) == Move(told=True)


def test_there_is_nothing_to_move_where_nothing_is_bound(gate: Gateway) -> None:
    assert start_move(gate) is None
    assert start_move(gate, ABSENT) is None
    assert alerts(gate) == []


def test_a_phone_that_opted_out_is_moved_untold(gate: Gateway) -> None:
    say(gate, SITI.daftar(), SITI.phone)
    say(gate, "BERHENTI", SITI.phone)
    assert start_move(gate) == Move(told=False)
    assert alerts(gate) == []
