"""The JSON API under /simulator/api: for other people's tests, in any language (docs/simulator.md)."""

import time
from datetime import UTC, datetime
from typing import Any, Protocol

from flask import Blueprint, Response, jsonify, request
from pydantic import ValidationError
from werkzeug.exceptions import BadRequest, HTTPException, UnsupportedMediaType

from smsgw.clock import Clock
from smsgw.config import Settings
from smsgw.errors import StartupError, StoreUnavailable
from smsgw.members.demo import DEMO_PEOPLE
from smsgw.phones import to_e164
from smsgw.simulator import reset
from smsgw.simulator.asks import Advance, Anew, Burst, Clear, Mailbox, ScriptText, Send, Traffic
from smsgw.simulator.control import problems_of
from smsgw.simulator.guard import doorkeeper, refuse_production
from smsgw.simulator.mailroom import Mailroom
from smsgw.simulator.remote import NoStandIn, Refused
from smsgw.simulator.runs import Busy, Runs
from smsgw.simulator.script import parse
from smsgw.simulator.stage import open_stage
from smsgw.simulator.talk import Line, open_line
from smsgw.simulator.transcript import as_json, as_script, as_text, listen
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


class Api:
    """The views. Each gives an object that becomes JSON."""

    def __init__(self, store: Store, clock: Clock, line: Line) -> None:
        self._store = store
        self._clock = clock
        self._carrier = line.carrier
        self._mailroom = Mailroom(store, line)
        self._runs = Runs(open_stage(line, store))

    def people(self) -> Any:
        """The demo's named people: a phone and a number for each thing to try."""
        people = [{"phone": one.phone, "number": one.number, "about": one.label} for one in DEMO_PEOPLE]
        return {"people": people}

    def messages(self) -> Any:
        """Messages to a phone, or texts from one."""
        return {"messages": self._mailroom.messages(Mailbox.model_validate(request.args.to_dict()))}

    def send(self) -> Any:
        """Send a text from a phone."""
        return self._mailroom.send(Send.model_validate(request.get_json()))

    def burst(self) -> Any:
        """Many texts, in the background."""
        return {"coming": self._mailroom.burst(Burst.model_validate(request.get_json()))}

    def faults(self) -> Any:
        """Every fault there is, and those that are on."""
        return self._carrier.faults()

    def switch(self) -> Any:
        """Turn a fault on."""
        return self._carrier.switch(_object())

    def clear(self) -> Any:
        """Turn faults off: those of a phone, of a kind, or all."""
        asked = Clear.model_validate(request.get_json())
        return {"cleared": self._carrier.clear(asked.phone, asked.kind)}

    def time(self) -> Any:
        """The gateway's clock, and by how many seconds it is moved."""
        now = self._clock.now_ms() / 1000
        return {
            "now": datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds"),
            "moved": round(now - time.time()),
        }

    def advance(self) -> Any:
        """Move the gateway's clock."""
        self._clock.move(Advance.model_validate(request.get_json()).advance * 1000)
        return self.time()

    def reset(self) -> Any:
        """One phone begins anew, or everything."""
        phone = Anew.model_validate(request.get_json()).phone
        reset.begin_anew(self._carrier, self._store, phone)
        return {"reset": phone or "everything"}

    def exchanges(self) -> Any:
        """The last requests and answers in both directions, newest first."""
        asked = Traffic.model_validate(request.args.to_dict())
        return {"exchanges": self._carrier.traffic(asked.after, asked.phone or "", asked.limit)}

    def exchange(self, number: int) -> Any:
        """One request with its answer."""
        return self._carrier.one(number)

    def replay(self, number: int) -> Any:
        """Send a request once more, as it was or edited."""
        return self._carrier.replay(number, _object())

    def play(self) -> Any:
        """Begin to hold a script."""
        asked = ScriptText.model_validate(request.get_json())
        return self._runs.start(parse(asked.script), asked.name).as_json()

    def run(self, number: int) -> Any:
        """How far a script is."""
        run = self._runs.get(number)
        return run.as_json() if run else _told(404, "it is no longer remembered")

    def transcript(self) -> Any:
        """What phones said and heard. `phone`, perhaps several times; `as`: text, json or script."""
        phones = [to_e164(phone) or "" for phone in request.args.getlist("phone")]
        form = request.args.get("as", "json")
        if not phones or "" in phones or form not in ("json", "text", "script"):
            return _told(422, "give `phone`, a phone number, and `as`: text, json or script")
        heard = listen(self._store, phones)
        if form == "json":
            return {"transcript": as_json(heard)}
        if form == "script" and not heard:
            return _told(404, "nothing has been said yet")
        return Response(as_text(heard) if form == "text" else as_script(heard), mimetype="text/plain")


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


def _object() -> dict[str, object]:
    asked = request.get_json()
    if not isinstance(asked, dict):
        raise BadRequest("the body must be an object")
    return asked


def _tell_errors(made: Blueprint) -> None:
    made.register_error_handler(ValidationError, lambda error: _told(422, "; ".join(problems_of(error))))
    made.register_error_handler(StartupError, lambda error: _told(422, "; ".join(error.problems)))
    made.register_error_handler(Refused, lambda error: _told(error.status, str(error)))
    made.register_error_handler(NoStandIn, lambda error: _told(502, f"no stand-in carrier answers ({error})"))
    made.register_error_handler(StoreUnavailable, lambda error: _told(503, str(error)))
    made.register_error_handler(Busy, lambda error: _told(409, str(error)))
    made.register_error_handler(HTTPException, lambda error: _told(error.code or 500, error.description or error.name))


def _told(status: int, text: str) -> Response:
    answer = jsonify({"error": text})
    answer.status_code = status
    return answer
