"""Message: one message from webhook to handset, what it was read as, and why it went as it went."""

from flask import abort

from smsgw.console.page import page
from smsgw.console.problems import Problem, explain
from smsgw.console.telling import told
from smsgw.console.visit import Answer, Visit
from smsgw.keywords import Reading
from smsgw.messages import states
from smsgw.messages.log.entry import Side
from smsgw.messages.log.streams import REPLIES
from smsgw.messages.log.timeline import Received, Thread, thread


@page("/messages/<key:key>", right="see")
def message(visit: Visit, key: int) -> Answer:
    """An inbound message with all that came of it."""
    return _shown(visit, "in", key, thread(visit.services.store, "in", key) or abort(404))


@page("/messages/out/<key:key>", right="see")
def message_out(visit: Visit, key: int) -> Answer:
    """What we wrote of our own accord; a reply is shown with its inbound."""
    found = thread(visit.services.store, "out", key) or abort(404)
    (one,) = found.sent
    if one.inbound_id is not None and one.reply.kind in REPLIES:
        return visit.go("message", key=one.inbound_id)
    return _shown(visit, "out", key, found)


def _shown(visit: Visit, side: Side, key: int, found: Thread) -> Answer:
    return visit.render(
        "message",
        side=side,
        key=key,
        about=f"{'inbound' if side == 'in' else 'outbound'}/{key}",
        received=found.received,
        sent=found.sent,
        before=found.before,
        after=found.after,
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
