"""The stand-in's own API beside the carrier's: switches, texts coming in, and what went over the line.

It stands on the stand-in's loopback port and asks for the account's credentials, as the rest there. The faults are
the carrier's, and strike in its process: so their switches, the dice and the record of the traffic live here, and
the pages, the command line and the JSON API of the web process ask for them.
"""

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from smsgw.simulator.faults import Order, TooManySwitches
from smsgw.simulator.inbound import BURST, BURST_PER_S, Text
from smsgw.simulator.kinds import KINDS, place_of
from smsgw.simulator.replay import Gone, Replay

if TYPE_CHECKING:
    from smsgw.simulator.standin import StandIn

PREFIX = "/control"


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Incoming(_Asked):
    """A text from a phone to one of our numbers."""

    sender: str = Field(max_length=16)
    to: str = Field(max_length=16)
    text: str = Field(max_length=1600)


class Burst(_Asked):
    """Many texts, so many a second."""

    texts: tuple[Incoming, ...] = Field(min_length=1, max_length=BURST)
    per_second: float = Field(default=10.0, gt=0, le=BURST_PER_S)


class Clearing(_Asked):
    """Which switches go: those of a phone, of a kind, or all."""

    phone: str | None = None
    kind: str | None = None


class Search(_Asked):
    """Which traffic is wanted, newest first."""

    after: int = 0
    phone: str = ""
    limit: int = Field(default=100, ge=1, le=500)


class Control:
    """The views of one stand-in."""

    def __init__(self, standin: "StandIn") -> None:
        self._standin = standin

    def kinds(self) -> Response:
        """Every fault there is, and the switches that are on."""
        kinds = [{"kind": kind, "place": place_of(kind), "meaning": text} for kind, text in KINDS.items()]
        return jsonify({"kinds": kinds, "faults": self._shown()})

    def switch(self) -> Response:
        """Turn a switch on."""
        fault = self._standin.board.set(Order.model_validate(request.get_json()))
        return jsonify(fault.as_json(self._standin.clock()))

    def clear(self) -> Response:
        """Turn switches off."""
        asked = Clearing.model_validate(request.get_json())
        return jsonify({"cleared": self._standin.board.clear(asked.phone, asked.kind)})

    def incoming(self) -> Response:
        """A text comes in."""
        text = Incoming.model_validate(request.get_json())
        posted = self._standin.bring(Text(text.sender, text.to, text.text))
        return jsonify(posted.as_json())

    def burst(self) -> Response:
        """Many texts come in, in the background."""
        asked = Burst.model_validate(request.get_json())
        texts = [Text(one.sender, one.to, one.text) for one in asked.texts]
        return jsonify({"coming": self._standin.burst(texts, asked.per_second)})

    def traffic(self) -> Response:
        """Requests and answers in both directions."""
        asked = Search.model_validate(request.get_json())
        found = self._standin.ring.newest(asked.after, asked.phone, asked.limit)
        return jsonify({"exchanges": [one.as_json(self._standin.account_sid) for one in found]})

    def one(self, number: int) -> Response:
        """One request and its answer."""
        entry = self._standin.ring.get(number)
        if entry is None:
            raise Gone
        return jsonify(entry.as_json(self._standin.account_sid))

    def replay(self, number: int) -> Response:
        """Send a request once more, as it was or edited."""
        entry = self._standin.replay(number, Replay.model_validate(request.get_json()))
        return jsonify(entry.as_json(self._standin.account_sid))

    def reset(self) -> Response:
        """Forget messages, switches, what waits and what went over the line; or one phone's messages and switches."""
        self._standin.reset(Clearing.model_validate(request.get_json()).phone)
        return jsonify({"reset": True})

    def _shown(self) -> list[dict[str, object]]:
        now = self._standin.clock()
        return [fault.as_json(now) for fault in self._standin.board.shown()]


def blueprint(standin: "StandIn") -> Blueprint:
    """The routes under /control."""
    made, views = Blueprint("control", __name__, url_prefix=PREFIX), Control(standin)
    for rule, view, method in (
        ("/faults", views.kinds, "GET"),
        ("/faults", views.switch, "POST"),
        ("/faults/clear", views.clear, "POST"),
        ("/incoming", views.incoming, "POST"),
        ("/burst", views.burst, "POST"),
        ("/traffic", views.traffic, "POST"),
        ("/traffic/<int:number>", views.one, "GET"),
        ("/traffic/<int:number>/replay", views.replay, "POST"),
        ("/reset", views.reset, "POST"),
    ):
        made.add_url_rule(rule, view.__name__, view, methods=[method])
    made.register_error_handler(ValidationError, _invalid)
    made.register_error_handler(TooManySwitches, lambda error: _told(409, str(error)))
    made.register_error_handler(Gone, lambda error: _told(404, "it is no longer remembered"))
    return made


def problems_of(error: ValidationError) -> list[str]:
    """What is wrong with what was asked, a sentence each, without the values."""
    found = error.errors(include_input=False, include_url=False)
    return [f"{'.'.join(map(str, one['loc'])) or 'it'}: {one['msg'].removeprefix('Value error, ')}" for one in found]


def _invalid(error: ValidationError) -> Response:
    return _told(422, "; ".join(problems_of(error)))


def _told(status: int, text: str) -> Response:
    answer: Any = jsonify({"error": text})
    answer.status_code = status
    made: Response = answer
    return made
