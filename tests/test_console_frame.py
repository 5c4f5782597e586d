"""The console's frame: headers, cookies, guard, error pages, looks, and the strip of health."""

import re
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from smsgw.console.page import Page, all_pages
from tests.support.console import Console
from tests.support.console import console as open_console

PAGES = [page for page in all_pages() if page.method == "GET" and "<" not in page.rule]


def named(page: Page) -> str:
    return page.name


def words(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.text))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_page_is_whole_and_has_no_inline_code(console: Console, page: Page) -> None:
    answer = console.signed_in("admin").get(page.rule, follow_redirects=True)
    assert answer.status_code == 200
    assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son\w+=|javascript:", answer.text)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert (answer.headers["X-Frame-Options"], answer.headers["Cache-Control"]) == ("DENY", "no-store")


@pytest.mark.parametrize("page", [page for page in PAGES if page.right], ids=named)
def test_a_page_sends_a_stranger_to_the_sign_in(console: Console, page: Page) -> None:
    answer = console.browser().get(page.rule)
    assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (303, "/console/sign-in")


def test_every_file_of_a_page_is_served_by_us_and_kept_for_a_year(console: Console) -> None:
    browser = console.browser()
    found = re.findall(r'(?:src|href)="(/console/assets/[^"]+)"', browser.get("/sign-in").text)
    assert len(found) == 4
    for path in found:
        answer = browser.client.get(path)
        assert (answer.status_code, "immutable" in answer.headers["Cache-Control"]) == (200, True)
    assert browser.get("/assets/000000000000/console.js").status_code == 404
    assert browser.get("/assets/000000000000/../frame.py").status_code == 404


def test_an_address_that_is_none_says_so_with_an_id(console: Console) -> None:
    answer = console.browser().get("/no/such/page")
    assert answer.status_code == 404
    assert re.search(r"Nomor permintaan: [0-9a-f]{8}", answer.text)


@pytest.mark.parametrize("path", ["/sign-out", "/look", "/reveal"])
def test_what_changes_something_is_never_a_get(console: Console, path: str) -> None:
    assert console.signed_in("admin").get(path).status_code == 404


def test_without_a_database_the_page_says_so(tmp_path: Path) -> None:
    values = {"database_url": f"sqlite:///{tmp_path}/no/such.sqlite", "redis_url": "redis://127.0.0.1:1/0"}
    with open_console(**values) as console:
        answer = console.browser().client.get("/console", headers={"Cookie": "smsgw_console=x"})
    assert answer.status_code == 503
    assert "Basis data tidak menjawab" in answer.text
    assert "Redis tidak menjawab" in words(answer)


LOOK = {"language": "en", "zone": "WIT", "theme": "dark", "back": "/console/keys"}


def test_a_look_is_kept(console: Console) -> None:
    browser = console.browser()
    answer = browser.post("/look", LOOK)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/keys")
    page = browser.get("/keys").text
    assert 'lang="en"' in page
    assert 'data-bs-theme="dark"' in page
    assert "Keyboard shortcuts" in page


FOREIGN = [
    "https://evil.example/console",
    "//evil.example/console",
    "/console\\@evil",
    "/console/\r\nX-Evil: yes",
    "/other",
]


@pytest.mark.parametrize("back", FOREIGN)
def test_a_form_leads_back_to_our_own_pages_only(console: Console, back: str) -> None:
    assert console.browser().post("/look", LOOK | {"back": back}).headers["Location"] == "/console"


def test_a_broken_look_is_the_usual_one(console: Console) -> None:
    browser = console.browser()
    browser.client.set_cookie("smsgw_console_look", 'x.<b>."', path="/console")
    assert 'lang="id"' in browser.get("/sign-in").text


@pytest.mark.parametrize(("url", "secure"), [("https://sms.example.id", True), ("http://127.0.0.1:8000", False)])
def test_cookies_are_for_the_console_alone(sqlite_url: str, url: str, secure: bool) -> None:
    with open_console(database_url=sqlite_url, public_url=url) as console:
        cookies = console.browser().get("/sign-in").headers.getlist("Set-Cookie")
    assert len(cookies) == 1
    for part in ("Path=/console", "HttpOnly", "SameSite=Lax"):
        assert part in cookies[0]
    assert ("Secure" in cookies[0]) is secure
