"""Claims: found by their number, and moved on: then the member is told."""

from flask import abort, request

from smsgw.console.page import act, page
from smsgw.console.visit import Answer, Visit, word
from smsgw.gateway import casework
from smsgw.members import claiming
from smsgw.members.words import CLAIM_STATES
from smsgw.services import sender_of

AT_ONCE = 50


@page("/claims", right="branch", nav=60)
def claims(visit: Visit) -> Answer:
    """The newest claims."""
    return _shown(visit)


@act("/claims", right="branch")
def claims_find(visit: Visit) -> Answer:
    """Go to the claim that the form names."""
    with visit.services.store.read() as connection:
        key = claiming.key_of(connection, word(request.form, "claim", 12).upper())
    return _shown(visit, 404) if key is None else visit.go("claim", key=key)


@page("/claims/<key:key>", right="branch")
def claim(visit: Visit, key: int) -> Answer:
    """One claim."""
    with visit.services.store.read() as connection:
        filed = claiming.by_id(connection, key) or abort(404)
    return visit.render("claim", filed=filed, about=f"claim/{key}", stages=claiming.STAGES, states=CLAIM_STATES)


@act("/claims/<key:key>", right="branch")
def claim_move(visit: Visit, key: int) -> Answer:
    """Bring a claim to another stage."""
    stage, state = word(request.form, "stage", 1), request.form.get("state", "")
    if not (stage.isascii() and stage.isdecimal()):
        abort(400)
    sender = sender_of(visit.services, visit.now_ms)
    with visit.acting("claim_moved", f"claim/{key}", visit.reason()) as connection:
        casework.move_claim(connection, sender, key, int(stage), state, visit.now_ms)
    visit.services.bell.ring("send")
    return visit.go("claim", key=key)


def _shown(visit: Visit, status: int = 200) -> Answer:
    with visit.services.store.read() as connection:
        rows = claiming.newest(connection, AT_ONCE)
    return visit.render("claims", status, rows=rows, is_missing=status == 404)
