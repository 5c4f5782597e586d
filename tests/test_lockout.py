"""Lockouts: how many guesses are looked at, when a phone, a membership or everybody is refused, and who never is."""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from smsgw.gateway.branch import open_phone
from smsgw.gateway.desk import Desk
from smsgw.members import guards
from smsgw.members.demo import populate
from smsgw.members.tables import guards as table
from smsgw.messages.tables import contact
from smsgw.store import Store
from tests.support.gateway import Gateway
from tests.support.identity import (
    ABSENT,
    DAY_MS,
    HOUR_MS,
    JOKO,
    SITI,
    STRANGER,
    Somebody,
    bound,
    heard,
    open_gate,
    say,
    verdicts,
)

NOW_MS = 1_763_942_400_000
WRONG = SITI.daftar(born="02-07-1990")
_ids = itertools.count(1)


@pytest.fixture
def peopled(store: Store) -> Store:
    populate(store, count=30, seed=1)
    return store


def guess(store: Store, phone: str, who: Somebody = SITI, at_ms: int = NOW_MS, *, right: bool = False) -> str:
    """A DAFTAR through the desk, as the answering step asks it; what it is told."""
    with store.read() as connection:
        locked = connection.scalar(select(contact.c.locked_until).where(contact.c.phone == phone)) or 0
    born = who.born if right else who.born.replace(day=2)
    return Desk(store, next(_ids), phone, at_ms, locked).register(who.nik, born, who.number).verdict


def fresh_phones(count: int) -> list[str]:
    return [f"+628120{at:07}" for at in range(count)]


def together(store: Store, phones: Sequence[str]) -> Counter[str]:
    with ThreadPoolExecutor(16) as pool:
        return Counter(pool.map(lambda phone: guess(store, phone), phones))


@pytest.mark.parametrize(("phone", "said"), [(STRANGER, "neutral"), (SITI.phone, "mismatch")])
def test_of_fifty_guesses_at_once_three_are_looked_at(peopled: Store, phone: str, said: str) -> None:
    assert together(peopled, [phone] * 50) == {said: 3, "locked": 47}
    assert Counter(verdicts(peopled)) == {said: 3, "locked": 47}
    assert guess(peopled, phone, right=True) == "locked"


def test_a_thousand_phones_look_at_one_membership_five_times_a_day(peopled: Store) -> None:
    assert together(peopled, fresh_phones(1_000)) == {"neutral": 1_000}
    assert Counter(verdicts(peopled)) == {"neutral": 5, "closed": 995}
    assert guess(peopled, SITI.phone, right=True) == "neutral"


def test_fifty_phones_at_once_look_at_one_membership_five_times(peopled: Store) -> None:
    assert together(peopled, fresh_phones(50)) == {"neutral": 50}
    assert Counter(verdicts(peopled)) == {"neutral": 5, "closed": 45}


def test_a_membership_that_does_not_exist_is_shut_just_so(peopled: Store) -> None:
    nobody = Somebody(SITI.nik, SITI.born, ABSENT, "")
    heard = [guess(peopled, phone, nobody) for phone in fresh_phones(10)]
    assert (set(heard), Counter(verdicts(peopled))) == ({"neutral"}, {"neutral": 5, "closed": 5})


def test_above_sixty_failures_a_minute_nothing_is_looked_at(peopled: Store, capfd: pytest.CaptureFixture[str]) -> None:
    numbers = [f"990000{at:05}" for at in range(80)]
    said = {
        guess(peopled, phone, Somebody(SITI.nik, SITI.born, number, ""))
        for phone, number in zip(fresh_phones(80), numbers, strict=True)
    }
    assert said == {"neutral"}
    assert Counter(verdicts(peopled)) == {"neutral": 60, "breaker": 20}
    assert guess(peopled, SITI.phone, right=True) == "neutral"
    assert "".join(capfd.readouterr()).count("too_many_guesses") == 1
    assert guess(peopled, SITI.phone, at_ms=NOW_MS + guards.MINUTE_MS, right=True) == "bound"


HISTORIES = [
    ([0, 1, 2], 3, "locked"),
    ([0, 1], 2, "bound"),
    ([0, 12, 23.9], 24, "locked"),
    ([0, 12, 25], 26, "bound"),
    ([0, 23, 25, 26], 27, "locked"),
    ([0, 1, 2], 25.9, "locked"),
    ([0, 1, 2], 26, "bound"),
    ([0, 24, 48, 72, 96], 97, "bound"),
]


@pytest.mark.parametrize(("failures", "then", "said"), HISTORIES)
def test_three_failures_in_a_day_lock_for_a_day(peopled: Store, failures: list[float], then: float, said: str) -> None:
    for hour in failures:
        assert guess(peopled, SITI.phone, at_ms=NOW_MS + int(hour * HOUR_MS)) == "mismatch"
    assert guess(peopled, SITI.phone, at_ms=NOW_MS + int(then * HOUR_MS), right=True) == said


def test_a_success_gives_its_step_back(peopled: Store) -> None:
    said = [guess(peopled, SITI.phone, right=right) for right in (True, True, False, True, False, True, False, True)]
    assert said == ["bound", "bound", "mismatch", "bound", "mismatch", "bound", "mismatch", "locked"]


