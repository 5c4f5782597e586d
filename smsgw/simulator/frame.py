"""What every page of the simulator shares: the visit, the words, the way to the other pages, and the way back."""

from flask import current_app, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from smsgw.simulator.visit import Visit, keep_visit, read_visit
from smsgw.simulator.words import words
from smsgw.store import Cipher

PREFIX = "/simulator"
# Endpoint and word of each part that the way to the other pages leads to, where it is there.
_PARTS = (
    ("simulator.phones", "nav_phones"),
    ("simulator.faults", "nav_faults"),
    ("simulator.traffic", "nav_traffic"),
    ("simulator.scripts", "nav_scripts"),
)


class Frame:
    """Draws pages for the visitor of the request."""

    def __init__(self, cipher: Cipher) -> None:
        self._cipher = cipher

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

    def _kept(self, response: AnyResponse, visit: Visit) -> AnyResponse:
        return keep_visit(response, visit, self._cipher, PREFIX)


def leads_somewhere(path: str) -> bool:
    """Whether this process answers GET at a path: a link to a part that is not there is not shown."""
    try:
        current_app.url_map.bind("", "/").match(path, method="GET")
    except HTTPException:
        return False
    return True
