"""Messages: the delivery log, newest first: filtered, saved, live, page by page, and as a file."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Response, abort, make_response, render_template, request

from smsgw.console import export, query, sheet
from smsgw.console.look import ZONES
from smsgw.console.page import act, page
from smsgw.console.visit import Answer, Visit
from smsgw.messages.log import STATES, Cut, Filters, Page, everything, reasons, stand
from smsgw.messages.log import page as page_of
from smsgw.operators import saved

NAME_LIMIT = 40
MARK = "X-Stand"


@page("/messages", right="see", nav=20)
def messages(visit: Visit) -> Answer:
    """One page of the log; the first one is live, unless each of its rows has to be opened."""
    filters, cut, upwards = _asked(visit)
    shown = page_of(visit.services.store, filters, cut, upwards=upwards)
    if upwards and not shown.more:
        return visit.go("messages", **_written(visit, filters))
    is_first = cut == Cut() and not upwards
    is_live = is_first and filters.text is None
    return visit.render("messages", is_first=is_first, **_values(visit, filters, shown, is_live=is_live))


@page("/messages/live", right="see", polled=True)
def messages_live(visit: Visit) -> Answer:
    """The rows of the first page as they are now; nothing where none has changed since the stand of the address."""
    filters = query.read_query(request.args, visit.services.store.cipher)
    if filters.text is not None:
        abort(400)
    shown = page_of(visit.services.store, filters)
    mark = stand(shown.entries)
    if mark == request.args.get("stand"):
        return Response(status=204)
    return _marked(render_template("console/messages_rows.html", visit=visit, entries=shown.entries), mark)


@act("/messages", right="see")
def messages_filter(visit: Visit) -> Answer:
    """Send the browser to the address of the form's filters: what is a person's is sealed there."""
    kept = query.read_query(request.form, visit.services.store.cipher)
    return visit.go("messages", **_written(visit, query.read_form(request.form, kept, ZONES[visit.look.zone])))


@act("/messages/export", right="export")
def messages_export(visit: Visit) -> Answer:
    """All rows of the filters as a file; with personal data only for whoever may reveal them."""
    open_data = request.form.get("open") == "yes"
    if open_data and not visit.may("reveal"):
        abort(403)
    filters = query.read_query(request.form, visit.services.store.cipher)
    with visit.acting("export_open" if open_data else "export", "messages", visit.reason()):
        pass  # the row is written before the first line is sent
    found = export.rows(everything(visit.services.store, filters), masked=not open_data)
    return sheet.download("pesan.csv", export.HEAD, found)


@act("/messages/save", right="see")
def messages_save(visit: Visit) -> Answer:
    """Keep the filters under a name, or forget those that the form names."""
    mine, name = visit.operator or abort(403), " ".join(request.form.get("name", "").split())[:NAME_LIMIT]
    filters = query.read_query(request.form, visit.services.store.cipher)
    address = _written(visit, filters)
    gone = request.form.get("forget", "")
    with visit.services.store.write() as connection:
        if gone.isascii() and gone.isdecimal():
            saved.forget(connection, mine.id, key=int(gone))
        elif name and address:
            saved.keep(connection, mine.id, name, urlencode(address))
    return visit.go("messages", **address)


def _asked(visit: Visit) -> tuple[Filters, Cut, bool]:
    filters = query.read_query(request.args, visit.services.store.cipher)
    above = request.args.get("above", "")
    try:
        return filters, Cut.read(above or request.args.get("below") or str(Cut())), bool(above)
    except ValueError:
        abort(400)


def _written(visit: Visit, filters: Filters) -> dict[str, str]:
    return query.write_query(filters, visit.services.store.cipher, ZONES[visit.look.zone])


def _values(visit: Visit, filters: Filters, shown: Page, *, is_live: bool) -> Mapping[str, Any]:
    mine, address = visit.operator, _written(visit, filters)
    with visit.services.store.read() as connection:
        kept = saved.of(connection, mine.id) if mine else []
        known = reasons(connection)
    zone = ZONES[visit.look.zone]
    times = {"since": query.local(filters.since_ms, zone), "until": query.local(filters.until_ms, zone, is_end=True)}
    chips = {
        name: _written(visit, query.without(filters, name))
        for name in query.NAMES
        if getattr(filters, f"{name}_ms" if name in times else name) is not None
    }
    return {
        "entries": shown.entries,
        "found": shown,
        "filters": filters,
        "address": address,
        "chips": chips,
        "times": times,
        "saved": kept,
        "stand": stand(shown.entries) if is_live else None,
        "states": STATES,
        "reasons": known,
        "keywords": sorted(visit.services.registry.keywords),
        "carriers": sorted(visit.services.carriers),
        "is_end": not (request.args.get("above") or shown.more),
    }


def _marked(html: str, mark: str) -> Response:
    response = make_response(html)
    response.headers[MARK] = mark
    return response
