"""PIN: hidden before a message is stored, set once, asked for by personal answers, and guessed at three times."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import date

import pytest
from sqlalchemy import func, select

from smsgw.gateway.branch import open_phone, take_pin_away
from smsgw.gateway.desk import Desk
from smsgw.keywords.secret import MASK
from smsgw.members import pins as kept
from smsgw.members.demo import populate
from smsgw.members.tables import guards, pins
from smsgw.messages import inbox
from smsgw.messages.tables import contact, inbound
from smsgw.store import Store
from tests.support import twilio
from tests.support.gateway import Gateway
from tests.support.identity import (
    ABSENT,
    AGUS,
    AGUS_OLD,
    DAY_MS,
    JOKO,
    SITI,
    STRANGER,
    answer_all,
    heard,
    open_gate,
    said,
    say,
)

PIN, WRONG = "482915", "482916"
Open = Callable[..., Gateway]
_ids = itertools.count(1)


@pytest.mark.parametrize(("pin", "trivial"), [
    ("000000", True),
    ("777777", True),
    ("123456", True),
    ("456789", True),
    ("789012", True),
    ("654321", True),
    ("210987", True),
    ("010790", True),
    ("900701", True),
    ("482915", False),
    ("111112", False),
    ("135791", False),
    ("070190", False),
])  # fmt: skip
def test_what_anybody_tries_first_is_trivial(pin: str, trivial: bool) -> None:
    assert kept.is_trivial(pin, [date(1990, 7, 1), date(1985, 3, 12)]) == trivial


@pytest.fixture(params=["sqlite_url", "postgresql_url"])
def opened(request: pytest.FixtureRequest, redis_url: str) -> Iterator[Open]:
    """Opens a gateway with settings of its own."""
    url = request.getfixturevalue(request.param)
    with ExitStack() as stack:
        yield lambda **changes: stack.enter_context(open_gate(url, redis_url, **changes))


@pytest.fixture
def gate(opened: Open) -> Gateway:
    """Siti's phone is bound; nobody has a PIN yet."""
    gate = opened(pin="on")
    assert say(gate, SITI.daftar(), SITI.phone) == "daftar.bound"
    return gate


@pytest.fixture
def pinned(gate: Gateway) -> Gateway:
    """Siti's phone has a PIN."""
    assert say(gate, f"PIN {PIN}", SITI.phone) == "pin.set"
    return gate


def says(gate: Gateway, *texts: str, phone: str = SITI.phone) -> list[str]:
    return [say(gate, text, phone) for text in texts]


def bodies(gate: Gateway) -> list[tuple[str | None, str | None, str | None]]:
    with gate.services.store.read() as connection:
        rows = connection.execute(select(inbound.c.body, inbound.c.folded, inbound.c.secret).order_by(inbound.c.id))
        return [tuple(row) for row in rows]


def count(gate: Gateway) -> list[int]:
    with gate.services.store.read() as connection:
        return list(connection.scalars(select(pins.c.wrong)))


def locked_until(store: Store) -> int:
    with store.read() as connection:
        return connection.scalar(select(contact.c.locked_until).where(contact.c.phone == SITI.phone)) or 0


def test_a_pin_is_hidden_before_it_is_stored_and_gone_once_it_is_answered(gate: Gateway) -> None:
    sid = gate.receive(f"SALDO {PIN}", SITI.phone)
    assert bodies(gate)[-1] == (f"SALDO {MASK}", None, PIN)
    with gate.services.store.read() as connection:
        raw = connection.exec_driver_sql("SELECT body, secret FROM inbound ORDER BY id DESC LIMIT 1").one()
    assert not any(PIN.encode() in bytes(value) for value in raw)
    assert said(gate, sid) == "jht.balance"
    assert bodies(gate)[-1] == (f"SALDO {MASK}", "SALDO", None)


@pytest.mark.parametrize(
    "text", ["STOP 482915", "RANDOM 482915", "Kode OTP Anda 482915. JANGAN BERIKAN kepada siapapun"]
)
def test_it_is_gone_whatever_the_answer(gate: Gateway, text: str) -> None:
    say(gate, text, SITI.phone)
    assert {secret for _, _, secret in bodies(gate)} == {None}
    assert PIN not in str(bodies(gate))


def test_it_waits_with_a_message_that_is_held(gate: Gateway) -> None:
    gate.receive(f"SALDO {PIN}", SITI.phone)
    with gate.services.store.write() as connection:
        (row,) = inbox.claim(connection, "token", 1)
        inbox.hold(connection, [row.id], 0, failed_try=False)
    assert (row.body, row.secret) == (f"SALDO {MASK}", PIN)
    assert PIN not in repr(row)
    answer_all(gate)
    assert bodies(gate)[-1][-1] is None


