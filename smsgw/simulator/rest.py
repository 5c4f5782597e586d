"""Twilio's REST API over a stand-in: create, fetch and list messages, with the documented error bodies."""

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from smsgw.keywords.gsm7 import measure
from smsgw.simulator import control
from smsgw.simulator.behaviour import Order
from smsgw.simulator.ledger import API, Message
from smsgw.simulator.listing import page_of
from smsgw.simulator.problems import NO_METHOD, NOT_EMPTY, NOT_YET, UNAUTHENTICATED, Problem, not_found, read_order
from smsgw.simulator.recording import record_calls

if TYPE_CHECKING:
    from smsgw.simulator.standin import StandIn

BODY_BYTES = 512 * 1024  # a burst of the longest texts
ON_ITS_WAY = frozenset({"accepted", "scheduled", "queued", "sending"})
_MESSAGES = f"/{API}/Accounts/<account>/Messages"


def make_app(standin: "StandIn") -> Flask:
    """The WSGI application of one account: the carrier's API, and beside it the stand-in's own."""
    app, views = Flask("smsgw.simulator.standin", static_folder=None), Views(standin)
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES
    app.before_request(views.check)
    app.add_url_rule(f"{_MESSAGES}.json", "create", views.create, methods=["POST"])
    app.add_url_rule(f"{_MESSAGES}.json", "list", views.listing, methods=["GET"])
    app.add_url_rule(f"{_MESSAGES}/<sid>.json", "fetch", views.fetch, methods=["GET"])
    app.add_url_rule(f"{_MESSAGES}/<sid>.json", "update", views.update, methods=["POST"])
    app.register_blueprint(control.blueprint(standin))
    app.register_error_handler(HTTPException, _http_error)
    record_calls(app, standin.ring.add)
    return app


class Views:
    """The views of one account."""

    def __init__(self, standin: "StandIn") -> None:
        self._standin = standin

    def check(self) -> AnyResponse | None:
        """Refuse what bears other credentials or asks for another account."""
        if not self._standin.admits(request):
            return _refusal(UNAUTHENTICATED)
        if (request.view_args or {}).get("account", self._standin.account_sid) != self._standin.account_sid:
            return _refusal(not_found(request.path))
        return None

    def create(self, account: str) -> AnyResponse:
        """POST Messages.json: accept the message and begin its journey, unless it is wrong or a fault says no."""
        order, behaviour = read_order(request.form), self._standin.behaviour
        if isinstance(order, Problem):
            return _refusal(order)
        refused = behaviour.instead(order)
        if refused is not None:
            return refused
        message = self._new(order)
        self._standin.remember(message)
        self._standin.callbacks.start(message, behaviour.journey(message))
        return behaviour.answer(message, lambda: _shown(message.resource(), 201))

    def fetch(self, account: str, sid: str) -> AnyResponse:
        """GET Messages/<sid>.json."""
        message = self._standin.ledger.get(sid)
        return _shown(message.resource()) if message else _refusal(not_found(request.path))

    def update(self, account: str, sid: str) -> AnyResponse:
        """POST Messages/<sid>.json with an empty Body: redact the text, which takes a last status."""
        message = self._standin.ledger.get(sid)
        if message is None:
            return _refusal(not_found(request.path))
        if request.form.get("Body") != "":
            return _refusal(NOT_EMPTY)
        if message.status in ON_ITS_WAY:
            return _refusal(NOT_YET)
        self._standin.remember(replace(message, body=""))
        return _shown(message.resource() | {"body": ""})

    def listing(self, account: str) -> AnyResponse:
        """GET Messages.json: newest first, filtered and paged."""
        now, behaviour = self._standin.clock(), self._standin.behaviour
        rows = [row for row in self._standin.ledger.newest() if behaviour.listed(row, now)]
        return _shown(page_of(rows, request.path, request.args))

    def _new(self, order: Order) -> Message:
        now = self._standin.clock()
        return Message(
            sid=f"SM{secrets.token_hex(16)}",
            account_sid=self._standin.account_sid,
            to=order.to,
            sender=order.sender,
            body=order.body,
            segments=measure(order.body).segments,
            status="queued",
            created_at=now,
            updated_at=now,
            callback=order.callback,
        )


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
