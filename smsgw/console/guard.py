"""Guard: what stands before every view: whose request it is, whether it comes from our own pages, and may be made."""

import secrets
from contextlib import suppress
from urllib.parse import urlsplit

from flask import request
from werkzeug.wrappers import Response as AnyResponse

from smsgw import logs
from smsgw.config import Settings
from smsgw.console import peer
from smsgw.console.look import read_look
from smsgw.console.page import Page
from smsgw.console.visit import Desk, Visit
from smsgw.errors import StoreUnavailable
from smsgw.operators import reveals, sessions

COOKIE = "smsgw_console"
FORM_FIELD = "form_token"

log = logs.get()


def arrive(desk: Desk) -> Visit:
    """The visit of the request, before it is known whose it is."""
    cookie = request.cookies.get(COOKIE, "")[:64]
    return Visit(desk, read_look(request), secrets.token_hex(4), _address(desk.services.settings), cookie=cookie)


def _address(settings: Settings) -> str:
    forwarded = request.headers.get("X-Forwarded-For", "")
    return peer.address_of(request.remote_addr or "", forwarded, settings.trusted_proxies)


def recognise(visit: Visit, *, polled: bool = False) -> None:
    """Find the session of the visit, which is used by it unless it is `polled`. StoreUnavailable: nobody is known."""
    store = visit.services.store
    visit.now_ms = visit.services.clock.now_ms()
    if not visit.cookie:
        return
    with store.read() as connection:
        visit.session = sessions.find(connection, visit.cookie, visit.now_ms)
        if visit.session:
            visit.reveals = reveals.standing(connection, visit.session.id, visit.now_ms)
    if visit.session and not polled and sessions.is_stale(visit.session, visit.now_ms):
        with suppress(StoreUnavailable), store.write() as connection:  # a full disk must not close the pages
            sessions.touch(connection, visit.session.id, visit.now_ms)


def refusal(visit: Visit, page: Page) -> AnyResponse | None:
    """What is answered instead of the page; None: it may be seen, or done."""
    if page.method == "POST" and not _is_from_us(visit):
        return visit.render("refused", 403, why="stale")
    if page.right is None or visit.may(page.right):
        return visit.render("refused", 403, why="factor") if _lacks_factor(visit, page) else None
    if visit.session is None:
        wanted = request.full_path.rstrip("?") if request.method == "GET" else ""
        return visit.go("sign_in", **({"next": wanted} if wanted else {}))
    with visit.acting("refused", f"page/{page.name}"):
        log.warning("console_refused", page=page.name, request_id=visit.request_id)
    return visit.render("refused", 403, why="right")


def _lacks_factor(visit: Visit, page: Page) -> bool:
    """Whether this is a branch's work by somebody whose password alone would do (reliability T22)."""
    real = visit.services.settings.environment == "production"
    return real and page.right == "branch" and not (visit.operator and visit.operator.second_factor)


def _is_from_us(visit: Visit) -> bool:
    """A form of our own page, sent by it: the token says the first, the browser the second (reliability T20)."""
    known = visit.owns(request.form.get(FORM_FIELD, ""))
    return known and _origin_is_ours(request.headers.get("Origin", ""), visit.services.settings)


def _origin_is_ours(origin: str, settings: Settings) -> bool:
    # Every browser names the origin of a POST. A proxy may give us another host name than the browser's: then it is the
    # public one.
    return bool(origin) and urlsplit(origin).netloc in (request.host, urlsplit(settings.public_url).netloc)
