"""Sign-in, sessions and lockout: what a thief of cookies, a guesser and a colleague without the right meet."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pyotp
import pytest
from flask import g
from sqlalchemy import func, select

from smsgw.console.guard import arrive, refusal
from smsgw.console.page import Page
from smsgw.console.strip import Strip
from smsgw.console.visit import Desk
from smsgw.operators import door, sessions, tries
from smsgw.operators.accounts import Operator
from smsgw.operators.door import Tried
from smsgw.operators.sessions import Session
from smsgw.operators.tables import audit, operator_sessions, operators, sign_in_tries
from smsgw.store import Store
from smsgw.web.app import create_app
from tests.support.console import PASSWORD, Browser, Console

COOKIE = "smsgw_console"
MINUTE = 60_000
PUBLIC, PROXY = "8.8.8.8", "10.0.0.9"


def cookie_of(browser: Browser) -> str:
    found = browser.client.get_cookie(COOKIE, path="/console")
    return found.value if found else ""


def acts(console: Console) -> list[str]:
    with console.services.store.read() as connection:
        return list(connection.scalars(select(audit.c.act).order_by(audit.c.id)))


def is_in(browser: Browser) -> bool:
    return browser.get("").status_code == 200


def test_signing_in_opens_the_pages_and_is_recorded(console: Console) -> None:
    browser = console.signed_in("viewer")
    assert (is_in(browser), acts(console)) == (True, ["sign_in"])


def test_the_way_back_is_kept_inside_the_console(console: Console) -> None:
    console.account("rina", "admin")
    browser = console.browser()
    assert browser.get("/audit?act=reveal").headers["Location"] == "/console/sign-in?next=/console/audit?act%3Dreveal"
    form = {"name": "rina", "password": PASSWORD, "back": "/console/audit?act=reveal"}
    assert browser.post("/sign-in", form).headers["Location"] == "/console/audit?act=reveal"
    assert console.browser().post("/sign-in", form | {"back": "//evil.example"}).headers["Location"] == "/console"


def test_a_session_has_a_new_id_whatever_the_browser_came_with(console: Console) -> None:
    console.account("rina", "viewer")
    browser = console.browser()
    browser.client.set_cookie(COOKIE, "chosen-by-somebody-else", path="/console")
    assert browser.sign_in("rina").status_code == 303
    assert cookie_of(browser) != "chosen-by-somebody-else"
    assert len(cookie_of(browser)) >= 43  # 256 bits


def test_the_id_itself_is_not_in_the_database(console: Console) -> None:
    browser = console.signed_in("viewer")
    with console.services.store.read() as connection:
        row = connection.execute(select(operator_sessions)).one()
    assert cookie_of(browser).encode() not in b"".join(str(value).encode() for value in row)


def test_a_copied_cookie_is_worth_nothing_after_the_sign_out(console: Console) -> None:
    browser = console.signed_in("viewer")
    copy = cookie_of(browser)
    assert browser.post("/sign-out").status_code == 303
    thief = console.browser()
    thief.client.set_cookie(COOKIE, copy, path="/console")
    assert (is_in(browser), is_in(thief)) == (False, False)


STEPS = [
    ([sessions.IDLE_MS - MINUTE], True),
    ([sessions.IDLE_MS + MINUTE], False),
    ([10 * MINUTE] * 47, True),  # used all the time, for less than eight hours
    ([10 * MINUTE] * 48 + [MINUTE], False),
]


@pytest.mark.parametrize(("moves", "alive"), STEPS, ids=["idle", "too idle", "used", "too old"])
def test_a_session_ends_by_the_clock(console: Console, moves: list[int], alive: bool) -> None:
    browser = console.signed_in("viewer")
    for ms in moves:
        console.services.clock.move(ms)
        last = is_in(browser)
    assert last is alive


def test_a_list_that_the_browser_asks_for_by_itself_keeps_nobody_signed_in(console: Console) -> None:
    browser = console.signed_in("viewer")
    for _ in range(2):
        console.services.clock.move(sessions.IDLE_MS // 2 + MINUTE)
        last = browser.get("/messages/live")
    assert last.status_code == 303
    assert not is_in(browser)


@pytest.mark.parametrize(
    ("name", "password"), [("rina", "wrong"), ("nobody", PASSWORD), ("", ""), ("rina", PASSWORD * 9)]
)
def test_all_that_is_wrong_looks_alike(console: Console, name: str, password: str) -> None:
    console.account("rina", "viewer")
    usual = console.browser().sign_in("rina", "not it")
    answer = console.browser().sign_in(name, password)
    assert answer.status_code == usual.status_code == 403
    assert "salah" in answer.text
    assert name == "" or name not in answer.text


def test_after_five_wrong_passwords_the_right_one_waits(console: Console) -> None:
    console.account("rina", "viewer")
    browser = console.browser()
    answers = [browser.sign_in("rina", f"wrong {n}").status_code for n in range(5)]
    assert (answers, browser.sign_in("rina").status_code) == ([403] * 5, 403)
    console.services.clock.move(MINUTE + 1)
    assert browser.sign_in("rina").status_code == 303
    assert acts(console) == ["sign_in_failed"] * 5 + ["sign_in"]  # the one that came too early is not looked at


def test_each_further_wrong_password_waits_longer(store: Store) -> None:
    now, waits = 0, []
    for _ in range(14):
        with store.write() as connection:
            assert tries.taken(connection, "account", "rina", now)
            wait = max((connection.scalar(select(sign_in_tries.c.until)) or 0) - now, 0)
        waits.append(wait // MINUTE)
        now += wait
    assert waits == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]


def test_tries_at_once_are_no_more_than_tries_one_by_one(store: Store) -> None:
    def one(n: int) -> bool:
        with store.write() as connection:
            return tries.taken(connection, "account", "rina", 0)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(50))) == tries.FREE["account"]


def test_an_address_that_tries_many_names_waits_too(store: Store) -> None:
    with store.write() as connection:
        taken = [tries.taken(connection, "address", "10.0.0.9", 0) for _ in range(30)]
    assert taken == [True] * tries.FREE["address"] + [False] * (30 - tries.FREE["address"])


class Password(str):
    """A password that knows how many times it was looked at."""

    __slots__ = ("looks",)

    def __getitem__(self, part: Any) -> str:
        self.looks = getattr(self, "looks", 0) + 1
        return super().__getitem__(part)


def knock(store: Store, name: str, address: str, at_ms: int = 0) -> tuple[bool, bool]:
    """Whether a try with the right password gets in, and whether its password was looked at."""
    password = Password(PASSWORD)
    cookie = door.sign_in(store, Tried(name, password, "", address), at_ms, 0)
    return cookie is not None, getattr(password, "looks", 0) > 0


def counted(store: Store) -> int:
    with store.read() as connection:
        return connection.scalar(select(func.count()).select_from(sign_in_tries)) or 0


@pytest.mark.parametrize("address", [PUBLIC, PROXY, ""])
def test_while_its_address_waits_no_try_costs_a_row_or_a_look(console: Console, address: str) -> None:
    console.account("rina", "viewer")
    store = console.services.store
    for n in range(tries.FREE["address"]):
        assert knock(store, f"nobody{n}", address) == (False, True)
    rows = counted(store)
    assert [knock(store, name, address) for name in ("rina", "nobody", "nobody1")] == [(False, False)] * 3
    assert counted(store) == rows


@pytest.mark.parametrize(("address", "gets_in"), [(PUBLIC, False), (PROXY, True), ("127.0.0.1", True), ("::1", True)])
def test_what_may_be_everybodys_address_waits_for_a_moment_only(console: Console, address: str, gets_in: bool) -> None:
    console.account("rina", "viewer")
    store = console.services.store
    with store.write() as connection:
        for n in range(60):
            tries.taken(connection, "address", address, n * tries.LONGEST_MIN * MINUTE)
        connection.execute(sign_in_tries.update().values(failures=tries.MOST))
        last = n * tries.LONGEST_MIN * MINUTE + tries.LONGEST_MIN * MINUTE
        assert tries.taken(connection, "address", address, last)
        assert connection.scalar(select(sign_in_tries.c.failures)) == tries.MOST
    assert knock(store, "rina", address, last + tries.SHARED_MS)[0] == gets_in


def test_a_name_that_waits_costs_the_same_whether_it_is_an_account_or_not(console: Console) -> None:
    console.account("rina", "viewer")
    store = console.services.store
    for name in ("rina", "nobody"):
        with store.write() as connection:
            assert [tries.taken(connection, "account", name, 0) for _ in range(5)] == [True] * 5
        assert knock(store, name, PUBLIC) == (False, False)
    with store.write() as connection:
        for n in range(tries.CROWD):
            tries.taken(connection, "account", f"nobody{n}", 0)
    assert [knock(store, name, PUBLIC) for name in ("rina", "nobody", "made-up")] == [(False, True)] * 3


def test_made_up_names_leave_a_bounded_number_of_rows(console: Console) -> None:
    console.account("rina", "viewer")
    store = console.services.store
    with store.write() as connection:
        for n in range(tries.CROWD + 1):
            tries.taken(connection, "address", f"198.18.{n >> 8}.{n & 255}", 0)
    rows = counted(store)
    door.sign_in(store, Tried("made-up", "wrong", "", PUBLIC), 0, 0)
    assert counted(store) == rows + 1  # its address
    door.sign_in(store, Tried("rina", "wrong", "", PUBLIC), 0, 0)
    assert counted(store) == rows + 2


def test_a_right_password_forgives_the_account_and_one_try_of_the_address(store: Store) -> None:
    with store.write() as connection:
        for _ in range(4):
            tries.taken(connection, "account", "rina", 0)
            tries.taken(connection, "address", "10.0.0.9", 0)
        tries.forgive(connection, "account", "rina")
        tries.forgive(connection, "address", "10.0.0.9")
        assert list(connection.scalars(select(sign_in_tries.c.failures))) == [3]


def test_a_code_is_asked_for_and_counts_once(console: Console) -> None:
    console.account("rina", "branch")
    secret = pyotp.random_base32()
    with console.services.store.write() as connection:
        connection.execute(operators.update().values(totp_secret=secret))
    code = pyotp.TOTP(secret).now()
    assert console.browser().sign_in("rina").status_code == 403
    assert console.browser().sign_in("rina", code="000000").status_code == 403
    assert console.browser().sign_in("rina", code=code).status_code == 303
    assert console.browser().sign_in("rina", code=code).status_code == 403


def test_a_closed_account_does_not_sign_in(console: Console) -> None:
    console.account("rina", "viewer")
    with console.services.store.write() as connection:
        connection.execute(operators.update().values(disabled_at=1))
    assert console.browser().sign_in("rina").status_code == 403


def test_the_password_is_in_no_log(console: Console, capfd: pytest.CaptureFixture[str]) -> None:
    console.account("rina", "viewer")
    console.browser().sign_in("rina", "a secret of mine")
    assert "a secret of mine" not in "".join(capfd.readouterr())
    assert "a secret of mine" not in repr(Tried("rina", "a secret of mine", "", ""))


def test_ended_sessions_are_removed_at_the_next_sign_in(console: Console) -> None:
    console.signed_in("viewer")
    console.services.clock.move(sessions.LONGEST_MS + MINUTE)
    console.signed_in("operator")
    with console.services.store.read() as connection:
        assert connection.scalar(select(func.count()).select_from(operator_sessions)) == 1


BRANCH = Page("counter", "/counter", lambda visit: "", "branch")


@pytest.mark.parametrize(("environment", "factor", "let_in"), [
    ("production", False, False), ("production", True, True), ("demo", False, True),
])  # fmt: skip
def test_branch_work_needs_a_second_factor_in_production(
    console: Console, environment: str, factor: bool, let_in: bool
) -> None:
    settings = console.services.settings.model_copy(update={"environment": environment})
    services = replace(console.services, settings=settings)
    who = Operator(1, "rina", "branch", second_factor=factor, disabled=False, created_at=0)
    with create_app(services).test_request_context("/console/counter"):
        g.visit = visit = arrive(Desk(services, Strip(services), ()))
        visit.session = Session(1, "", 0, 0, who)
        answer = refusal(visit, BRANCH)
        assert (answer is None) is let_in
        assert answer is None or "faktor kedua" in answer.get_data(as_text=True)
