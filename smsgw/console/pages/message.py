"""Message: one message from webhook to handset, what it was read as, and why it went as it went."""

from typing import Literal

from flask import abort

from smsgw.console.page import page
from smsgw.console.problems import Problem, explain
from smsgw.console.telling import told
from smsgw.console.visit import Answer, Visit
from smsgw.keywords import Reading
from smsgw.messages import states
from smsgw.messages.log.timeline import Received, Sent, thread


@page('/messages/<any("in","out"):side>-<int:number>', right="see")
def message(visit: Visit, side: Literal["in", "out"], number: int) -> Answer:
    """The thread of a row; a reply's is its inbound's."""
    found = thread(visit.services.store, side, number) or abort(404)
    first = found.sent[0] if found.sent else None
    if found.received is None and first and first.inbound_id is not None and first.reply.kind in ("reply", "apology"):
        return visit.go("message", side="in", number=first.inbound_id)
    return visit.render(
        "message",
        side=side,
        number=number,
        about=f"{'inbound' if side == 'in' else 'outbound'}/{number}",
        received=found.received,
        sent=found.sent,
        phone=found.received.phone if found.received else found.sent[0].phone,
        lines=[*told(visit, found)],
        reading=_reading(visit, found.received) if found.received else None,
        problems=[problem for one in found.sent if (problem := _problem(visit, one))],
    )


def _reading(visit: Visit, came: Received) -> Reading | None:
    """What the stored text is read as today; nothing where the text is not kept any more."""
    if came.body is None:
        return None
    return visit.services.registry.read(came.body, sender=came.phone, num_media=came.num_media, with_tree=True)


def _problem(visit: Visit, one: Sent) -> Problem | None:
    reply = one.reply
    if not reply.error_code:
        return None
    return explain(reply.error_code, reply.carrier, visit.look.language, is_open=reply.state == states.QUEUED)
