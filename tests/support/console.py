"""An operator's browser: the console of a gateway, signed in with a role, whose forms bear their token and origin."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from smsgw.clock import Clock
from smsgw.gateway.receive import Receive
from smsgw.gateway.settle import Settle
from smsgw.members.directory import Directory
from smsgw.operators import accounts, passwords
from smsgw.operators.rights import Role
from smsgw.services import Services, open_services
from smsgw.store import Store
from smsgw.web.app import create_app
from tests.support import pages, twilio

ORIGIN = "http://localhost"
PASSWORD = "tiga ekor kucing hitam"
HASH = passwords.hashed(PASSWORD)  # made once: argon2id is slow on purpose
TOKEN = re.compile(r'name="form_token" value="([0-9a-f]+)"')


@dataclass(frozen=True)
class Browser:
    """A browser with its cookies."""

    client: FlaskClient

    def get(self, path: str, **given: Any) -> TestResponse:
        """A page under /console."""
        return self.client.get(f"/console{path}", **given)

    def post(self, path: str, form: dict[str, str] | None = None, **headers: str) -> TestResponse:
        """A form of ours, sent by the browser."""
        given = {"form_token": self.token(), **(form or {})}
        return self.client.post(f"/console{path}", data=given, headers={"Origin": ORIGIN, **headers})

    def token(self) -> str:
        """The token that our forms bear now."""
        found = TOKEN.search(self.get("/keys").text)
        assert found is not None
        return found[1]

    def sign_in(self, name: str, password: str = PASSWORD, code: str = "") -> TestResponse:
        """Sign in by the form."""
        return self.post("/sign-in", {"name": name, "password": password, "code": code})


@dataclass(frozen=True)
class Console:
    """A gateway's console and its operators."""

    services: Services

    def browser(self) -> Browser:
        """A new browser that nobody has signed in with."""
        return Browser(pages.reader(create_app(self.services)))

    def account(self, name: str, role: Role) -> int:
        """An account with PASSWORD; its id."""
        with self.services.store.write() as connection:
            made = accounts.add(connection, name, role, HASH, self.services.clock.now_ms())
        assert made is not None
        return made

    def signed_in(self, role: Role, name: str | None = None) -> Browser:
        """A browser of a new account, signed in; its name is its role unless another is given."""
        self.account(name or role, role)
        browser = self.browser()
        assert browser.sign_in(name or role).status_code == 303
        return browser


@contextmanager
def console(**changes: object) -> Iterator[Console]:
    """A console over the settings of the tests with these changes."""
    with open_services(twilio.settings(**changes)) as services:
        yield Console(services)


@contextmanager
def console_over(services: Services, store: Store) -> Iterator[Console]:
    """A console over another database: reading the language anew would cost more than most tests."""
    receive, settle = Receive(store, services.bell), Settle(store)
    parts = {"clock": Clock(store, movable=True), "directory": Directory(store), "receive": receive, "settle": settle}
    try:
        yield Console(replace(services, store=store, **parts))  # type: ignore[arg-type]  # each of its own type
    finally:
        receive.close()
        settle.close()
