"""A console and the identity provider of its settings: there and back."""

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from pydantic import SecretStr
from sqlalchemy import select
from werkzeug.test import TestResponse

from smsgw.operators import accounts
from smsgw.operators.rights import Role
from smsgw.operators.tables import audit
from tests.support.console import Browser, Console
from tests.support.provider import CLIENT, SECRET, StandIn

START = "/sign-in/oidc"


@dataclass(frozen=True)
class Meeting:
    """A console, and the provider of its settings."""

    console: Console
    provider: StandIn

    def account(self, name: str = "rina", called: str | None = "rina", role: Role = "viewer") -> int:
        """An account that is opened by the provider for whom it calls so."""
        with self.console.services.store.write() as connection:
            made = accounts.add(connection, name, role, "", 0, called)
        assert made is not None
        return made

    def back(self, browser: Browser, path: str = START) -> str:
        """The address that the provider sends a browser back to: a path under /console."""
        parts = urlsplit(self.provider.send_back(browser.get(path).headers["Location"]))
        return f"{parts.path.removeprefix('/console')}?{parts.query}"

    def sign_in(self, browser: Browser, path: str = START) -> TestResponse:
        """All the way there and back."""
        return browser.get(self.back(browser, path))

    def rows(self) -> list[tuple[str, str, str]]:
        """The audit log: who, what, and why."""
        with self.console.services.store.read() as connection:
            chosen = select(audit.c.actor, audit.c.act, audit.c.reason).order_by(audit.c.id)
            return [(actor, act, reason or "") for actor, act, reason in connection.execute(chosen)]


def over(console: Console, provider: StandIn, **changes: object) -> Meeting:
    """A console with the provider in its settings, and these changes."""
    given = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SecretStr(SECRET)}
    settings = console.services.settings.model_copy(update=given | changes)
    return Meeting(Console(replace(console.services, settings=settings)), provider)


def is_in(browser: Browser) -> bool:
    return browser.get("").status_code == 200
