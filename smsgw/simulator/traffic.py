"""The pages under /simulator/traffic: every request and answer between gateway and carrier, and one once more."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import abort, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from smsgw.simulator.bubble import clock_time
from smsgw.simulator.frame import Frame
from smsgw.simulator.remote import Refused
from smsgw.simulator.talk import Line
from smsgw.simulator.visible import pieces

SHOWN = 100
NOT_FOUND = 404
_ACCOUNT = re.compile("^/.*/Accounts/AC[0-9a-f]{32}/")
_FIELD, _OMIT = "field:", "omit:"


@dataclass(frozen=True, slots=True)
class Crossing:
    """One request with its answer, as a row of the list. `good`: the answer is a success."""

    id: int
    time: str
    way: str
    method: str
    path: str
    status: str
    good: bool
    took_ms: int
    fault: str
    about: str
    again: bool


class Traffic:
    """What the stand-in carrier remembers of the traffic in both directions."""

    def __init__(self, frame: Frame, line: Line) -> None:
        self._frame = frame
        self._line = line

    def traffic(self) -> AnyResponse:
        """The newest requests, of all phones or of one on the table."""
        visit = self._frame.visit()
        key = request.args.get("of", "")[:32]
        found = self._line.carrier.traffic(phone=visit.phone_of(key), limit=SHOWN)
        table = [(visit.key_of(phone), phone) for phone in visit.phones]
        return self._frame.page("traffic.html", visit, rows=[_row(one) for one in found], chosen=key, table=table)

    def exchange(self, number: int) -> AnyResponse:
        """One request and its answer."""
        visit, one = self._frame.visit(), self._one(number)
        return self._frame.page(
            "exchange.html",
            visit,
            one=one,
            row=_row(one),
            fields=[(name, value, list(pieces(value))) for name, value in one["fields"].items()],
            answer=list(pieces(_pretty(one["answer"]))),
            signed=one["way"] != "api",
        )

    def replay(self, number: int) -> AnyResponse:
        """Send a request once more, as it was or edited; the page of the new one."""
        change = change_of(request.form, self._one(number)["fields"])
        made = self._line.carrier.replay(number, change)
        return self._frame.back(self._frame.visit(), url_for("simulator.exchange", number=made["id"]))

    def _one(self, number: int) -> dict[str, Any]:
        try:
            return self._line.carrier.one(number)
        except Refused as error:
            if error.status == NOT_FOUND:
                abort(NOT_FOUND)
            raise


def change_of(form: Mapping[str, str], fields: Mapping[str, str]) -> dict[str, object]:
    """What a form changes of a request: nothing without `edited`, else only the fields that differ."""
    if not form.get("edited"):
        return {}
    given = {name.removeprefix(_FIELD): value for name, value in form.items() if name.startswith(_FIELD)}
    given = {name: value.replace("\r\n", "\n") for name, value in given.items()}
    changed: dict[str, str | None] = {name: value for name, value in given.items() if fields.get(name) != value}
    changed |= {name.removeprefix(_OMIT): None for name in form if name.startswith(_OMIT)}
    if form.get("new_name"):
        changed[form["new_name"][:64]] = form.get("new_value", "")
    return {"fields": changed, "forged": bool(form.get("forged"))}


def _row(one: Mapping[str, Any]) -> Crossing:
    fields, status = one["fields"], one["status"]
    words = fields.get("MessageStatus") if one["way"] == "callback" else fields.get("Body")
    return Crossing(
        id=one["id"],
        time=clock_time(round(one["at"] * 1000), exact=True),
        way=one["way"],
        method=one["method"],
        path=_ACCOUNT.sub("…/", urlsplit(one["url"]).path),
        status=str(status) if status is not None else one["trouble"],
        good=status is not None and status < 400,
        took_ms=one["took_ms"],
        fault=one["fault"],
        about="".join(piece.text for piece in pieces((words or "")[:80])),
        again=one["replay_of"] is not None,
    )


def _pretty(answer: str) -> str:
    try:
        return json.dumps(json.loads(answer), indent=2, ensure_ascii=False)
    except ValueError:
        return answer
