"""Visit: one request to the console: who asks, how pages are shown to them, and what they may do."""

import hmac
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from flask import Response, make_response, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as AnyResponse

from smsgw.console.kept import Kept
from smsgw.console.look import Look
from smsgw.console.strip import Strip
from smsgw.console.words import say
from smsgw.operators import audit, sessions
from smsgw.operators.accounts import Operator
from smsgw.operators.oidc import Provider
from smsgw.operators.rights import Right
from smsgw.operators.sessions import Session
from smsgw.services import Services

Answer = str | AnyResponse | tuple[str, int]
REASON_LIMIT = 200
PREFIX = "/console"


@dataclass(frozen=True, slots=True)
class Link:
    """A line of the menu."""

    name: str
    right: Right | None


@dataclass(frozen=True, slots=True)
class Desk:
    """What all visits of a process share. `provider`: where operators may sign in too."""

    services: Services
    strip: Strip
    menu: tuple[Link, ...]
    kept: Kept = field(default_factory=Kept)
    provider: Provider | None = None


class NoReason(Exception):
    """An act came without its reason."""


@dataclass(slots=True)
class Visit:
    """`cookie` is the id in the browser's cookie, of a session or of none yet; empty where there is no cookie.

    `keeps` is the id that the browser is to keep, where it is another one; empty: none any more. `here` is where forms
    lead back to, where that is not the page's own address.
    """

    desk: Desk
    look: Look
    request_id: str
    address: str
    now_ms: int = 0
    cookie: str = ""
    session: Session | None = None
    reveals: Mapping[str, int] = field(default_factory=dict)
    keeps: str | None = None
    here: str = ""

    @property
    def services(self) -> Services:
        """The parts of this process."""
        return self.desk.services

    @property
    def operator(self) -> Operator | None:
        """Who has signed in."""
        return self.session.operator if self.session else None

    @property
    def actor(self) -> audit.Actor:
        """Who the audit log names."""
        who = self.operator
        return audit.Actor(who.name if who else "", who.id if who else None, self.address)

    def may(self, right: Right | None) -> bool:
        """Whether whoever asks has a right."""
        return right is None or (self.operator is not None and self.operator.may(right))

    def t(self, key: str, **fields: object) -> str:
        """A word of the catalogue, in the language of this visit."""
        return say(self.look.language, key, **fields)

    @property
    def token(self) -> str:
        """What each form must bear: made of the cookie's id, so that nobody else knows it, and another each session."""
        if not (self.keeps or self.cookie):
            self.keeps = sessions.new_id()
        return self._token_of(self.keeps or self.cookie)

    def owns(self, token: str) -> bool:
        """Whether a form was made for this browser."""
        mine = self._token_of(self.cookie).encode()
        return bool(self.cookie) and hmac.compare_digest(token.encode("utf-8", "replace"), mine)

    def reason(self) -> str:
        """Why this act is done, as the form says; NoReason where it says nothing."""
        given = " ".join(word(request.form, "reason", REASON_LIMIT).split())
        if not given:
            raise NoReason
        return given

    @contextmanager
    def acting(self, act: str, about: str, reason: str = "") -> Iterator[Connection]:
        """A writing transaction that holds the act's audit row already: without the row the act does not happen.

        `about` names a row by its key, as inbound/17, never a person.
        """
        with self.services.store.write() as connection:
            audit.add(connection, self.actor, act, about, reason, self.now_ms)
            yield connection

    def render(self, name: str, status: int = 200, **values: Any) -> Response:
        """The page of the template console/<name>.html."""
        menu = [link for link in self.desk.menu if self.operator and self.may(link.right)]
        # How we are is no stranger's business; but nobody can be known while the database is away.
        strip = self.desk.strip.lights() if self.operator or status == 503 else ()
        given = {"visit": self, "page": name, "menu": menu, "strip": strip, **values}
        return make_response(render_template(f"console/{name}.html", **given), status)

    def go(self, name: str, **values: Any) -> AnyResponse:
        """Send the browser to a page."""
        return redirect(url_for(f"console.{name}", **values), 303)

    def back(self, otherwise: str) -> AnyResponse:
        """Send the browser where its form says it came from, if that is a page of ours."""
        wanted = request.form.get("back", "")
        return redirect(wanted, 303) if is_ours(wanted) else self.go(otherwise)

    def _token_of(self, cookie: str) -> str:
        return self.services.store.cipher.digest(f"form {cookie}").hex()


def word(given: Mapping[str, str], name: str, limit: int) -> str:
    """A field of a form or an address, without what a database would refuse, cut to so many characters."""
    return given.get(name, "").replace("\0", "").encode("utf-8", "replace").decode().strip()[:limit]


def is_ours(address: str) -> bool:
    """Whether an address is a page of the console, and of no other site however a browser reads it."""
    parts = urlsplit(address)
    inside = parts.path == PREFIX or parts.path.startswith(f"{PREFIX}/")
    plain = address.isascii() and address.isprintable() and "\\" not in address
    return inside and plain and not (parts.scheme or parts.netloc)