FIRST = [
    (["PIN"], ["pin.missing"]),
    (["PIN 12345"], ["pin.missing"]),
    (["PIN 111111", "PIN 123456", "PIN 010790", "PIN 900701"], ["pin.trivial"] * 4),
    ([f"PIN {PIN}", "PIN", "PIN 739105", "GANTI PIN"], ["pin.set", "pin.exists", "pin.exists", "pin.exists"]),
    ([f"buat pin {PIN}", f"SALDO {PIN}"], ["pin.set", "jht.balance"]),
    ([f"pin saya {PIN}", f"SALDO {PIN}"], ["pin.set", "jht.balance"]),
    ([f"PIN baru: {PIN}", f"SALDO {PIN}"], ["pin.set", "jht.balance"]),
]


@pytest.mark.parametrize(("texts", "templates"), FIRST)
def test_a_first_pin(gate: Gateway, texts: list[str], templates: list[str]) -> None:
    assert says(gate, *texts) == templates


def test_only_a_bound_phone_has_one(gate: Gateway) -> None:
    assert says(gate, f"PIN {PIN}", phone=STRANGER) == ["base.stranger"]
    assert says(gate, f"PIN {PIN}", phone=JOKO.phone) == ["base.stranger"]
    assert count(gate) == []


def test_a_pin_is_kept_as_a_hash_that_the_table_alone_does_not_open(pinned: Gateway) -> None:
    store = pinned.services.store
    with store.read() as connection:
        found = connection.scalar(select(pins.c.hash)) or ""
    assert found.startswith("$argon2id$")
    assert kept.matches(store.cipher, SITI.phone, PIN, found)
    assert not kept.matches(store.cipher, SITI.phone, WRONG, found)
    assert not kept.matches(store.cipher, JOKO.phone, PIN, found)
    assert not kept.matches(type(store.cipher)(bytes(64)), SITI.phone, PIN, found)


def test_a_phone_without_one_is_answered_as_ever(gate: Gateway) -> None:
    texts = "SALDO", f"SALDO {SITI.number}", f"SALDO {ABSENT}", "KARTU", "JKK", f"SALDO {PIN}"
    assert says(gate, *texts) == [
        "jht.balance",
        "jht.balance",
        "base.stranger",
        "kartu.card",
        "jkk.active",
        "jht.balance",
    ]
    assert count(gate) == []


ASKED = [
    ("SALDO {}", "jht.balance"),
    ("{} SALDO", "jht.balance"),
    ("SALDO PIN {}", "jht.balance"),
    ("saldo{}", "jht.balance"),
    (f"JHT {SITI.number} {{}}", "jht.balance"),
    ("JHT 180 5001 2345 {}", "jht.balance"),
    ("STATUS {}", "status.active"),
    ("KARTU {}", "kartu.card"),
    ("JKK {}", "jkk.active"),
    (f"JKK {SITI.number} {{}}", "jkk.active"),
    ("LAPOR gaji tidak dibayar {}", "lapor.filed"),
    ("PUTUS {}", "putus.ask"),
]


def test_a_personal_answer_needs_the_right_one(pinned: Gateway) -> None:
    for text, template in ASKED:
        assert says(pinned, text.format(""), text.format(WRONG)) == ["base.pin_bad"] * 2, text
        assert count(pinned) == [1]  # a missing one is no guess
        assert says(pinned, text.format(PIN)) == [template]
        assert count(pinned) == [0]
    assert len({body for body in heard(pinned, SITI.phone) if body.startswith("PIN atau nomor salah")}) == 1


def test_a_wrong_number_hears_what_a_wrong_pin_hears(pinned: Gateway) -> None:
    for text in (f"SALDO {ABSENT}", f"SALDO {JOKO.number}", f"STATUS {JOKO.number}"):
        assert says(pinned, text, f"{text} {WRONG}", f"{text} {PIN}") == ["base.pin_bad"] * 3
        assert count(pinned) == [0]


def test_a_programme_tells_nothing_of_a_number_without_the_pin(pinned: Gateway) -> None:
    assert set(says(pinned, *[f"JKK {number}" for number in (SITI.number, JOKO.number, ABSENT)])) == {"base.pin_bad"}
    assert says(pinned, f"JKK {SITI.number} {WRONG}", f"JKK {ABSENT} {WRONG}") == ["base.pin_bad"] * 2


def test_what_is_not_personal_needs_none(pinned: Gateway) -> None:
    texts = "BANTUAN", "INFO JHT", "KANTOR", "BAHASA", "DAFTAR", SITI.daftar(), SITI.lupa(), "BANTUAN SALDO", "HAK"
    assert "base.pin_bad" not in says(pinned, *texts, "BERHENTI", "MULAI")
    assert count(pinned) == [0]