def test_the_third_lock_in_a_month_is_for_a_branch_to_open(peopled: Store) -> None:
    for lock in range(3):
        for _ in range(3):
            assert guess(peopled, SITI.phone, at_ms=NOW_MS + lock * 2 * DAY_MS) == "mismatch"
    assert guess(peopled, SITI.phone, at_ms=NOW_MS + 400 * DAY_MS, right=True) == "locked"
    assert verdicts(peopled)[-1] == "branch"
    with peopled.write() as connection:
        open_phone(connection, SITI.phone)
    assert guess(peopled, SITI.phone, at_ms=NOW_MS + 400 * DAY_MS, right=True) == "bound"


@pytest.mark.parametrize(("days", "said"), [([0, 10, 20], "locked"), ([0, 10, 31], "bound"), ([0, 29, 31], "bound")])
def test_locks_are_counted_over_thirty_days(peopled: Store, days: list[int], said: str) -> None:
    for day in days:
        for _ in range(3):
            guess(peopled, SITI.phone, at_ms=NOW_MS + day * DAY_MS)
    assert guess(peopled, SITI.phone, at_ms=NOW_MS + 35 * DAY_MS, right=True) == said


def test_a_phone_that_a_branch_opened_begins_anew(peopled: Store) -> None:
    for _ in range(3):
        guess(peopled, SITI.phone)
    with peopled.write() as connection:
        open_phone(connection, SITI.phone)
    assert [guess(peopled, SITI.phone) for _ in range(4)] == ["mismatch"] * 3 + ["locked"]


def test_what_counts_no_more_is_left_behind(peopled: Store) -> None:
    guess(peopled, SITI.phone)
    with peopled.write() as connection:
        guards.forget(connection, NOW_MS + 30 * DAY_MS)
    assert len(verdicts(peopled)) == 1
    with peopled.write() as connection:
        guards.forget(connection, NOW_MS + 31 * DAY_MS)
        assert connection.execute(select(table)).all() == []
    assert verdicts(peopled) == []


def test_a_forgotten_number_is_guessed_three_times(peopled: Store) -> None:
    desks = [Desk(peopled, next(_ids), SITI.phone, NOW_MS) for _ in range(50)]
    with ThreadPoolExecutor(16) as pool:
        told = Counter(pool.map(lambda desk: desk.recall(JOKO.nik, JOKO.born), desks))
    assert sorted(told.values()) == [3, 47]
    assert not any(recall.numbers for recall in told)


@pytest.fixture(params=["sqlite_url", "postgresql_url"])
def gate(request: pytest.FixtureRequest, redis_url: str) -> Iterator[Gateway]:
    with open_gate(request.getfixturevalue(request.param), redis_url) as gate:
        yield gate


def test_a_locked_phone_hears_one_text_to_every_personal_keyword(gate: Gateway) -> None:
    assert [say(gate, WRONG, SITI.phone) for _ in range(3)] == ["daftar.mismatch"] * 3
    personal = [f"SALDO {SITI.number}", f"SALDO {ABSENT}", "JHT", f"STATUS {JOKO.number}", "KARTU", "PUTUS"]
    assert {say(gate, text, SITI.phone) for text in (*personal, SITI.daftar(), SITI.lupa())} == {"base.locked"}
    assert len(set(heard(gate, SITI.phone)[3:])) == 1
    assert say(gate, "BANTUAN", SITI.phone) == "bantuan.menu"
    gate.services.clock.move(DAY_MS)
    assert say(gate, f"SALDO {SITI.number}", SITI.phone) == "jht.balance"
    assert say(gate, SITI.daftar(), SITI.phone) == "daftar.bound"


def test_a_lock_never_touches_a_bound_phone(gate: Gateway) -> None:
    say(gate, SITI.daftar(), SITI.phone)
    for phone in fresh_phones(8):
        assert say(gate, WRONG, phone) == "daftar.neutral"
    assert say(gate, "SALDO", SITI.phone) == "jht.balance"
    assert say(gate, SITI.daftar(), SITI.phone) == "daftar.bound"
    for _ in range(3):
        say(gate, WRONG, SITI.phone)
    assert say(gate, SITI.daftar(), SITI.phone) == "base.locked"
    assert [say(gate, text, SITI.phone) for text in ("SALDO", f"SALDO {SITI.number}", "KARTU")] == [
        "jht.balance", "jht.balance", "kartu.card",
    ]  # fmt: skip


def test_nobody_shuts_a_member_out_for_good(gate: Gateway) -> None:
    for phone in fresh_phones(8):
        say(gate, WRONG, phone)
    assert say(gate, SITI.daftar(), SITI.phone) == "daftar.neutral"
    assert say(gate, f"SALDO {SITI.number}", SITI.phone) == "jht.balance"
    gate.services.clock.move(DAY_MS)
    assert say(gate, SITI.daftar(), SITI.phone) == "daftar.bound"
    assert bound(gate.services.store) == [(SITI.number, SITI.phone)]


MALFORMED = [
    f"DAFTAR#{SITI.nik}#01-07-1990",
    f"DAFTAR#01-07-1990#{SITI.number}",
    f"DAFTAR#{SITI.nik}#{SITI.number}",
    f"DAFTAR#{SITI.nik}#31-02-1990#{SITI.number}",
    f"DAFTAR#{SITI.nik[:-1]}#01-07-1990#{SITI.number}",
    f"LUPA#{SITI.nik}",
    "DAFTAR",
    "LUPA",
]


def test_what_cannot_be_a_guess_is_no_attempt(gate: Gateway) -> None:
    for text in MALFORMED:
        assert say(gate, text, SITI.phone) not in ("base.locked", "daftar.mismatch", "daftar.neutral"), text
    assert verdicts(gate.services.store) == []
    assert say(gate, SITI.daftar(), SITI.phone) == "daftar.bound"
