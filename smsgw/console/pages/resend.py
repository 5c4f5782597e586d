"""Resend: one message is sent once more, or given up while it waits; and an inbound is left without an answer."""

from smsgw.console.page import act
from smsgw.console.visit import Answer, Visit
from smsgw.messages import byhand


@act("/resend/<key:key>", right="act")
def resend(visit: Visit, key: int) -> Answer:
    """Queue the same text once more."""
    with visit.acting("resend", f"outbound/{key}", visit.reason()) as connection:
        byhand.resend(connection, key)
    visit.services.bell.ring("send")
    return visit.back("messages")


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
