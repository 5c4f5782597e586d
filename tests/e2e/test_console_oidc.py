"""The identity provider in a browser, on another site than the console: there and back, with a code and without."""

from collections.abc import Iterator

import pyotp
import pytest
from playwright.sync_api import expect

from smsgw.operators import accounts
from smsgw.simulator.serving import serving
from smsgw.web.app import create_app
from tests.support.axe import Findings
from tests.support.browser import NARROW, Look
from tests.support.console import Console
from tests.support.meeting import Meeting, over
from tests.support.processes import free_port
from tests.support.provider import StandIn


@pytest.fixture
def site(console: Console, provider: StandIn) -> Iterator[Meeting]:
    """A console that a browser can open at its public address; the provider's name is another one than ours."""
    port = free_port()
    provider.issuer = provider.issuer.replace("127.0.0.1", "localhost")
    provider.redirect = f"http://127.0.0.1:{port}/console/sign-in/oidc/callback"
    meeting = over(console, provider, public_url=f"http://127.0.0.1:{port}")
    with serving(create_app(meeting.console.services), port):
        yield meeting


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_press_of_the_button_leads_to_the_page_that_was_wanted(site: Meeting, look: Look, scripts: bool) -> None:
    site.account(role="admin")
    page = look(f"{site.console.services.settings.public_url}/console/accounts", scripts=scripts)
    page.get_by_role("link", name="Masuk lewat penyedia identitas").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Akun")
    expect(page.locator(".who")).to_contain_text("rina")
    assert page.url.endswith("/console/accounts")


def test_its_pages_are_well(site: Meeting, look: Look, serious_findings: Findings) -> None:
    page = look(f"{site.console.services.settings.public_url}/console/sign-in", size=NARROW)
    assert serious_findings(page) == []
    button = page.get_by_role("link", name="Masuk lewat penyedia identitas")
    look.allowed.append("status of 403")
    button.click()
    expect(page.get_by_role("alert")).to_contain_text("belum ada akun")
    assert serious_findings(page) == []
    key, secret = site.account(), pyotp.random_base32()
    with site.console.services.store.write() as connection:
        accounts.set_second_factor(connection, key, secret, 0, 0)
    button.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kode faktor kedua")
    assert serious_findings(page) == []
    page.locator("[name=code]").fill(pyotp.TOTP(secret).now())
    page.locator("[name=code]").press("Enter")
    expect(page.locator(".who")).to_contain_text("rina")
    assert page.url.endswith("/console")
