"""Webhooks: what turns a carrier's request into a verb, whichever door it came through."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from flask import Blueprint, Response, request
from werkzeug.exceptions import MethodNotAllowed

from smsgw.carriers import Carrier, Hook
from smsgw.gateway.receive import arrival
from smsgw.messages.reports import Delivery
from smsgw.messages.rows import Arrival
from smsgw.services import Services

PREFIX = "/webhooks"


class Verb(Protocol):
    """A verb of the gateway: by itself, or on an event loop together with others of the same moment."""

    def __call__(self, item: Any, /) -> object:
        """Commit one item."""
        ...

    async def gathered(self, item: Any, /) -> object:
        """Commit one item."""
        ...


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of webhook: how a request is read, the verb for what was read, and the answer once it is committed."""

    read: Callable[[Carrier, Hook], object]
    verb: Verb
    done: Callable[[Carrier], Response]


def kinds(services: Services) -> Mapping[str, Kind]:
    """The kinds of webhooks that every carrier has, by the last part of their path."""
    return {
        "inbound": Kind(_arrival, services.receive, _receipt),
        "status": Kind(_delivery, services.settle, lambda carrier: Response(status=200, mimetype="text/plain")),
    }


def target_of(path: str, query: bytes) -> str:
    """The path and query that a carrier has signed."""
    return f"{path}?{query.decode('ascii', 'replace')}" if query else path


def blueprint(services: Services) -> Blueprint:
    """The routes of every carrier for WSGI: /webhooks/<carrier>/inbound and /status."""
    hooks = Blueprint("hooks", __name__, url_prefix=PREFIX)
    for name, kind in kinds(services).items():
        hooks.add_url_rule(f"/<name>/{name}", name, partial(_answer, services.carriers, kind), methods=["GET", "POST"])
    return hooks


def _answer(carriers: Mapping[str, Carrier], kind: Kind, name: str) -> Response:
    carrier = carriers.get(name)
    if carrier is None:
        return Response("no such carrier\n", 404, mimetype="text/plain")
    if request.method != carrier.hook_method:
        raise MethodNotAllowed([carrier.hook_method])
    target, peer = target_of(request.path, request.query_string), request.remote_addr or ""
    hook = Hook(target, request.headers, request.get_data(cache=False), peer)
    kind.verb(kind.read(carrier, hook))
    return kind.done(carrier)


def _receipt(carrier: Carrier) -> Response:
    return Response(carrier.receipt.body, 200, mimetype=carrier.receipt.media_type)


def _arrival(carrier: Carrier, hook: Hook) -> Arrival:
    return arrival(carrier.name, carrier.read_inbound(hook))


def _delivery(carrier: Carrier, hook: Hook) -> Delivery:
    told = carrier.read_report(hook)
    return Delivery(carrier.name, told.token, told.carrier_id, told.status, told.state, told.error_code, told.opted_out)
