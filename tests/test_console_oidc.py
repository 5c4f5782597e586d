"""Signing in at the identity provider: the way there, the way back, and what somebody else makes of either."""

from typing import get_args
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from smsgw.console.pages import oidc as page_of
from smsgw.console.words import catalogue
from smsgw.operators import accounts, oidc, proven, sessions, tries
from smsgw.operators.tables import sign_in_tries
from tests.support.console import Browser, Console
from tests.support.meeting import START, Meeting, is_in
from tests.support.provider import SECRET, signed

MINUTE = 60_000


def test_whom_the_provider_names_comes_in(meeting: Meeting) -> None:
    meeting.account()
    browser = meeting.console.browser()
    answer = meeting.sign_in(browser)
    assert (answer.status_code, answer.headers["Location"], is_in(browser)) == (303, "/console", True)
    assert meeting.rows() == [("rina", "provider_bound", "OIDC"), ("rina", "sign_in", "OIDC")]


def test_the_button_is_there_where_there_is_a_provider(console: Console, meeting: Meeting) -> None:
    assert 'href="/console/sign-in/oidc"' in meeting.console.browser().get("/sign-in").text
    assert "/sign-in/oidc" not in console.browser().get("/sign-in").text
    assert [console.browser().get(path).status_code for path in (START, f"{START}/callback")] == [404, 404]


def test_the_browser_is_sent_with_pkce_state_and_nonce_to_come_back_to_the_public_address(meeting: Meeting) -> None:
    answer = meeting.console.browser().get(START, headers={"Host": "evil.example"})
    asked = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}
    assert asked["redirect_uri"] == "https://sms.example.id/console/sign-in/oidc/callback"
    assert (asked["code_challenge_method"], asked["scope"]) == ("S256", "openid profile")
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    assert SECRET not in answer.headers["Location"]


WANTED = [
    ("/console/audit?act=reveal", "/console/audit?act=reveal"),
    ("//evil.example", "/console"),
    ("https://evil.example/console", "/console"),
    ("/console\\@evil.example", "/console"),
    ("/console/\r\nSet-Cookie: smsgw_console=x", "/console"),
    ("/console/" + "a" * page_of.BACK_LIMIT, "/console"),
]


@pytest.mark.parametrize(("wanted", "led"), WANTED)
def test_the_way_back_is_kept_inside_the_console(meeting: Meeting, wanted: str, led: str) -> None:
    meeting.account()
    browser = meeting.console.browser()
    path = meeting.console.browser().client.application.url_map.bind("").build("console.oidc", {"next": wanted})
    assert meeting.sign_in(browser, path.removeprefix("/console")).headers["Location"] == led


def test_the_session_has_a_new_id_and_the_limits_of_any_other(meeting: Meeting) -> None:
    meeting.account()
    browser = meeting.console.browser()
    browser.client.set_cookie("smsgw_console", "chosen-by-somebody-else", path="/console")
    meeting.sign_in(browser)
    cookie = browser.client.get_cookie("smsgw_console", path="/console")
    assert cookie is not None
    assert (len(cookie.value) >= 43, cookie.value != "chosen-by-somebody-else") == (True, True)
    meeting.console.services.clock.move(sessions.IDLE_MS + MINUTE)
    assert not is_in(browser)


ERRORS = [("access_denied", "tidak mengizinkan"), ("server_error", "tidak bisa dipercaya"), ("<b>", "dipercaya")]


@pytest.mark.parametrize(("error", "words"), ERRORS)
def test_an_error_of_the_provider_is_said_kindly(meeting: Meeting, error: str, words: str) -> None:
    meeting.provider.error = error
    answer = meeting.sign_in(meeting.console.browser())
    assert (answer.status_code, words in answer.text, "<b>" in answer.text) == (403, True, False)
    assert "/token" not in meeting.provider.asked


def test_a_state_of_another_browser_is_refused(meeting: Meeting) -> None:
    meeting.account()
    theirs = meeting.back(meeting.console.browser())
    victim = meeting.console.browser()
    victim.get("/sign-in")
    for _ in range(2):  # without a sign-in of its own under way, and with one
        answer = victim.get(theirs)
        assert (answer.status_code, "peramban lain" in answer.text, is_in(victim)) == (403, True, False)
        victim.get(START)
    assert "/token" not in meeting.provider.asked


@pytest.mark.parametrize("state", ["", "x", "ä", "AAAA", "A" * 200, "%00"])
def test_a_state_that_is_none_is_refused(meeting: Meeting, state: str) -> None:
    browser = meeting.console.browser()
    browser.get(START)
    answer = browser.get(f"{START}/callback?code=x&state={state}")
    assert (answer.status_code, "kedaluwarsa" in answer.text) == (403, True)


def test_a_state_lasts_ten_minutes(meeting: Meeting) -> None:
    meeting.account()
    browser = meeting.console.browser()
    path = meeting.back(browser)
    meeting.console.services.clock.move(page_of.STATE_MS)
    assert "kedaluwarsa" in browser.get(path).text
    assert meeting.sign_in(browser).status_code == 303


