"""The console in a browser: what axe-core finds, both colours, a phone, the keyboard, and no JavaScript at all."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page as Window

from smsgw.console.page import all_pages
from smsgw.simulator.serving import serving
from smsgw.web.app import create_app
from tests.support.axe import Findings
from tests.support.browser import NARROW, WIDE, Look
from tests.support.console import PASSWORD, Console
from tests.support.payloads import fill

KEY = re.compile(r"<key:\w+>")
# What the browser polls is a fragment of a page, and looked at in it.
PAGES = [page for page in all_pages() if page.method == "GET" and not page.polled]


@pytest.fixture
def url(console: Console) -> Iterator[str]:
    console.account("rina", "admin")
    fill(console.services.store)
    with serving(create_app(console.services)) as address:
        yield f"{address}/console"


def sign_in(window: Window) -> Window:
    window.fill('[name="name"]', "rina")
    window.fill('[name="password"]', PASSWORD)
    window.press('[name="password"]', "Enter")
    window.wait_for_selector(".who")
    return window


def width_of(window: Window) -> int:
    return int(window.evaluate("document.documentElement.scrollWidth"))


LOOKS = [("light", WIDE), ("dark", WIDE), ("light", NARROW)]


@pytest.mark.parametrize(("colours", "size"), LOOKS, ids=["light", "dark", "small"])
def test_nothing_serious_is_found_on_any_page(
    look: Look, serious_findings: Findings, url: str, colours: str, size: tuple[int, int]
) -> None:
    window = sign_in(look(f"{url}/sign-in", colours=colours, size=size))  # type: ignore[arg-type]  # one of two words
    found = []
    for page in PAGES:
        window.goto(url + KEY.sub("1", page.rule))
        found += [f"{page.name}: {finding}" for finding in serious_findings(window)]
        found += [f"{page.name}: wider than its window"] if width_of(window) > size[0] else []
    assert found == []


def test_the_sign_in_is_well_too(look: Look, serious_findings: Findings, url: str) -> None:
    assert serious_findings(look(f"{url}/sign-in", size=NARROW)) == []


def test_all_works_without_javascript(look: Look, url: str) -> None:
    window = sign_in(look(f"{url}/sign-in", scripts=False))
    window.select_option('[name="language"]', "en")
    window.select_option('[name="theme"]', "dark")
    window.click("footer button")
    assert window.text_content("h1") == "Dashboard"
    assert window.get_attribute("html", "data-bs-theme") == "dark"
    window.click(".who button")
    assert window.text_content("h1") == "Sign in"


def test_colours_follow_the_device_until_they_are_chosen(look: Look, url: str) -> None:
    window = look(f"{url}/sign-in", colours="dark")
    assert window.get_attribute("html", "data-bs-theme") == "dark"
    window.emulate_media(color_scheme="light")
    window.wait_for_selector('html[data-bs-theme="light"]')


def test_the_keyboard_walks_opens_searches_and_helps(look: Look, url: str) -> None:
    window = sign_in(look(f"{url}/sign-in"))
    window.goto(f"{url}/accounts")
    window.keyboard.press("j")
    window.keyboard.press("o")
    window.wait_for_url("**/accounts/1")
    window.goto(f"{url}/audit")
    window.keyboard.press("/")
    assert window.evaluate("document.activeElement.name") == "actor"
    window.keyboard.press("?")
    assert window.input_value('[name="actor"]') == "?"  # a field takes what is typed into it
    window.keyboard.press("Escape")
    window.evaluate("document.activeElement.blur()")
    window.keyboard.press("?")
    window.wait_for_url("**/keys")
