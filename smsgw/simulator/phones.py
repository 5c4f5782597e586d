"""The page /simulator: phones side by side on a table, what each sends and what it received."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flask import Response, jsonify, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from smsgw.clock import Clock
from smsgw.messages.queries import bubbles
from smsgw.phones import to_e164
from smsgw.simulator import meter
from smsgw.simulator.bubble import Shown, moving, show
from smsgw.simulator.frame import Frame
from smsgw.simulator.people import BY_PHONE, READY, Ready, prepare
from smsgw.simulator.switches import faults_of
from smsgw.simulator.talk import REFUSED, Line, bring, refusal_of
from smsgw.simulator.tools import STEPS
from smsgw.simulator.visit import Visit
from smsgw.simulator.words import words
from smsgw.store import Store

TEXT_LIMIT = 1600
WAIT_S = 5.0
FRAGMENT = "X-Fragment"
"""The header by which the page's script asks for the conversations alone."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What could not be done, on which phone, and the text that is kept for another try."""

    key: str
    sentence: str
    text: str = ""
    status: int = 422


@dataclass(frozen=True, slots=True)
class OnTable:
    """One phone as the page shows it."""

    key: str
    phone: str
    ready: Ready | None
    bubbles: tuple[Shown, ...]
    moving: bool
    problem: str
    draft: str


class Phones:
    """The table: whose phones lie on it, what they send, what they received."""

    def __init__(self, frame: Frame, store: Store, line: Line, clock: Clock) -> None:
        self._frame = frame
        self._store = store
        self._line = line
        self._clock = clock

    def phones(self) -> AnyResponse:
        """The whole table."""
        return self._shown(self._frame.visit())

    def rows(self) -> AnyResponse:
        """The conversations alone, drawn as they are on the page."""
        visit = self._frame.visit()
        return self._frame.page("rows.html", visit, table=self._table(visit))

    def gsm7(self) -> Response:
        """What the meter needs to know."""
        return jsonify(meter.table())

    def choose(self) -> AnyResponse:
        """Put a phone on the table: a ready-made person's, or any number that is typed."""
        visit = self._frame.visit()
        phone = to_e164(request.form.get("phone", "")[:32])
        if phone is None:
            return self._shown(visit, Trouble("", words(visit.language)["no_number"]))
        if phone in BY_PHONE:
            prepare(self._store, self._clock, BY_PHONE[phone])
        visit = visit.taking(phone)
        return self._frame.back(visit, anchor=f"phone-{visit.key_of(phone)}")

    def put_away(self) -> AnyResponse:
        """Take a phone off the table."""
        visit = self._frame.visit()
        return self._frame.back(visit.leaving(visit.phone_of(request.form.get("key", ""))))

    def language(self) -> AnyResponse:
        """Read the pages in another language from now on."""
        visit = replace(self._frame.visit(), language=request.form.get("language", "")[:2])
        return self._frame.back(visit, request.form.get("back", ""))

    def send(self) -> AnyResponse:
        """Send a text from a phone, through the gateway's webhook over HTTP."""
        visit, key = self._frame.visit(), request.form.get("key", "")
        text = (request.form.get("quick") or request.form.get("text", "")).replace("\r\n", "\n")
        trouble = self._sent(visit, key, text)
        if FRAGMENT in request.headers:
            return self._frame.page("rows.html", visit, table=self._table(visit, trouble))
        return self._shown(visit, trouble) if trouble else self._frame.back(visit, anchor=f"phone-{key}")

    def _sent(self, visit: Visit, key: str, text: str) -> Trouble | None:
        said, phone = words(visit.language), visit.phone_of(key)
        if not phone:
            return Trouble("", said["no_phone"], text)
        problem = _unsendable(said, text)
        if problem:
            return Trouble(key, problem, text)
        problem = _post(said, self._line, phone, text)
        return Trouble(key, problem, text, 502) if problem else None

    def _shown(self, visit: Visit, trouble: Trouble | None = None) -> AnyResponse:
        table = self._table(visit, trouble)
        return self._frame.page(
            "phones.html",
            visit,
            trouble.status if trouble else 200,
            table=table,
            people=READY,
            again="" if trouble else _again(table),
            problem=trouble.sentence if trouble and not trouble.key else "",
            faults=faults_of(self._line),
            steps=STEPS,
            number=self._line.number,
            limit=TEXT_LIMIT,
        )

    def _table(self, visit: Visit, trouble: Trouble | None = None) -> list[OnTable]:
        return [self._on_table(visit, phone, trouble) for phone in visit.phones]

    def _on_table(self, visit: Visit, phone: str, trouble: Trouble | None) -> OnTable:
        key, rows = visit.key_of(phone), bubbles(self._store, phone)
        mine = trouble if trouble and trouble.key == key else None
        return OnTable(
            key=key,
            phone=phone,
            ready=BY_PHONE.get(phone),
            bubbles=tuple(show(row, visit.language) for row in rows),
            moving=moving(rows, time.time() * 1000),
            problem=mine.sentence if mine else "",
            draft=mine.text if mine else "",
        )


def _again(table: Sequence[OnTable]) -> str:
    """Where a page without a script looks next, while something moves; empty where nothing does.

    Each time another address: a browser that is sent to the one it is at, with a #place, does not ask again.
    """
    first = next((one.key for one in table if one.moving), None)
    turn = 2 if request.args.get("turn") == "1" else 1
    return f"{url_for('simulator.phones', turn=turn)}#phone-{first}" if first else ""


def _unsendable(said: Mapping[str, str], text: str) -> str:
    if not text.strip():
        return said["empty"]
    return said["too_long"].format(limit=TEXT_LIMIT) if len(text) > TEXT_LIMIT else ""


def _post(said: Mapping[str, str], line: Line, phone: str, text: str) -> str:
    refusal = refusal_of(bring(line, phone, text, timeout_s=WAIT_S))
    if not refusal:
        return ""
    status = refusal.removeprefix(REFUSED)
    return said["refused"].format(status=status) if refusal != status else said["silent"]
