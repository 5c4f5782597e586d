"""Home: the dashboard: whether participants are being answered, how fast, and what goes wrong."""

import time
from functools import partial
from typing import Any

from flask import request, url_for

from smsgw.console import query
from smsgw.console.dashboard import shown
from smsgw.console.look import ZONES
from smsgw.console.page import page
from smsgw.console.problems import explain
from smsgw.console.spans import SPANS, USUAL
from smsgw.console.telling import span as length
from smsgw.console.visit import Answer, Visit
from smsgw.messages.log import Filters
from smsgw.messages.log.delays import SAMPLE
from smsgw.messages.log.sums import FAILING


@page("", right="see", nav=10)
def home(visit: Visit) -> Answer:
    """The dashboard of the span in the address; each of its numbers leads to its rows in the log."""
    span = SPANS.get(request.args.get("span", USUAL), SPANS[USUAL])
    zone, now_ms = ZONES[visit.look.zone], time.time_ns() // 1_000_000
    times = span.times(now_ms, zone)
    months, point = [visit.t(f"month.{n}") for n in range(1, 13)], "." if visit.look.language == "id" else ":"
    return visit.render(
        "home",
        found=shown(visit.services, visit.desk.kept, span, times),
        spans=[*SPANS],
        labels=[span.label(at, zone, months, point) for at in times],
        log=partial(_log, visit, times[0]),
        length=partial(length, visit),
        why=lambda code: explain(code, "", visit.look.language),
        failing=FAILING,
        most=SAMPLE,
    )


def _log(visit: Visit, since_ms: int | None = None, until_ms: int | None = None, **wanted: Any) -> str:
    """The address of the log under these filters."""
    filters = Filters(since_ms=wanted.pop("since", since_ms), until_ms=until_ms, **wanted)
    address: dict[str, Any] = {**query.write_query(filters, visit.services.store.cipher, ZONES[visit.look.zone])}
    return url_for("console.messages", **address)
