"""The gateway's calls to the stand-in's API, written down with their answers."""

import time

from flask import Flask, Response, g, request

from smsgw.simulator.faulty import FAULT, Cut
from smsgw.simulator.inspector import API, Entry, Recorder, form_pairs
from smsgw.simulator.ledger import API as VERSION

REPLAY_OF = "smsgw.replay_of"  # in the WSGI environment: the entry that this request is once more


def record_calls(app: Flask, record: Recorder) -> None:
    """Have `record` given every call of the carrier's API."""

    @app.before_request
    def begin() -> None:
        g.begun = time.monotonic()

    @app.after_request
    def keep(response: Response) -> Response:
        if request.path.startswith(f"/{VERSION}/"):
            record(_entry(response))
        return response


def _entry(response: Response) -> Entry:
    took, cut = time.monotonic() - g.get("begun", time.monotonic()), isinstance(response, Cut)
    replay_of = request.environ.get(REPLAY_OF)
    return Entry(
        way=API,
        at=time.time() - took,
        took_ms=round(took * 1000),
        method=request.method,
        url=request.base_url,
        fields=form_pairs(request.query_string.decode("ascii", "replace")) or tuple(request.form.items()),
        headers=tuple(request.headers.items()),
        status=None if cut else response.status_code,
        answer="" if cut else response.get_data(as_text=True),
        answer_headers=() if cut else tuple(response.headers.items()),
        trouble="cut" if cut else "",
        fault=response.headers.get(FAULT, ""),
        replay_of=int(replay_of) if replay_of is not None else None,
    )
