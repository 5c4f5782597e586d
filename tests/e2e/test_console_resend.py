"""Resend in a browser: its key opens the form, the reason is asked for, and a double click makes one new message."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from smsgw.messages.tables import outbound
from smsgw.operators.tables import audit
from smsgw.simulator.serving import serving
from smsgw.web.app import create_app
from tests.support.axe import Findings
from tests.support.browser import Look
from tests.support.console import PASSWORD, Console
from tests.test_console_message import answered, mark


@pytest.fixture
def site(console: Console) -> Iterator[str]:
    """The address of a console in which one reply has failed, whose operator is rina."""
    answered(console.services.store, "saldo")
    mark(console.services.store, "one", "failed", error_code="30003")
    console.account("rina", "operator")
    with serving(create_app(console.services)) as url:
        yield f"{url}/console"


# Two presses, of which a browser by itself would show what the second is answered; how many forms leave is kept where a
# page that follows still reads it.
TWICE = """button => {
  let left = 0;
  addEventListener("submit", (event) => { if (!event.defaultPrevented) window.name = String(++left); });
  button.click(); button.click();
}"""


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_resend(console: Console, site: str, look: Look, serious_findings: Findings, scripts: bool) -> None:
    page = look(f"{site}/sign-in", scripts=scripts)
    page.locator("[name=name]").fill("rina")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main button").click()
    page.goto(f"{site}/messages/1")
    page.keyboard.press("r") if scripts else page.locator(".act summary").click()
    button = page.locator(".act button")
    expect(button).to_be_visible()
    assert not scripts or serious_findings(page) == []
    button.click()  # without a reason the browser itself sends nothing
    page.locator(".act [name=reason]").fill("peserta menelepon 175")
    button.evaluate(TWICE) if scripts else button.click()
    expect(page.locator(".timeline")).to_contain_text("Dikirim ulang oleh operator konsol")
    assert not scripts or page.evaluate("window.name") == "1"
    page.go_back()
    page.reload()
    with console.services.store.read() as connection:
        assert list(connection.scalars(select(outbound.c.resend_no).order_by(outbound.c.id))) == [0, 1]
        (told,) = connection.execute(select(audit.c.actor, audit.c.reason).where(audit.c.act == "resend")).all()
    assert tuple(told) == ("rina", "peserta menelepon 175")
