"""What every page of the simulator shares: the visit, the words, the way to the other pages, and the way back."""

import time
from datetime import datetime

from flask import current_app, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from smsgw.clock import Clock
from smsgw.simulator.bubble import WIB
from smsgw.simulator.remote import NoStandIn
from smsgw.simulator.visit import Visit, keep_visit, read_visit
from smsgw.simulator.words import words
from smsgw.store import Cipher

PREFIX = "/simulator"
SECOND_MS = 1000
NEAR_MS = 2 * SECOND_MS
# Endpoint and word of each part that the way to the other pages leads to, where it is there.
_PARTS = (
    ("simulator.phones", "nav_phones"),
    ("simulator.faults", "nav_faults"),
    ("simulator.traffic", "nav_traffic"),
    ("simulator.scripts", "nav_scripts"),
)


class Frame:
    """Draws pages for the visitor of the request."""

    def __init__(self, cipher: Cipher, clock: Clock) -> None:
        self._cipher = cipher
        self._clock = clock

    def visit(self) -> Visit:
        """Who asks."""
        return read_visit(request, self._cipher)

    def page(self, template: str, visit: Visit, status: int = 200, **values: object) -> AnyResponse:
        """A page or a fragment in the visitor's language. `values` are the template's."""
        html = render_template(
            f"simulator/{template}",
            visit=visit,
            w=words(visit.language),
            other="en" if visit.language == "id" else "id",
            parts=[(endpoint, word) for endpoint, word in _PARTS if endpoint in current_app.view_functions],
            clock=clock_words(self._clock, visit.language),
            console="/console" if leads_somewhere("/console") else "",
            **values,
        )
        return self._kept(make_response(html, status), visit)

    def problem(self, visit: Visit, word: str, status: int) -> AnyResponse:
        """A page of one sentence."""
        return self.page("problem.html", visit, status, problem=words(visit.language)[word])

    def back(self, visit: Visit, path: str = "", anchor: str = "") -> AnyResponse:
        """To a page of ours, after a form; to the phones where none is named."""
        ours = path if path.startswith(f"{PREFIX}/") else url_for("simulator.phones")
        return self._kept(redirect(ours + (f"#{anchor}" if anchor else ""), 303), visit)

    def foreign(self) -> AnyResponse | None:
        """The answer to a form that was not made for this visit, else None (CSRF)."""
        visit = self.visit()
        return None if request.method != "POST" or visit.owns(request) else self.problem(visit, "stale", 400)

    def not_found(self, _: HTTPException) -> AnyResponse:
        """The page that says so."""
        return self.problem(self.visit(), "not_found", 404)

    def no_carrier(self, _: NoStandIn) -> AnyResponse:
        """The page that says that there is no stand-in to ask."""
        return self.problem(self.visit(), "no_carrier", 502)

    def _kept(self, response: AnyResponse, visit: Visit) -> AnyResponse:
        return keep_visit(response, visit, self._cipher, PREFIX)


def leads_somewhere(path: str) -> bool:
    """Whether this process has a page at a path: a link to a part that is not there is not shown.

    A rule that takes any path only tells that there is nothing.
    """
    try:
        rule, _ = current_app.url_map.bind("", "/").match(path, method="GET", return_rule=True)
    except HTTPException:
        return False
    return "<path:" not in rule.rule


def offset_ms(clock: Clock) -> int:
    """How far the gateway's clock is moved, to the second."""
    ahead = clock.now_ms() - time.time_ns() // 1_000_000
    return 0 if abs(ahead) < NEAR_MS else round(ahead / SECOND_MS) * SECOND_MS


def clock_words(clock: Clock, language: str) -> str:
    """The gateway's day and time where they are not this machine's, else nothing."""
    if not offset_ms(clock):
        return ""
    there = datetime.fromtimestamp(clock.now_ms() / 1000, WIB)
    return words(language)["clock_moved"].format(time=there.strftime("%d-%m-%Y %H.%M"))
