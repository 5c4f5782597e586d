"""Message: one message from webhook to handset, what it was read as, and why it went as it went."""

from typing import Literal

from flask import abort

from smsgw.console.page import page
from smsgw.console.problems import Problem, explain
from smsgw.console.telling import told
from smsgw.console.visit import Answer, Visit
from smsgw.keywords import Reading
from smsgw.messages import states
from smsgw.messages.log.timeline import Received, Thread, thread


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
        problems=_problems(visit, found),
    )


def _reading(visit: Visit, came: Received) -> Reading | None:
    """What the stored text is read as today; nothing where the text is not kept any more."""
    if came.body is None:
        return None
    return visit.services.registry.read(came.body, sender=came.phone, num_media=came.num_media, with_tree=True)


def _problems(visit: Visit, found: Thread) -> list[Problem]:
    """Each code that the message has, or had on its way, explained once, the last one first."""
    language, carriers = visit.look.language, {one.reply.id: one.reply.carrier for one in found.sent}
    met = [(e.fields["error_code"], e.fields) for e in found.events if e.fields.get("error_code")]
    stands = [
        (r.error_code, {"out": r.id, "after": r.state}) for r in (one.reply for one in found.sent) if r.error_code
    ]
    told: dict[str, Problem] = {}
    for code, fields in reversed([*met, *stands]):
        is_open = fields.get("after") == states.QUEUED
        told.setdefault(code, explain(code, carriers[fields["out"]], language, is_open=is_open))
    return [*told.values()]
