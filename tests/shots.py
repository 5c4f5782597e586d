"""The picture of README.md: three phones of a gateway that runs, as a browser shows them."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import oxipng
from playwright.sync_api import Page, expect

from smsgw import migrations
from smsgw.members.demo import populate
from smsgw.store import Cipher, open_store
from tests.support import browser, servers
from tests.support.processes import running

FOLDER = Path(__file__).parents[1] / "docs" / "shots"
KEY = bytes(range(64))
SIZE = (1366, 800)


def shoot() -> None:
    """Take docs/shots/simulator.png anew, from a gateway of its own that is gone afterwards."""
    program = browser.program()
    assert program, "Chromium is not installed: tools/chromium.sh"
    FOLDER.mkdir(parents=True, exist_ok=True)
    with _simulator() as url, browser.launched(program) as opened:
        look = browser.Look(opened)
        taken = _converse(look(url, size=SIZE, locale="en-GB")).screenshot()
        assert look.close() == []
    (FOLDER / "simulator.png").write_bytes(oxipng.optimize_from_memory(taken, level=2))


@contextmanager
def _simulator() -> Iterator[str]:
    with TemporaryDirectory() as folder, servers.running_valkey(Path(folder) / "valkey") as redis_url:
        url = f"sqlite:///{folder}/smsgw.sqlite"
        with closing(open_store(url, Cipher(KEY))) as store:
            migrations.upgrade(store)
            populate(store, count=10, seed=1)
        with running(Path(folder), url, redis_url, KEY.hex(), twilio_from="2757") as gateway:
            yield f"{gateway.settings.public_url}/simulator"


def _converse(page: Page) -> Page:
    page.get_by_role("button", name="English").click()
    page.get_by_role("button", name="in arrears").click()
    for name, text in (("Siti Rahayu", "JHT 1805"), ("Warga", "JHT 1805"), ("Rina Marlina", "STATUS")):
        phone = page.get_by_role("region", name=name)
        phone.get_by_role("button", name=text).click()
        expect(phone.locator("li.theirs").last).to_have_class(re.compile("delivered"))
    writing = page.get_by_role("region", name="Rina Marlina").get_by_role("textbox")
    writing.fill("terima kasih, saya su\u0111ah bayar")
    page.evaluate("scrollTo(0, 0)")
    return page