def test_a_session_that_began_with_the_right_one_goes_on_without(pinned: Gateway) -> None:
    assert says(pinned, "MUTASI 12", f"MUTASI 12 {WRONG}", "LANJUT") == ["base.pin_bad"] * 2 + ["lanjut.nothing"]
    assert says(pinned, f"MUTASI 12 {PIN}", "LANJUT", "LANJUT") == ["mutasi.first", "mutasi.last", "lanjut.nothing"]
    assert says(pinned, "MUTASI 12") == ["base.pin_bad"]


def test_a_choice_and_a_yes_of_such_a_session_need_none(gate: Gateway) -> None:
    for number in (AGUS.number, AGUS_OLD):
        assert say(gate, AGUS.daftar(number=number), AGUS.phone) == "daftar.bound"
    assert says(gate, f"PIN {PIN}", "SALDO", "1", phone=AGUS.phone) == ["pin.set", "base.pin_bad", "base.unknown"]
    assert says(gate, f"PUTUS {PIN}", "2", "YA", phone=AGUS.phone) == ["base.which", "putus.ask", "putus.done"]


def test_a_suggestion_is_no_way_around_it(pinned: Gateway) -> None:
    assert says(pinned, "STATSU", "YA", "MUTASSI", "YA")[-1] == "base.pin_bad"
    assert says(pinned, f"SALDO {SITI.number[:-1]}", "YA")[-1] != "jht.balance"


def test_three_wrong_ones_in_a_row_lock_until_a_branch_opens(pinned: Gateway) -> None:
    assert says(pinned, *[f"SALDO {WRONG}"] * 2, f"SALDO {PIN}") == ["base.pin_bad"] * 2 + ["jht.balance"]
    assert says(pinned, *[f"SALDO {WRONG}"] * 3) == ["base.pin_bad"] * 3
    pinned.services.clock.move(40 * DAY_MS)
    personal = [f"SALDO {PIN}", "SALDO", f"KARTU {PIN}", "STATUS", "LAPOR gaji", SITI.daftar(), SITI.lupa()]
    assert set(says(pinned, *personal)) == {"base.locked"}
    assert says(pinned, "BANTUAN", "PIN") == ["bantuan.menu", "pin.exists"]
    with pinned.services.store.write() as connection:
        open_phone(connection, SITI.phone)
    assert says(pinned, f"SALDO {PIN}") == ["jht.balance"]
    assert locked_until(pinned.services.store) == 0


# Texts within ten seconds, each under an id of its own; what becomes of them, and the wrong guesses that are counted.
DOUBLED = [
    ([f"SALDO {WRONG}"] * 2, ["base.pin_bad", "(duplicate)"], 1),
    ([f"SALDO {WRONG}"] * 5, ["base.pin_bad", *["(duplicate)"] * 4], 1),
    ([f"SALDO {WRONG}", f"saldo  {WRONG}!"], ["base.pin_bad", "(duplicate)"], 1),
    ([f"SALDO {WRONG}", "SALDO 482917"], ["base.pin_bad", "base.pin_bad"], 2),
    ([f"SALDO {WRONG}", f"SALDO {PIN}"], ["base.pin_bad", "jht.balance"], 0),
    ([f"SALDO {PIN}"] * 2, ["jht.balance", "(duplicate)"], 0),
    ([f"SALDO {PIN}", f"SALDO {WRONG}"], ["jht.balance", "base.pin_bad"], 1),
    ([f"SALDO {WRONG}", "SALDO 482917", f"SALDO {WRONG}"], ["base.pin_bad"] * 3, 3),
    ([f"SALDO {WRONG}", f"STATUS {WRONG}"], ["base.pin_bad"] * 2, 2),
]


@pytest.mark.parametrize(("texts", "became", "wrong"), DOUBLED, ids=lambda value: str(value)[:40])
def test_what_the_network_brings_twice_is_one_guess(
    pinned: Gateway, texts: list[str], became: list[str], wrong: int
) -> None:
    assert [brought_again(pinned, text) for text in texts] == became
    assert count(pinned)[0] == (wrong if wrong < kept.MOST else kept.MOST + 1)


def brought_again(gate: Gateway, text: str) -> str:
    """What becomes of a text in the moment of the one before."""
    fields = twilio.inbound_form(text, SITI.phone)
    assert gate.post(twilio.INBOUND, fields).status_code == 200
    return said(gate, fields["MessageSid"])


