"""My account: another password, a second factor and one's sessions, none of which an open screen alone can change."""

import re

import pyotp
import pytest

from smsgw.console.pages import me
from tests.support.console import PASSWORD, Browser, Console
from tests.support.meeting import Meeting

NEW = "empat ekor kucing putih"


def secret_of(browser: Browser) -> str:
    found = re.search(r'name="secret" value="([A-Z2-7]{32})"', browser.get("/me").text)
    assert found is not None
    return found[1]


def test_another_password_ends_every_other_session(console: Console) -> None:
    here = console.signed_in("viewer")
    there = console.browser()
    there.sign_in("viewer")
    assert here.post("/me/password", {"password": PASSWORD, "new": NEW}).status_code == 303
    assert (here.get("").status_code, there.get("").status_code) == (200, 303)
    assert console.browser().sign_in("viewer").status_code == 403
    assert console.browser().sign_in("viewer", NEW).status_code == 303


REFUSED = [
    ("wrong", NEW, "tidak cocok"),
    (PASSWORD, "pendek", "12 sampai"),
    (PASSWORD, "viewer viewer viewer", "12 sampai"),
]


@pytest.mark.parametrize(("present", "new", "words"), REFUSED)
def test_a_password_that_is_not_taken_says_why(console: Console, present: str, new: str, words: str) -> None:
    answer = console.signed_in("viewer").post("/me/password", {"password": present, "new": new})
    assert (answer.status_code, words in answer.text) == (422, True)
    assert console.browser().sign_in("viewer").status_code == 303


def test_guesses_at_the_present_password_are_counted(console: Console) -> None:
    browser = console.signed_in("viewer")
    for n in range(5):
        browser.post("/me/password", {"password": f"wrong {n}", "new": NEW})
    assert browser.post("/me/password", {"password": PASSWORD, "new": NEW}).status_code == 422


def test_a_second_factor_is_set_with_its_first_code_and_taken_off_again(console: Console) -> None:
    browser = console.signed_in("branch")
    secret = secret_of(browser)
    form = {"secret": secret, "code": pyotp.TOTP(secret).now(), "password": PASSWORD}
    assert browser.post("/me/second-factor", form | {"code": "000000"}).status_code == 422
    assert browser.post("/me/second-factor", form | {"password": "wrong"}).status_code == 422
    assert browser.post("/me/second-factor", form).status_code == 303
    assert console.browser().sign_in("branch").status_code == 403
    assert secret not in browser.get("/me").text
    assert browser.post("/me/second-factor/off", {"password": PASSWORD}).status_code == 303
    assert console.browser().sign_in("branch").status_code == 303


def test_a_refused_code_leaves_the_secret_that_was_scanned(console: Console) -> None:
    browser = console.signed_in("branch")
    secret = secret_of(browser)
    answer = browser.post("/me/second-factor", {"secret": secret, "code": "000000", "password": PASSWORD})
    assert f'value="{secret}"' in answer.text


@pytest.mark.parametrize("secret", ["", "A", "a" * 32, "A" * 33, "<b>"])
def test_a_secret_that_is_not_ours_is_refused(console: Console, secret: str) -> None:
    assert console.signed_in("viewer").post("/me/second-factor", {"secret": secret}).status_code == 400


def test_other_sessions_are_ended_one_by_one_or_all_at_once(console: Console) -> None:
    here = console.signed_in("viewer")
    others = [console.browser() for _ in range(3)]
    for other in others:
        other.sign_in("viewer")
    keys = re.findall(r'name="session" value="(\d+)"', here.get("/me").text)
    assert len(keys) == 3
    here.post("/me/sessions", {"session": keys[0]})
    assert sorted(other.get("").status_code for other in others) == [200, 200, 303]
    here.post("/me/sessions")
    assert ([other.get("").status_code for other in others], here.get("").status_code) == ([303] * 3, 200)


def test_nobody_ends_anothers_session(console: Console) -> None:
    rina = console.signed_in("viewer", "rina")
    console.signed_in("viewer", "budi").post("/me/sessions", {"session": "1"})
    assert rina.get("").status_code == 200


def test_an_account_of_the_provider_changes_its_factor_shortly_after_its_sign_in(meeting: Meeting) -> None:
    meeting.account(role="branch")
    browser = meeting.console.browser()
    meeting.sign_in(browser)
    assert "password" not in re.findall(r'name="(\w+)"', browser.get("/me").text)
    secret = secret_of(browser)
    form = {"secret": secret, "code": pyotp.TOTP(secret).now()}
    assert browser.post("/me/second-factor", form | {"code": "000000"}).status_code == 422
    meeting.console.services.clock.move(me.RECENT_MS)
    late = browser.post("/me/second-factor", form)
    assert (late.status_code, "layar yang terbuka" in late.text) == (422, True)
    again = meeting.console.browser()
    meeting.sign_in(again)
    assert again.post("/me/second-factor", form).status_code == 303
    assert 'name="proof"' in meeting.sign_in(meeting.console.browser()).text


def test_an_account_of_the_provider_gives_itself_no_password(meeting: Meeting) -> None:
    meeting.account()
    browser = meeting.console.browser()
    meeting.sign_in(browser)
    answer = browser.post("/me/password", {"password": "", "new": NEW})
    assert (answer.status_code, "diganti di sana" in answer.text) == (422, True)
    assert meeting.console.browser().sign_in("rina", NEW).status_code == 403
