"""Audit: who did what to which row, when, from where and why."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta, tzinfo

from flask import request

from smsgw.console.look import ZONES
from smsgw.console.page import act, page
from smsgw.console.visit import Answer, Visit, word
from smsgw.operators import audit as log
from smsgw.operators.audit import Filter

AT_ONCE = 50
LIMIT = 48
_KEY = re.compile("[0-9]{1,18}", re.ASCII)
PUBLIC = ("actor", "act", "about", "address", "since", "until")  # a reason may name a person, and stands in no address


@page("/audit", right="audit", nav=95)
def audit(visit: Visit) -> Answer:
    """The newest rows that fit the filters in the address."""
    return _shown(visit, request.args)


@act("/audit", right="audit")
def audit_search(visit: Visit) -> Answer:
    """The same with words of the reason, which are not put into an address; without them, the address of the page."""
    if not request.form.get("reason", "").strip():
        given = {name: request.form[name] for name in PUBLIC if request.form.get(name)}
        return visit.go("audit", **given)
    return _shown(visit, request.form)


def _shown(visit: Visit, given: Mapping[str, str]) -> Answer:
    asked = {name: word(given, name, LIMIT) for name in (*PUBLIC, "reason", "before")}
    wanted = _filter(asked, ZONES[visit.look.zone])
    with visit.services.store.read() as connection:
        rows, acts = log.find(connection, wanted, AT_ONCE), log.acts(connection)
    more = rows[AT_ONCE - 1].id if len(rows) > AT_ONCE else None
    filtered = replace(wanted, before=None) != Filter()
    return visit.render("audit", rows=rows[:AT_ONCE], acts=acts, asked=asked, more=more, filtered=filtered)


def _filter(asked: Mapping[str, str], zone: tzinfo) -> Filter:
    words = {name: asked[name] for name in ("actor", "act", "about", "address", "reason")}
    until = _day(asked["until"])
    return Filter(
        **words,
        since=_midnight(_day(asked["since"]), zone),
        until=_midnight(until + timedelta(days=1) if until else None, zone),
        before=_key(asked["before"]),
    )


def _key(text: str) -> int | None:
    return int(text) if _KEY.fullmatch(text) else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _midnight(day: date | None, zone: tzinfo) -> int | None:
    return None if day is None else int(datetime.combine(day, time(), zone).timestamp() * 1000)
