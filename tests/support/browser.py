"""A Chromium without a window: its pages, and everything they complain about."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright
from playwright.sync_api import Error as BrowserError

from tests.support import pages

# Nothing but the pages themselves is asked for over the network.
_QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)
WIDE, NARROW = (1280, 860), (390, 844)
WITHIN_MS = 20_000  # for anything that is waited for: the machine may be busy
expect.set_options(timeout=WITHIN_MS)


def program() -> str | None:
    """The path of Debian's Chromium, or of what other systems call it."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def launched(path: str) -> Iterator[Browser]:
    """A browser for the length of the block. While it is open, no other event loop runs in this thread."""
    with sync_playwright() as playwright:
        options = {"executable_path": path, "chromium_sandbox": os.getuid() != 0}
        browser = playwright.chromium.launch(**options, args=list(_QUIET))  # type: ignore[arg-type]
        try:
            yield browser
        finally:
            browser.close()


class Look:
    """Opens pages and hears what they complain about; `look(url)` gives playwright's page.

    A complaint is an error in the console, among them whatever the Content-Security-Policy refused, an exception of
    a script, or a fault of the HTML. `allowed`: words of complaints that a test means to provoke.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._opened: list[Page] = []
        self.complaints: list[str] = []
        self.allowed: list[str] = []
        self.token: str | None = "form_token"

    def __call__(
        self,
        url: str,
        *,
        size: tuple[int, int] = WIDE,
        colours: Literal["light", "dark"] = "light",
        scripts: bool = True,
        locale: str = "id-ID",
    ) -> Page:
        """A new window, with cookies of its own, that shows `url`. `scripts`: whether JavaScript runs in it."""
        context = self._browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=colours,
            java_script_enabled=scripts,
            locale=locale,
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.set_default_timeout(WITHIN_MS)
        self._opened.append(page)
        self._listen(page)
        page.goto(url)
        return page

    def close(self) -> list[str]:
        """Close every window; the complaints that no test allowed."""
        for page in self._opened:
            page.context.close()
        return [line for line in self.complaints if not any(words in line for words in self.allowed)]

    def _listen(self, page: Page) -> None:
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("requestfinished", self._read)

    def _heard(self, message: ConsoleMessage) -> None:
        # A browser asks for it of its own accord, now and then.
        if message.type == "error" and not message.location.get("url", "").endswith("/favicon.ico"):
            self.complaints.append(f"{message.location.get('url', '')}: {message.text}")

    def _read(self, request: Request) -> None:
        if request.resource_type != "document":
            return
        try:
            answer = request.response()
            html = answer.text() if answer and answer.headers.get("content-type", "").startswith("text/html") else ""
        except BrowserError:  # a redirect has no body, and a page that was left at once has it no more
            return
        if html:
            self.complaints += [f"{request.url}: {fault}" for fault in pages.faults(html, self.token)]
