"""Sending: carriers paused and resumed by hand, and what is stuck made due now."""

from flask import abort, request

from smsgw.console.page import act, page
from smsgw.console.visit import Answer, Visit
from smsgw.gateway.sweep import VERBS
from smsgw.messages import pauses, stuck
from smsgw.messages.pauses import BY_HAND


@page("/sending", right="act", nav=45)
def sending(visit: Visit) -> Answer:
    """Each carrier, and what pauses it."""
    with visit.services.store.read() as connection:
        standing = {one.carrier: one for one in pauses.listed(connection)}
    return visit.render("sending", carriers=sorted(visit.services.carriers), paused=standing, by_hand=BY_HAND)


@act("/sending/pause", right="act")
def sending_pause(visit: Visit) -> Answer:
    """Send nothing by a carrier until it is resumed."""
    carrier = _carrier(visit)
    with visit.acting("pause", f"carrier/{carrier}", visit.reason()) as connection:
        pauses.pause(connection, carrier)
    return visit.go("sending")


@act("/sending/resume", right="act")
def sending_resume(visit: Visit) -> Answer:
    """Send by a carrier again."""
    carrier = _carrier(visit)
    with visit.acting("resume", f"carrier/{carrier}", visit.reason()) as connection:
        pauses.resume(connection, carrier)
    visit.services.bell.ring("send")
    return visit.go("sending")


@act("/sending/requeue", right="act")
def sending_requeue(visit: Visit) -> Answer:
    """Make due what waits for another try, and ring every bell."""
    with visit.acting("requeue", "queue", visit.reason()) as connection:
        stuck.free(connection)
    for verb in VERBS:
        visit.services.bell.call(verb)
    return visit.go("sending")


def _carrier(visit: Visit) -> str:
    given = request.form.get("carrier", "")
    return given if given in visit.services.carriers else abort(400)
