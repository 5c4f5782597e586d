"""A stand-in for Twilio's REST API: create, fetch and list messages, then signed status callbacks."""

import hmac
import secrets
import time
from collections.abc import Callable, Collection, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from flask import Flask, Request, Response, jsonify, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from smsgw.config import Settings
from smsgw.keywords.gsm7 import measure
from smsgw.simulator.behaviour import Behaviour, Delays, Order
from smsgw.simulator.callbacks import Callbacks
from smsgw.simulator.guard import credentials, host_of, refuse_production
from smsgw.simulator.ledger import API, Ledger, Message
from smsgw.simulator.listing import page_of
from smsgw.simulator.problems import NO_METHOD, UNAUTHENTICATED, Problem, not_found, read_order
from smsgw.simulator.timetable import Timetable

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

KEEP = 10_000
BODY_BYTES = 64 * 1024
_MESSAGES = f"/{API}/Accounts/<account>/Messages"


class StandIn:
    """One account of the carrier, as a WSGI application. Close it, or use it as a context manager.

    `clock` gives epoch seconds for the dates shown; `keep` is the number of messages remembered;
    `callback_hosts` may be called besides loopback; `behaviour` replaces `delays` where faults are wanted.
    """

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        *,
        delays: Delays | None = None,
        clock: Callable[[], float] = time.time,
        keep: int = KEEP,
        callback_hosts: Collection[str] = (),
        behaviour: Behaviour | None = None,
    ) -> None:
        self.account_sid = account_sid
        self.behaviour = behaviour or Behaviour(delays)
        self._auth_token = auth_token
        self._clock = clock
        self._ledger = Ledger(keep, clock)
        self._timetable = Timetable(limit=keep)
        self._callbacks = Callbacks(self._ledger, auth_token, callback_hosts, self._timetable)
        self.app = _make_app(self)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """The WSGI application."""
        return self.app(environ, start_response)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop making callbacks."""
        self._timetable.close()

    def messages(self) -> list[Message]:
        """What the carrier remembers, newest first."""
        return list(self._ledger.newest())

    def remember(self, message: Message) -> None:
        """Have a message in the list that was not created here: one that came in."""
        self._ledger.add(message)

    def may_call(self, url: str) -> bool:
        """Whether a StatusCallback of this URL would be called."""
        return self._callbacks.may_call(url)

    def admits(self, incoming: Request) -> bool:
        """Whether the request bears this account's Basic credentials."""
        auth = incoming.authorization
        if auth is None or auth.type != "basic":
            return False
        given = f"{auth.username}:{auth.password}".encode()
        return hmac.compare_digest(given, f"{self.account_sid}:{self._auth_token}".encode())

    def create(self, incoming: Request) -> AnyResponse:
        """POST Messages.json: accept the message and begin its journey, unless it is wrong or a fault says no."""
        order = read_order(incoming.form)
        if isinstance(order, Problem):
            return _refusal(order)
        refused = self.behaviour.instead(order)
        if refused is not None:
            return refused
        message = self._new(order)
        self._ledger.add(message)
        self._callbacks.start(message, self.behaviour.journey(message))
        return self.behaviour.answer(message, lambda: _shown(message.resource(), 201))

    def fetch(self, incoming: Request, sid: str) -> AnyResponse:
        """GET Messages/<sid>.json."""
        message = self._ledger.get(sid)
        return _shown(message.resource()) if message else _refusal(not_found(incoming.path))

    def listing(self, incoming: Request) -> AnyResponse:
        """GET Messages.json: newest first, filtered and paged."""
        now = self._clock()
        rows = [row for row in self._ledger.newest() if self.behaviour.listed(row, now)]
        return _shown(page_of(rows, incoming.path, incoming.args))

    def _new(self, order: Order) -> Message:
        now = self._clock()
        return Message(
            sid=f"SM{secrets.token_hex(16)}",
            account_sid=self.account_sid,
            to=order.to,
            sender=order.sender,
            body=order.body,
            segments=measure(order.body).segments,
            status="queued",
            created_at=now,
            updated_at=now,
            callback=order.callback,
        )


def from_settings(settings: Settings, delays: Delays | None = None) -> StandIn:
    """The stand-in of `smsgw simulator`. StartupError in production and without an account."""
    refuse_production(settings)
    sid, token = credentials(settings)
    return StandIn(sid, token, delays=delays, callback_hosts={host_of(settings.public_url)} - {""})


def _make_app(standin: StandIn) -> Flask:
    app = Flask("smsgw.simulator.standin", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES
    app.before_request(lambda: _check(standin))
    app.add_url_rule(f"{_MESSAGES}.json", "create", lambda account: standin.create(request), methods=["POST"])
    app.add_url_rule(f"{_MESSAGES}.json", "list", lambda account: standin.listing(request), methods=["GET"])
    app.add_url_rule(
        f"{_MESSAGES}/<sid>.json", "fetch", lambda account, sid: standin.fetch(request, sid), methods=["GET"]
    )
    app.register_error_handler(HTTPException, _http_error)
    return app


def _check(standin: StandIn) -> AnyResponse | None:
    if not standin.admits(request):
        return _refusal(UNAUTHENTICATED)
    if (request.view_args or {}).get("account", standin.account_sid) != standin.account_sid:
        return _refusal(not_found(request.path))
    return None


def _http_error(error: HTTPException) -> AnyResponse:
    if error.code == 405:
        return _refusal(NO_METHOD)
    if error.code == 404:
        return _refusal(not_found(request.path))
    return _refusal(Problem(error.code or 500, 20001, error.name))


def _refusal(problem: Problem) -> Response:
    response = _shown(problem.body(), problem.status)
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    return response


def _shown(body: dict[str, object], status: int = 200) -> Response:
    response = jsonify(body)
    response.status_code = status
    return response
