"""Resend: messages are sent once more, or given up while they wait; and an inbound is left without an answer."""

from flask import request

from smsgw.console.page import act
from smsgw.console.visit import Answer, Visit
from smsgw.errors import NotPossible
from smsgw.messages import byhand
from smsgw.operators import audit

AT_ONCE = 100


@act("/resend/<key:key>", right="act")
def resend(visit: Visit, key: int) -> Answer:
    """Queue the same text once more."""
    with visit.acting("resend", f"outbound/{key}", visit.reason()) as connection:
        byhand.resend(connection, key)
    visit.services.bell.ring("send")
    return visit.back("messages")


@act("/resend/chosen", right="act")
def resend_choose(visit: Visit) -> Answer:
    """Ask for the reason why these messages, so many, are to be sent once more."""
    return visit.render("resend", chosen=_chosen())


@act("/resend/all", right="act")
def resend_all(visit: Visit) -> Answer:
    """Send them once more; each has an audit row of its own."""
    chosen, reason = _chosen(), visit.reason()
    with visit.acting("resend_all", "messages", reason) as connection:
        done = byhand.resend_all(connection, chosen)
        for one in done:
            audit.add(connection, visit.actor, "resend", f"outbound/{one}", reason, visit.now_ms)
    visit.services.bell.ring("send")
    return visit.render("resend", chosen=chosen, done=len(done))


def _chosen() -> list[int]:
    """The messages that the form names. NotPossible: none, or more than may be sent at once."""
    given = {int(one) for one in request.form.getlist("one") if one.isascii() and one.isdecimal() and len(one) < 19}
    if not 0 < len(given) <= AT_ONCE:
        raise NotPossible("many")
    return sorted(given)


@act("/give-up/<key:key>", right="act")
def give_up(visit: Visit, key: int) -> Answer:
    """Cancel what is queued."""
    with visit.acting("give_up", f"outbound/{key}", visit.reason()) as connection:
        byhand.give_up(connection, key)
    return visit.back("messages")


@act("/leave-unanswered/<key:key>", right="act")
def leave_unanswered(visit: Visit, key: int) -> Answer:
    """Answer a waiting inbound with nothing."""
    with visit.acting("leave_unanswered", f"inbound/{key}", visit.reason()) as connection:
        byhand.leave_unanswered(connection, key)
    return visit.back("messages")
