"""The JSON API under /simulator/api: for other people's tests, in any language (docs/simulator.md)."""

from typing import Any, Protocol

from flask import Blueprint, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException, UnsupportedMediaType

from smsgw.clock import Clock
from smsgw.config import Settings
from smsgw.errors import StartupError, StoreUnavailable
from smsgw.simulator.control import problems_of
from smsgw.simulator.guard import doorkeeper, refuse_production
from smsgw.simulator.remote import NoStandIn, Refused
from smsgw.simulator.runs import Busy
from smsgw.simulator.talk import open_line
from smsgw.simulator.views import Api, told
from smsgw.store import Store

PREFIX = "/simulator/api"


class Wiring(Protocol):
    """What the API needs of the gateway's services."""

    @property
    def settings(self) -> Settings:
        """The settings in force."""

    @property
    def store(self) -> Store:
        """The database with the message log."""

    @property
    def clock(self) -> Clock:
        """The gateway's clock."""


def blueprint(services: Wiring) -> Blueprint:
    """The routes under /simulator/api. StartupError in production and without an account and number of our own."""
    refuse_production(services.settings)
    views = Api(services.store, services.clock, open_line(services.settings))
    made = Blueprint("simulator_api", __name__, url_prefix=PREFIX)
    made.before_request(doorkeeper(services.settings))
    made.before_request(_json_alone)
    for rule, view, method in _rules(views):
        made.add_url_rule(rule, view.__name__, view, methods=[method])
    _tell_errors(made)
    return made


def _rules(views: Api) -> list[tuple[str, Any, str]]:
    return [
        ("/people", views.people, "GET"),
        ("/messages", views.messages, "GET"),
        ("/send", views.send, "POST"),
        ("/burst", views.burst, "POST"),
        ("/faults", views.faults, "GET"),
        ("/faults", views.switch, "POST"),
        ("/faults/clear", views.clear, "POST"),
        ("/time", views.time, "GET"),
        ("/time", views.advance, "POST"),
        ("/reset", views.reset, "POST"),
        ("/exchanges", views.exchanges, "GET"),
        ("/exchanges/<int:number>", views.exchange, "GET"),
        ("/exchanges/<int:number>/replay", views.replay, "POST"),
        ("/scripts", views.play, "POST"),
        ("/scripts/<int:number>", views.run, "GET"),
        ("/transcript", views.transcript, "GET"),
    ]


def _json_alone() -> None:
    # A page of somebody else's may post a form to this machine, but not JSON: the browser would ask first.
    if request.method == "POST" and request.mimetype != "application/json":
        raise UnsupportedMediaType("the body must be application/json")


def _tell_errors(made: Blueprint) -> None:
    made.register_error_handler(ValidationError, lambda error: told(422, "; ".join(problems_of(error))))
    made.register_error_handler(StartupError, lambda error: told(422, "; ".join(error.problems)))
    made.register_error_handler(Refused, lambda error: told(error.status, str(error)))
    made.register_error_handler(NoStandIn, lambda error: told(502, f"no stand-in carrier answers ({error})"))
    made.register_error_handler(StoreUnavailable, lambda error: told(503, str(error)))
    made.register_error_handler(Busy, lambda error: told(409, str(error)))
    made.register_error_handler(HTTPException, lambda error: told(error.code or 500, error.description or error.name))
