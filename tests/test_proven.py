"""Whom the identity provider names: who is let in, who is told why not, and that nobody takes another's account."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from smsgw.operators import accounts, proven, tries
from smsgw.operators.oidc import Person
from smsgw.operators.proven import Arrival, NotLetIn
from smsgw.operators.tables import operators
from smsgw.store import Store
from tests.support.console import Console
from tests.support.meeting import Meeting, is_in, over
from tests.support.provider import Claims, StandIn


def close(meeting: Meeting) -> None:
    with meeting.console.services.store.write() as connection:
        connection.execute(operators.update().values(disabled_at=1))


def lock(meeting: Meeting) -> None:
    with meeting.console.services.store.write() as connection:
        for _ in range(tries.FREE["account"]):
            tries.taken(connection, "account", "rina", meeting.console.services.clock.now_ms())


def lock_address(meeting: Meeting) -> None:
    with meeting.console.services.store.write() as connection:
        for _ in range(tries.FREE["address"]):  # a minute ahead: such an address waits for a moment only
            tries.taken(connection, "address", "127.0.0.1", meeting.console.services.clock.now_ms() + tries.MINUTE_MS)


def take(meeting: Meeting) -> None:
    meeting.sign_in(meeting.console.browser())
    meeting.provider.who = {"sub": "another person", "preferred_username": "rina"}


def rename(name: str) -> Callable[[Meeting], None]:
    return lambda meeting: meeting.provider.who.update(preferred_username=name)


ALIKE = "rin\u0430"  # a Cyrillic letter


TURNED_AWAY: dict[str, tuple[Callable[[Meeting], None], str, tuple[str, str, str] | None]] = {
    "unknown": (rename("budi"), "belum ada akun", ("(oidc)", "sign_in_failed", "OIDC: unknown: budi")),
    "in another case": (rename("Rina"), "belum ada akun", ("(oidc)", "sign_in_failed", "OIDC: unknown: Rina")),
    "with a space": (rename("rina "), "belum ada akun", ("(oidc)", "sign_in_failed", "OIDC: unknown: rina ")),
    "that looks alike": (
        rename(ALIKE),
        "belum ada akun",
        ("(oidc)", "sign_in_failed", f"OIDC: unknown: {ALIKE}"),
    ),
    "closed": (close, "ditutup", ("rina", "sign_in_failed", "OIDC: closed: rina")),
    "locked": (lock, "Terlalu cepat", None),
    "from a locked address": (lock_address, "Terlalu cepat", None),
    "another of that name": (take, "orang lain", ("rina", "sign_in_failed", "OIDC: other: rina")),
}


@pytest.mark.parametrize(("before", "words", "row"), TURNED_AWAY.values(), ids=list(TURNED_AWAY))
def test_who_may_not_come_in_is_told_why_and_recorded(
    meeting: Meeting, before: Callable[[Meeting], None], words: str, row: tuple[str, str, str] | None
) -> None:
    meeting.account()
    before(meeting)
    already = meeting.rows()
    browser = meeting.console.browser()
    answer = meeting.sign_in(browser)
    assert (answer.status_code, words in answer.text, is_in(browser)) == (403, True, False)
    assert meeting.rows()[len(already) :] == ([row] if row else [])
    with meeting.console.services.store.read() as connection:
        assert len(accounts.listed(connection)) == 1


def test_an_account_with_a_password_is_not_opened_by_the_provider(meeting: Meeting) -> None:
    meeting.console.account("rina", "admin")
    assert "belum ada akun" in meeting.sign_in(meeting.console.browser()).text


@pytest.mark.parametrize("password", ["", "x", "$argon2id$"])
def test_an_account_of_the_provider_is_opened_by_no_password(meeting: Meeting, password: str) -> None:
    meeting.account()
    assert meeting.console.browser().sign_in("rina", password).status_code == 403


def test_who_is_renamed_at_the_provider_is_still_the_same(meeting: Meeting) -> None:
    meeting.account()
    meeting.account("budi", "budi", "admin")
    meeting.sign_in(meeting.console.browser())
    meeting.provider.who["preferred_username"] = "budi"
    browser = meeting.console.browser()
    meeting.sign_in(browser)
    assert meeting.rows()[-1] == ("rina", "sign_in", "OIDC")
    assert browser.get("/accounts").status_code == 403


def test_an_account_is_given_to_another_person_by_an_admin(meeting: Meeting) -> None:
    key = meeting.account()
    take(meeting)
    with meeting.console.services.store.write() as connection:
        assert accounts.set_provider_name(connection, key, "rina", 0)
    assert meeting.sign_in(meeting.console.browser()).status_code == 303


EMAIL = "rina@example.id"


NAMED: list[tuple[str, Claims, int]] = [
    ("email", {"email": EMAIL, "email_verified": True}, 303),
    ("email", {"email": EMAIL, "email_verified": False}, 403),
    ("email", {"email": EMAIL, "email_verified": "true"}, 403),
    ("email", {"email": EMAIL}, 403),
    ("email", {"email_verified": True}, 403),
    ("preferred_username", {"preferred_username": EMAIL}, 303),
    ("preferred_username", {"email": EMAIL, "email_verified": True}, 403),
    ("sub", {"sub": EMAIL}, 303),
]


@pytest.mark.parametrize(("claim", "who", "status"), NAMED)
def test_an_operator_is_named_by_one_claim(
    console: Console, provider: StandIn, claim: str, who: Claims, status: int
) -> None:
    meeting = over(console, provider, oidc_claim=claim)
    meeting.account(called=EMAIL)
    provider.who = {"sub": "8f1c"} | who
    answer = meeting.sign_in(meeting.console.browser())
    assert (answer.status_code, "tidak menyebut nama" in answer.text) == (status, status == 403)


def test_two_who_come_first_at_once_are_not_both_let_in(store: Store) -> None:
    with store.write() as connection:
        accounts.add(connection, "rina", "viewer", "", 0, "rina")
    people = [Person("https://id", f"subject {n}", "rina") for n in range(4)]

    def come(person: Person) -> str:
        try:
            return "in" if proven.sign_in(store, Arrival(person, "", "10.0.0.9"), 0, 0) else ""
        except NotLetIn as refused:
            return refused.why

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(come, people)) == ["in"] + ["other"] * 3
