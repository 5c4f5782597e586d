"""The console's pages of messages in a browser: filter, live list, keyboard, file, and kind to every eye."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from smsgw.messages import inbox
from smsgw.messages.rows import Arrival
from smsgw.messages.tables import inbound, outbound
from smsgw.simulator.serving import serving
from smsgw.web.app import create_app
from tests.support import past
from tests.support.axe import Findings
from tests.support.browser import NARROW, WIDE, Look
from tests.support.console import PASSWORD, Console

COUNT = 200
PAGES = ["/messages", "/messages?state=delivered", "/messages?keyword=HAK", "/messages/20", "/conversations/20"]


@pytest.fixture
def site(console: Console) -> Iterator[str]:
    """The address of a console with a past, whose operator is rina."""
    store = console.services.store
    assert [*past.write(store, past.Past(store.cipher, COUNT, phones=10))] == [COUNT]
    console.account("rina", "operator")
    with serving(create_app(console.services)) as url:
        yield f"{url}/console"


def signed_in(page: Page, site: str) -> Page:
    page.goto(f"{site}/sign-in")
    page.locator("[name=name]").fill("rina")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main button").click()
    expect(page.locator("h1")).to_have_text("Dasbor")
    return page


def test_a_filter_is_found_by_its_key_and_says_nothing_in_the_address(site: str, look: Look) -> None:
    page = signed_in(look(f"{site}/sign-in"), site)
    page.goto(f"{site}/messages")
    page.keyboard.press("/")
    page.keyboard.type("0812 9900 0007")
    page.keyboard.press("Enter")
    expect(page.locator(".chips")).to_contain_text("+62812*****007")
    assert "007" not in page.url.partition("p=")[0]
    assert "99000007" not in page.url
    phones = page.locator("#rows td:nth-child(2) a")
    assert {text.strip() for text in phones.all_inner_texts()} == {"+62812*****007"}
    page.locator(".chips a").first.click()
    expect(page.locator(".chips")).to_have_count(0)


def test_the_list_is_live_keeps_the_chosen_row_and_can_be_paused(console: Console, site: str, look: Look) -> None:
    store = console.services.store
    page = signed_in(look(f"{site}/sign-in"), site)
    page.goto(f"{site}/messages")
    page.keyboard.press("j")
    page.keyboard.press("j")
    chosen = page.locator("[data-row]:focus").get_attribute("id")
    arrive(console, "baru saja")
    expect(page.locator("#rows tr").first).to_contain_text("baru saja")
    assert page.locator("[data-row]:focus").get_attribute("id") == chosen
    page.locator(".live button").click()
    expect(page.locator(".live")).to_contain_text("Dijeda")
    arrive(console, "tak terlihat")
    page.wait_for_timeout(2_500)
    expect(page.locator("#rows")).not_to_contain_text("tak terlihat")
    page.locator(".live button").click()
    expect(page.locator("#rows tr").first).to_contain_text("tak terlihat")
    with store.write() as connection:
        connection.execute(update(outbound).where(outbound.c.inbound_id == COUNT - 5).values(state="failed"))
    expect(page.locator(f"#in-{COUNT - 5}")).to_contain_text("gagal")


def arrive(console: Console, body: str) -> None:
    with console.services.store.write() as connection:
        new = Arrival("twilio", f"SM{abs(hash(body)):032x}", past.phone(1), past.OURS, body)
        inbox.record(console.services.store, connection, [new])


def test_the_keyboard_walks_the_rows_and_opens_one(site: str, look: Look) -> None:
    page = signed_in(look(f"{site}/sign-in"), site)
    page.goto(f"{site}/messages?state=delivered")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    first = page.locator("#rows tr").first.get_attribute("id")
    assert page.locator("[data-row]:focus").get_attribute("id") == first
    page.keyboard.press("o")
    expect(page.locator("h1")).to_have_text("Satu pesan")
    assert page.url.endswith(f"/messages/{first}".replace("in-", "").replace("out-", "out/"))


def test_the_file_is_downloaded_with_a_reason(site: str, look: Look, tmp_path: Path) -> None:
    page = signed_in(look(f"{site}/sign-in"), site)
    page.goto(f"{site}/messages?keyword=JHT")
    page.get_by_text("Unduh CSV").click()
    page.locator("[name=reason]").fill("rapat mingguan")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Unduh").click()
    waiting.value.save_as(tmp_path / "messages.csv")
    rows = [*csv.DictReader((tmp_path / "messages.csv").open(encoding="utf-8", newline=""))]
    assert {row["keyword"] for row in rows} == {"JHT"}
    assert not [row for row in rows if "99000" in row["phone"]]


@pytest.mark.parametrize("scripts", [True, False])
def test_every_page_works_with_and_without_scripts(console: Console, site: str, look: Look, scripts: bool) -> None:
    with console.services.store.write() as connection:
        connection.execute(update(inbound).where(inbound.c.id == 20).values(body="<img src=x onerror=alert(1)>\u202e"))
    page = signed_in(look(f"{site}/sign-in", scripts=scripts), site)
    for path in PAGES:
        page.goto(f"{site}{path}")
        expect(page.locator("h1")).to_have_count(1)
        assert page.locator("img").count() == 0


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_nothing_keeps_anybody_from_reading_it(
    site: str, look: Look, serious_findings: Findings, size: tuple[int, int], colours: str
) -> None:
    page = signed_in(look(f"{site}/sign-in", size=size, colours=colours), site)  # type: ignore[arg-type]  # of two words
    for path in PAGES:
        page.goto(f"{site}{path}")
        assert [line for line in serious_findings(page) if "main" in line or "bubble" in line or "#rows" in line] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