def test_a_code_counts_once(meeting: Meeting) -> None:
    meeting.account()
    browser = meeting.console.browser()
    path = meeting.back(browser)
    meeting.provider.sign = lambda claims: "spoilt"
    assert browser.get(path).status_code == 403
    meeting.provider.sign = signed
    assert "dipercaya" in browser.get(path).text  # the provider has given the token out already


def test_the_way_back_leads_in_once(meeting: Meeting) -> None:
    meeting.account()
    browser = meeting.console.browser()
    path = meeting.back(browser)
    assert browser.get(path).status_code == 303
    assert browser.get(path).headers["Location"] == "/console"  # who is in already stays who they are
    browser.post("/sign-out")
    assert (browser.get(path).status_code, is_in(browser)) == (403, False)


def test_who_is_in_is_not_made_somebody_else(meeting: Meeting) -> None:
    meeting.account()
    budi = meeting.console.browser()
    path = meeting.back(budi)
    meeting.console.account("budi", "viewer")
    budi.sign_in("budi")
    assert budi.get(path).headers["Location"] == "/console"
    assert budi.get(START).headers["Location"] == "/console"
    assert "budi" in budi.get("").text


def test_an_account_with_a_second_factor_is_asked_for_it_here_too(meeting: Meeting) -> None:
    key, secret = meeting.account(), pyotp.random_base32()
    with meeting.console.services.store.write() as connection:
        accounts.set_second_factor(connection, key, secret, 0, 0)
    browser, code = meeting.console.browser(), pyotp.TOTP(secret).now()
    asked = meeting.sign_in(browser, f"{START}?next=/console/keys")
    assert (asked.status_code, is_in(browser)) == (200, False)
    proof = asked.text.partition('name="proof" value="')[2].partition('"')[0]

    def give(to: Browser, given: str) -> TestResponse:
        return to.post(f"{START}/code", {"proof": proof, "code": given})

    assert give(meeting.console.browser(), code).status_code == 403  # of another browser
    assert "salah" in give(browser, "000000").text
    assert give(browser, "").status_code == 200
    assert give(browser, code).headers["Location"] == "/console/keys"
    assert meeting.rows()[-2:] == [("rina", "provider_bound", "OIDC"), ("rina", "sign_in", "OIDC")]
    again = meeting.console.browser()
    proof = meeting.sign_in(again).text.partition('name="proof" value="')[2].partition('"')[0]
    assert give(again, code).status_code == 403  # each code counts once
    meeting.console.services.clock.move(page_of.PROOF_MS)
    assert "kedaluwarsa" in give(again, pyotp.TOTP(secret).now()).text


def test_guessed_codes_lock_the_account(meeting: Meeting) -> None:
    key, secret = meeting.account(), pyotp.random_base32()
    with meeting.console.services.store.write() as connection:
        accounts.set_second_factor(connection, key, secret, 0, 0)
    browser = meeting.console.browser()
    proof = meeting.sign_in(browser).text.partition('name="proof" value="')[2].partition('"')[0]
    for _ in range(tries.FREE["account"]):
        browser.post(f"{START}/code", {"proof": proof, "code": "000000"})
    answer = browser.post(f"{START}/code", {"proof": proof, "code": pyotp.TOTP(secret).now()})
    assert (answer.status_code, "Terlalu cepat" in answer.text) == (403, True)


def guess(meeting: Meeting, address: str) -> None:
    browser = meeting.console.browser()
    state = parse_qs(urlsplit(browser.get(START).headers["Location"]).query)["state"][0]
    for n in range(tries.FREE["address"] + 5):
        browser.get(f"{START}/callback?code=guess{n}&state={state}", environ_base={"REMOTE_ADDR": address})


def test_codes_that_prove_nobody_are_counted_by_address(meeting: Meeting) -> None:
    guess(meeting, "203.0.114.7")
    assert meeting.provider.asked.count("/token") == tries.FREE["address"]


def test_an_address_that_may_be_everybodys_is_shut_for_a_moment_only(meeting: Meeting) -> None:
    guess(meeting, "10.0.0.1")
    with meeting.console.services.store.read() as connection:
        waits_ms = connection.scalar(select(sign_in_tries.c.until - sign_in_tries.c.at))
    assert waits_ms == tries.SHARED_MS


def test_every_reason_has_its_words() -> None:
    reasons = {*get_args(oidc.Why), *get_args(proven.Why)} - {"code"}
    assert {f"sign_in.{why}" for why in reasons} <= set(catalogue())


def test_the_code_is_in_no_form_of_the_page_that_it_came_to(meeting: Meeting) -> None:
    browser = meeting.console.browser()
    path = meeting.back(browser)
    answer = browser.get(path)
    code, state = (parse_qs(urlsplit(path).query)[name][0] for name in ("code", "state"))
    assert (answer.status_code, code in answer.text, state in answer.text) == (403, False, False)
    assert 'name="back" value="/console/sign-in"' in answer.text
