"""Reports: what participants filed by LAPOR, answered here, or taken up."""

from flask import abort, request

from smsgw.console.page import act, page
from smsgw.console.visit import Answer, Visit, word
from smsgw.gateway import casework
from smsgw.members import complaints
from smsgw.services import sender_of

AT_ONCE = 100
LONGEST = 400  # cut here, refused where it is more than one SMS holds


@page("/reports", right="branch", nav=50)
def reports(visit: Visit) -> Answer:
    """Those that wait for an answer, newest first; all of them where the address says so."""
    everything = request.args.get("all") == "yes"
    with visit.services.store.read() as connection:
        rows = complaints.newest(connection, AT_ONCE, open_only=not everything)
    return visit.render("reports", rows=rows, everything=everything)


@page("/reports/<key:key>", right="branch")
def report(visit: Visit, key: int) -> Answer:
    """One report with its answer."""
    with visit.services.store.read() as connection:
        filed = complaints.by_id(connection, key) or abort(404)
    return visit.render("report", filed=filed, about=f"complaint/{key}")


@act("/reports/<key:key>", right="branch")
def report_settle(visit: Visit, key: int) -> Answer:
    """Take a report up, or answer it: then its phone is told."""
    state = request.form.get("state", "")
    answer = " ".join(word(request.form, "answer", LONGEST).split()) or None
    sender = sender_of(visit.services, visit.now_ms)
    with visit.acting("report_settled", f"complaint/{key}", visit.reason()) as connection:
        casework.settle_report(connection, sender, key, state, answer, visit.now_ms)
    visit.services.bell.ring("send")
    return visit.go("report", key=key)
