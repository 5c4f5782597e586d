"""Conversation: both directions of one participant, and what is known of the phone.

A conversation is named after one of its messages: an address that says nothing of the phone, needs no token, and is of
no use without the database.
"""

from flask import abort, request

from smsgw.console.page import page
from smsgw.console.visit import Answer, Visit
from smsgw.members.guards import FOR_EVER
from smsgw.members.overview import overview
from smsgw.messages.log.entry import Side
from smsgw.messages.log.talk import SIZE, contact_of, phone_of, talk


@page("/conversations/<key:key>", right="see")
def conversation(visit: Visit, key: int) -> Answer:
    """The conversation with whoever wrote this message."""
    return _shown(visit, "in", key)


@page("/conversations/out/<key:key>", right="see")
def conversation_out(visit: Visit, key: int) -> Answer:
    """The conversation with whoever was written this message."""
    return _shown(visit, "out", key)


def _shown(visit: Visit, side: Side, key: int) -> Answer:
    store = visit.services.store
    phone = phone_of(store, side, key)
    if phone is None:
        abort(404)
    before = _number(request.args.get("before", ""))
    found = talk(store, phone, before)
    shown = found[:SIZE]
    return visit.render(
        "conversation",
        side=side,
        key=key,
        about=f"{'conversation' if side == 'in' else 'conversation_out'}/{key}",
        phone=phone,
        bubbles=shown[::-1],
        older=shown[-1].at if len(found) > SIZE else None,
        before=before,
        known=overview(store, phone, visit.now_ms),
        contact=contact_of(store, phone),
        now_ms=visit.now_ms,
        for_ever=FOR_EVER,
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None
