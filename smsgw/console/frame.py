"""Frame: what all pages of the console stand in: addresses, guard, headers, cookies, error pages."""

from functools import partial
from typing import Any

from flask import Blueprint, g, make_response
from flask.blueprints import BlueprintSetupState
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import IntegerConverter, Map
from werkzeug.wrappers import Response as AnyResponse

from smsgw import logs
from smsgw.console import assets, showing
from smsgw.console.guard import COOKIE, arrive, recognise, refusal
from smsgw.console.look import COOKIE as LOOK_COOKIE
from smsgw.console.page import Page, all_pages
from smsgw.console.strip import Strip
from smsgw.console.visit import PREFIX, Answer, Desk, Link, NoReason, Visit
from smsgw.errors import NotPossible, StoreUnavailable
from smsgw.operators.oidc import open_provider
from smsgw.services import Services

HEADERS = {
    # data: is for the small pictures in Bootstrap's own style sheet.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # With no-referrer a browser would call the origin of our own forms null.
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}
YEAR_S = 365 * 86_400

log = logs.get()


def blueprint(services: Services) -> Blueprint:
    """The pages under /console. StartupError where the identity provider of the settings cannot be used."""
    pages = sorted(all_pages(), key=lambda page: page.nav)
    menu = tuple(Link(page.name, page.right) for page in pages if page.nav)
    desk = Desk(services, Strip(services), menu, provider=open_provider(services.settings))
    console = Blueprint("console", __name__, url_prefix=PREFIX, template_folder="templates")
    console.record_once(_prepare)
    for page in pages:
        console.add_url_rule(page.rule, page.name, partial(_answer, desk, page), methods=[page.method])
    console.add_url_rule("/assets/<mark>/<name>", "asset", assets.serve)
    console.add_url_rule("/<path:rest>", "nowhere", partial(_nowhere, desk))
    console.register_error_handler(Exception, partial(_failed, desk))
    console.after_request(_hardened)
    return console


class Key(IntegerConverter):
    """The id of a row in an address, `<key:id>`: whatever a database can hold."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=2**63 - 1)


def _prepare(state: BlueprintSetupState) -> None:
    state.app.url_map.converters["key"] = Key
    showing.install(state.app.jinja_env)


def _answer(desk: Desk, page: Page, /, **arguments: Any) -> AnyResponse:
    g.visit = visit = arrive(desk)
    recognise(visit, polled=page.polled)
    refused = refusal(visit, page)
    return _kept(visit, refused if refused is not None else page.view(visit, **arguments))


def _nowhere(desk: Desk, rest: str) -> AnyResponse:
    g.visit = visit = arrive(desk)
    recognise(visit)
    raise NotFound


def _kept(visit: Visit, answer: Answer) -> AnyResponse:
    """The answer, with the cookies that the browser is to keep."""
    response = make_response(answer)
    secure = visit.services.settings.public_url.startswith("https://")
    rules: dict[str, Any] = {"path": PREFIX, "httponly": True, "samesite": "Lax", "secure": secure}
    if visit.keeps is not None:
        if visit.keeps:
            response.set_cookie(COOKIE, visit.keeps, **rules)
        else:
            response.delete_cookie(COOKIE, **rules)
    if g.get("look_chosen"):
        response.set_cookie(LOOK_COOKIE, visit.look.value, max_age=YEAR_S, **rules)
    return response


def _failed(desk: Desk, error: Exception) -> AnyResponse:
    """An error as a page, with the id under which it stands in the log."""
    visit: Visit = g.setdefault("visit", arrive(desk))
    status, why = _kind(error)
    if status >= 500:
        log.error("console_failed", error=type(error).__name__, request_id=visit.request_id)
    return _kept(visit, visit.render("refused", status, why=why))


def _kind(error: Exception) -> tuple[int, str]:
    if isinstance(error, NoReason):
        return 422, "reason"
    if isinstance(error, NotPossible):
        return 409, error.why
    if isinstance(error, StoreUnavailable):
        return 503, "database"
    if isinstance(error, HTTPException):
        code = error.code or 500
        return code, {404: "nowhere", 405: "method", 413: "large"}.get(code, "request" if code < 500 else "ours")
    return 500, "ours"


def _hardened(response: AnyResponse) -> AnyResponse:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    return response
