"""Breach: whose rows were touched between two times, as a file: those who must be told within three days."""

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from itertools import chain

from flask import request

from smsgw.console import sheet
from smsgw.console.look import ZONES
from smsgw.console.page import act, page
from smsgw.console.visit import Answer, Visit
from smsgw.members import touched as of_members
from smsgw.messages import touched as of_messages
from smsgw.store import Store

HEAD = ("phone", "membership_number", "what", "rows", "first_touched_utc", "last_touched_utc")


@page("/breach", right="audit", nav=97)
def breach(visit: Visit) -> Answer:
    """The form for the two times."""
    return visit.render("breach")


@act("/breach", right="audit")
def breach_export(visit: Visit) -> Answer:
    """The file; that it was made is in the audit log before its first line is."""
    zone = ZONES[visit.look.zone]
    since, until = (_ms(request.form.get(name, ""), zone) for name in ("since", "until"))
    if since is None or until is None or since >= until:
        return visit.render("breach", 422, why="times")
    with visit.acting("breach_export", "messages", visit.reason()):
        pass
    return sheet.download("touched-rows.csv", HEAD, _rows(visit.services.store, since, until))


def _rows(store: Store, since: int, until: int) -> Iterator[tuple[object, ...]]:
    for one in chain(of_messages.touched(store, since, until), of_members.touched(store, since, until)):
        yield one.phone, one.number, one.what, one.rows, _utc(one.first_at), _utc(one.last_at)


def _ms(text: str, zone: tzinfo) -> int | None:
    try:
        return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def _utc(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds")
