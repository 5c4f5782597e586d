"""The pictures of the documents: three phones of a gateway that runs, and its console, as a browser shows them."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import oxipng
from playwright.sync_api import Page, expect

from smsgw import migrations
from smsgw.members.demo import populate
from smsgw.store import Cipher, Store, open_store
from tests import console_shots
from tests.support import browser, servers
from tests.support.processes import Running, running

FOLDER = Path(__file__).parents[1] / "docs" / "shots"
KEY = bytes(range(64))
SIZE = (1366, 800)


def shoot() -> None:
    """Take the pictures in docs/shots anew, from gateways of their own that are gone afterwards."""
    program = browser.program()
    assert program, "Chromium is not installed: tools/chromium.sh"
    FOLDER.mkdir(parents=True, exist_ok=True)
    with browser.launched(program) as opened:
        for take in (_simulator, _console):
            look = browser.Look(opened)
            take(look)
            assert look.close() == []


def _save(name: str, page: Page) -> None:
    (FOLDER / f"{name}.png").write_bytes(oxipng.optimize_from_memory(page.screenshot(), level=2))


def _simulator(look: browser.Look) -> None:
    with _gateway() as gateway:
        _save("simulator", _converse(look(f"{gateway.settings.public_url}/simulator", size=SIZE, locale="en-GB")))


def _console(look: browser.Look) -> None:
    with _gateway(console_shots.prepare, segment_price=console_shots.PRICE) as gateway:
        console_shots.shoot(gateway, look, _save)


@contextmanager
def _gateway(prepare: Callable[[Store], None] = lambda store: None, **changes: Any) -> Iterator[Running]:
    """A gateway with ten demo people, and whatever `prepare` writes before it starts."""
    with TemporaryDirectory() as folder, servers.running_valkey(Path(folder) / "valkey") as redis_url:
        url = f"sqlite:///{folder}/smsgw.sqlite"
        with closing(open_store(url, Cipher(KEY))) as store:
            migrations.upgrade(store)
            populate(store, count=10, seed=1)
            prepare(store)
        with running(Path(folder), url, redis_url, KEY.hex(), twilio_from="2757", **changes) as gateway:
            yield gateway


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
