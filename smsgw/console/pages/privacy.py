"""Privacy: a person's right to correction and erasure, asked for by one operator and decided by another."""

from flask import abort, request

from smsgw.console.page import act, page
from smsgw.console.visit import Answer, Visit, word
from smsgw.errors import NotPossible
from smsgw.gateway import branch
from smsgw.members import subjects
from smsgw.members.subjects import KINDS, Asked, Kind
from smsgw.messages import erasure
from smsgw.operators import audit
from smsgw.phones import to_e164

AT_ONCE = 50


@page("/privacy", right="branch", nav=70)
def privacy(visit: Visit) -> Answer:
    """The newest requests and the form for another one."""
    return _shown(visit)


@act("/privacy", right="branch")
def privacy_ask(visit: Visit) -> Answer:
    """Write a request down, for another operator to decide."""
    kind = next((one for one in KINDS if one == request.form.get("kind")), None) or abort(400)
    reason, now_ms = visit.reason(), visit.now_ms
    whose = _whose(visit, kind)
    if whose is None:
        return _shown(visit, 422, why="no_phone" if kind == "erasure" else "record")
    with visit.services.store.write() as connection:
        key = subjects.ask(connection, kind, visit.actor.name, now_ms, **whose)
        audit.add(connection, visit.actor, f"asked_{kind}", f"request/{key}", reason, now_ms)
    return visit.go("privacy_request", key=key)


@page("/privacy/<key:key>", right="branch")
def privacy_request(visit: Visit, key: int) -> Answer:
    """One request."""
    return visit.render("privacy_request", asked=_found(visit, key))


@act("/privacy/<key:key>", right="branch")
def privacy_decide(visit: Visit, key: int) -> Answer:
    """Do what was asked, or refuse it: never by whoever asked."""
    asked, agreed = _found(visit, key), request.form.get("do") == "agree"
    why = _decided(visit, asked, agreed=agreed)
    if why:
        return visit.render("privacy_request", 422, asked=asked, why=why)
    return visit.go("privacy_request", key=key)


class _Undone(Exception):
    """What was begun is to be undone."""


def _decided(visit: Visit, asked: Asked, *, agreed: bool) -> str:
    name, about = visit.actor.name, f"request/{asked.id}"
    verb = f"{'did' if agreed else 'declined'}_{asked.kind}"
    reason = visit.reason()
    try:
        with visit.acting(verb, about, reason) as connection:
            if not subjects.decide(connection, asked.id, name, visit.now_ms, agreed=agreed):
                raise _Undone("own" if asked.asked_by == name else "closed")
            if agreed and asked.kind == "erasure" and asked.phone:
                if erasure.waits(connection, asked.phone):
                    raise _Undone("waits")
                erasure.erase(connection, asked.phone)
                subjects.erase(connection, asked.phone)
            elif agreed:
                branch.correct(connection, asked)
    except (_Undone, NotPossible) as undone:
        return str(undone)
    return ""


def _whose(visit: Visit, kind: Kind) -> dict[str, str | int | None] | None:
    if kind == "erasure":
        phone = to_e164(word(request.form, "phone", 40))
        return {"phone": phone} if phone else None
    value = word(request.form, "value", subjects.LONGEST + 1)
    value = (to_e164(value) or "") if kind == "phone_gone" else value
    with visit.services.store.read() as connection:
        key = subjects.membership_id(connection, word(request.form, "number", 20))
        fits = key is not None and subjects.is_fit(connection, kind, value, key)
    return {"membership_id": key, "value": value} if fits else None


def _found(visit: Visit, key: int) -> Asked:
    with visit.services.store.read() as connection:
        return subjects.find(connection, key) or abort(404)


def _shown(visit: Visit, status: int = 200, why: str = "") -> Answer:
    with visit.services.store.read() as connection:
        rows = subjects.newest(connection, AT_ONCE)
    return visit.render("privacy", status, rows=rows, kinds=KINDS, why=why)
