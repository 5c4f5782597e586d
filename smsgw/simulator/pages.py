"""The blueprint of the pages under /simulator: their routes, whose host they answer to, their policy."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from flask import Blueprint
from werkzeug.wrappers import Response as AnyResponse

from smsgw.clock import Clock
from smsgw.config import Settings
from smsgw.keywords import Registry
from smsgw.simulator.frame import PREFIX, Frame
from smsgw.simulator.guard import doorkeeper, refuse_production
from smsgw.simulator.phones import Phones
from smsgw.simulator.remote import NoStandIn
from smsgw.simulator.scripts import Scripts
from smsgw.simulator.switches import Switches
from smsgw.simulator.talk import Line, open_line
from smsgw.simulator.tools import Tools
from smsgw.simulator.traffic import Traffic
from smsgw.simulator.why import WhyPage
from smsgw.store import Store

_OWN = "; ".join(f"{kind}-src 'self'" for kind in ("script", "style", "img", "connect"))
_POLICY = f"default-src 'none'; {_OWN}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


class Wiring(Protocol):
    """What the pages need of the gateway's services."""

    @property
    def settings(self) -> Settings:
        """The settings in force."""

    @property
    def store(self) -> Store:
        """The database with the message log."""

    @property
    def registry(self) -> Registry:
        """The keywords."""

    @property
    def clock(self) -> Clock:
        """The gateway's clock."""


def blueprint(services: Wiring) -> Blueprint:
    """The pages under /simulator. StartupError in production and without an account and number of our own."""
    refuse_production(services.settings)
    frame, line = Frame(services.store.cipher, services.clock), open_line(services.settings)
    made = Blueprint("simulator", __name__, url_prefix=PREFIX, template_folder="templates", static_folder="static")
    made.before_request(doorkeeper(services.settings))
    made.before_request(frame.foreign)
    made.after_request(_harden)
    made.register_error_handler(404, frame.not_found)
    made.register_error_handler(NoStandIn, frame.no_carrier)
    for rule, view, method in _routes(services, frame, line):
        made.add_url_rule(rule, view.__name__, view, methods=[method])
    return made


def _routes(services: Wiring, frame: Frame, line: Line) -> Sequence[tuple[str, Callable[..., Any], str]]:
    store, clock = services.store, services.clock
    table, tools = Phones(frame, store, line, clock), Tools(frame, store, line, clock)
    switches, traffic, scripts = Switches(frame, line), Traffic(frame, line), Scripts(frame, line, store)
    return (
        ("", table.phones, "GET"),
        ("/rows", table.rows, "GET"),
        ("/gsm7.json", table.gsm7, "GET"),
        ("/choose", table.choose, "POST"),
        ("/put-away", table.put_away, "POST"),
        ("/language", table.language, "POST"),
        ("/send", table.send, "POST"),
        ("/why/<int:number>", WhyPage(frame, store, services.registry).why, "GET"),
        ("/clock", tools.move_clock, "POST"),
        ("/reset", tools.set_back, "POST"),
        ("/faults", switches.faults, "GET"),
        ("/faults", switches.switch, "POST"),
        ("/faults/off", switches.switch_off, "POST"),
        ("/traffic", traffic.traffic, "GET"),
        ("/traffic/<int:number>", traffic.exchange, "GET"),
        ("/traffic/<int:number>/replay", traffic.replay, "POST"),
        ("/scripts", scripts.scripts, "GET"),
        ("/scripts/run", scripts.run, "POST"),
        ("/scripts/runs/<int:number>", scripts.run_of, "GET"),
        ("/scripts/record/<kind>", scripts.record, "GET"),
    )


def _harden(response: AnyResponse) -> AnyResponse:
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Cache-Control", "no-store")
    return response
