"""The views of the JSON API: what is asked, done with the demo and its stand-in, told as an object."""

import time
from datetime import UTC, datetime
from typing import Any

from flask import Response, jsonify, request
from werkzeug.exceptions import BadRequest

from smsgw.clock import Clock
from smsgw.members.demo import DEMO_PEOPLE
from smsgw.phones import to_e164
from smsgw.simulator import reset
from smsgw.simulator.asks import Advance, Anew, Burst, Clear, Mailbox, ScriptText, Send, Traffic
from smsgw.simulator.mailroom import Mailroom
from smsgw.simulator.runs import Runs
from smsgw.simulator.script import parse
from smsgw.simulator.stage import open_stage
from smsgw.simulator.talk import Line
from smsgw.simulator.transcript import as_json, as_script, as_text, listen
from smsgw.store import Store


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
        return self._carrier.switch(body())

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
        return self._carrier.replay(number, body())

    def play(self) -> Any:
        """Begin to hold a script."""
        asked = ScriptText.model_validate(request.get_json())
        return self._runs.start(parse(asked.script), asked.name).as_json()

    def run(self, number: int) -> Any:
        """How far a script is."""
        run = self._runs.get(number)
        return run.as_json() if run else told(404, "it is no longer remembered")

    def transcript(self) -> Any:
        """What phones said and heard. `phone`, perhaps several times; `as`: text, json or script."""
        phones = [to_e164(phone) or "" for phone in request.args.getlist("phone")]
        form = request.args.get("as", "json")
        if not phones or "" in phones or form not in ("json", "text", "script"):
            return told(422, "give `phone`, a phone number, and `as`: text, json or script")
        heard = listen(self._store, phones)
        if form == "json":
            return {"transcript": as_json(heard)}
        if form == "script" and not heard:
            return told(404, "nothing has been said yet")
        return Response(as_text(heard) if form == "text" else as_script(heard), mimetype="text/plain")


def body() -> dict[str, object]:
    """The object of a request; BadRequest where it is none."""
    asked = request.get_json()
    if not isinstance(asked, dict):
        raise BadRequest("the body must be an object")
    return asked


def told(status: int, text: str) -> Response:
    """An error in a sentence."""
    answer = jsonify({"error": text})
    answer.status_code = status
    return answer