def test_a_first_pin_that_comes_twice_is_set_and_not_refused(gate: Gateway) -> None:
    assert [brought_again(gate, f"PIN {PIN}") for _ in range(2)] == ["pin.set", "(duplicate)"]


def test_which_pin_a_message_had_is_known_for_a_minute_and_then_forgotten(pinned: Gateway) -> None:
    hashes = select(func.count()).select_from(guards).where(guards.c.kind == "pin")
    brought_again(pinned, f"SALDO {WRONG}")
    for moved_s, left in ((0, 2), (59, 2), (2, 0)):  # the PIN that was set, and the wrong one
        pinned.services.clock.move(moved_s * 1000)
        pinned.work.sweeping()
        with pinned.services.store.read() as connection:
            assert connection.scalar(hashes) == left


def test_a_branch_takes_a_forgotten_one_away(pinned: Gateway) -> None:
    says(pinned, *[f"SALDO {WRONG}"] * 3)
    take_pin_away(pinned.services.store, SITI.phone)
    with pinned.services.store.write() as connection:
        open_phone(connection, SITI.phone)
    assert says(pinned, "SALDO", "PIN 739105", f"SALDO {PIN}", "SALDO 739105") == [
        "jht.balance", "pin.set", "base.pin_bad", "jht.balance",
    ]  # fmt: skip


@pytest.fixture
def kept_store(store: Store) -> Store:
    """A store in which Siti's phone has a PIN."""
    populate(store, count=30, seed=1)
    with store.write() as connection:
        assert kept.put(connection, SITI.phone, kept.hashed(store.cipher, SITI.phone, PIN), 0)
    return store


def guess(store: Store, pin: str | None, inbound_id: int = 0) -> str:
    return Desk(store, inbound_id or next(_ids), SITI.phone, 0, with_pin=True, sent_pin=pin).check_pin()


def test_of_fifty_guesses_at_once_three_are_compared(kept_store: Store) -> None:
    with ThreadPoolExecutor(16) as pool:
        told = Counter(pool.map(lambda _: guess(kept_store, WRONG), range(50)))
    assert told == {"bad": 3, "locked": 47}
    assert guess(kept_store, PIN) == "locked"
    assert locked_until(kept_store) == 253_402_300_799_000


def test_a_message_that_is_read_again_after_a_crash_is_one_guess(kept_store: Store) -> None:
    assert [guess(kept_store, WRONG, 7) for _ in range(5)] == ["bad"] * 5
    assert [guess(kept_store, WRONG, 8), guess(kept_store, PIN, 9), guess(kept_store, PIN, 9)] == [
        "bad",
        "right",
        "right",
    ]


def test_what_was_counted_and_never_compared_is_compared_then(kept_store: Store) -> None:
    with kept_store.write() as connection:
        for at in (7, 8, 9):
            kept.take(connection, SITI.phone, at)
    assert guess(kept_store, PIN, 9) == "right"


def test_a_crash_before_the_lock_does_not_open_it(kept_store: Store) -> None:
    with kept_store.write() as connection:
        for at in (7, 8, 9):
            kept.take(connection, SITI.phone, at)
    assert guess(kept_store, PIN, 10) == "locked"
    assert locked_until(kept_store) == 253_402_300_799_000


def test_two_first_ones_at_once_are_one(kept_store: Store) -> None:
    with kept_store.write() as connection:
        assert not kept.put(connection, SITI.phone, "another", 0)


def test_off_changes_nothing(opened: Open) -> None:
    gate = opened()
    assert says(gate, SITI.daftar(), f"PIN {PIN}", "SALDO", f"SALDO {PIN}")[:3] == [
        "daftar.bound",
        "pin.off",
        "jht.balance",
    ]
    assert [(body, secret) for body, _, secret in bodies(gate)][1:] == [
        (f"PIN {PIN}", None), ("SALDO", None), (f"SALDO {PIN}", None),
    ]  # fmt: skip
    with gate.services.store.read() as connection:
        assert connection.scalar(select(func.count()).select_from(pins)) == 0


def test_switched_off_again_nobody_is_asked(opened: Open) -> None:
    gate = opened(pin="on")
    says(gate, SITI.daftar(), f"PIN {PIN}")
    assert says(gate, "SALDO") == ["base.pin_bad"]


def test_nothing_of_it_is_logged(pinned: Gateway, capfd: pytest.CaptureFixture[str]) -> None:
    says(pinned, f"SALDO {PIN}", *[f"SALDO {WRONG}"] * 4, f"PIN {PIN}")
    said = "".join(capfd.readouterr())
    assert said.count("pin_locked") == 1
    assert not {PIN, WRONG, SITI.phone[3:]} & {word for word in (PIN, WRONG, SITI.phone[3:]) if word in said}
