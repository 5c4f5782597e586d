"""The pages under /simulator/scripts: written conversations that are held at a click, and what was said as a script."""

import json
from pathlib import Path

from flask import Response, abort, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from smsgw.errors import StartupError
from smsgw.simulator import transcript
from smsgw.simulator.frame import Frame
from smsgw.simulator.runs import Busy, Runs
from smsgw.simulator.script import parse
from smsgw.simulator.shipped import shipped
from smsgw.simulator.stage import open_stage
from smsgw.simulator.talk import Line
from smsgw.simulator.visit import Visit
from smsgw.simulator.words import words
from smsgw.store import Store

WRITTEN = 8_000
"""Characters of a script in the form: what the web process takes in one request, spelled for a URL."""
_EXAMPLE = """phone: "+6281218050012"
fresh: true
turns:
  - send: JHT 18050012345
    expect: saldo Rp23.451.200
    max_septets: 160
    within: 10
"""
_KINDS = {"text": ("text/plain", "txt"), "json": ("application/json", "json"), "script": ("text/plain", "yaml")}


class Scripts:
    """The scripts that ship, those that a tester writes, and their last runs."""

    def __init__(self, frame: Frame, line: Line, store: Store) -> None:
        self._frame = frame
        self._store = store
        self._runs = Runs(open_stage(line, store))
        self._files = {file.stem: file for file in shipped()}

    def scripts(self) -> AnyResponse:
        """The list, and the field to write one in."""
        return self._shown(self._frame.visit(), _EXAMPLE)

    def run(self) -> AnyResponse:
        """Begin to hold a script: one of the list by its name, else the text that came with the form."""
        visit, name = self._frame.visit(), request.form.get("name", "")
        file = self._files.get(name)
        text = file.read_text(encoding="utf-8") if file else request.form.get("script", "").replace("\r\n", "\n")
        try:
            run = self._runs.start(parse(text, name or words(visit.language)["script_own"]), name)
        except StartupError as error:
            return self._shown(visit, text, "\n".join(error.problems), 422)
        except Busy:
            return self._shown(visit, text, words(visit.language)["script_busy"], 409)
        return self._frame.back(visit, url_for("simulator.run_of", number=run.id))

    def run_of(self, number: int) -> AnyResponse:
        """How far a run is, and what differed."""
        run = self._runs.get(number)
        if run is None:
            abort(404)
        return self._frame.page("run.html", self._frame.visit(), run=run)

    def record(self, kind: str) -> AnyResponse:
        """What the phones on the table said and heard: as text, as JSON, or as a script that holds it again."""
        visit = self._frame.visit()
        if kind not in _KINDS:
            abort(404)
        heard = transcript.listen(self._store, visit.phones)
        if not heard:
            return self._frame.problem(visit, "record_empty", 404)
        mimetype, ending = _KINDS[kind]
        answer = Response(_written(kind, heard), mimetype=mimetype)
        answer.headers["Content-Disposition"] = f'attachment; filename="percakapan.{ending}"'
        return answer

    def _shown(self, visit: Visit, text: str, problem: str = "", status: int = 200) -> AnyResponse:
        return self._frame.page(
            "scripts.html",
            visit,
            status,
            files={name: _title(file) for name, file in self._files.items()},
            text=text,
            problem=problem,
            limit=WRITTEN,
            kinds=tuple(_KINDS),
        )


def _written(kind: str, heard: list[transcript.Heard]) -> str:
    if kind == "json":
        return json.dumps(transcript.as_json(heard), ensure_ascii=False, indent=2)
    return transcript.as_script(heard) if kind == "script" else transcript.as_text(heard)


def _title(file: Path) -> str:
    """What a script says of itself: the comment that it begins with."""
    first = file.read_text(encoding="utf-8").partition("\n")[0]
    return first.removeprefix("#").strip() if first.startswith("#") else ""
