"""Conversation: both directions of one participant, and what is known of the phone.

A conversation is named after one of its messages: an address that says nothing of the phone, needs no token, and is of
no use without the database.
"""

from typing import Literal

from flask import abort, request

from smsgw.console.page import page
from smsgw.console.visit import Answer, Visit
from smsgw.members.guards import FOR_EVER
from smsgw.members.overview import overview
from smsgw.messages.log.talk import SIZE, contact_of, phone_of, talk


@page('/conversations/<any("in","out"):side>-<int:number>', right="see")
def conversation(visit: Visit, side: Literal["in", "out"], number: int) -> Answer:
    """The conversation with whoever wrote, or was written, this message."""
    store = visit.services.store
    phone = phone_of(store, side, number)
    if phone is None:
        abort(404)
    given = request.args.get("before", "")
    before = int(given) if given.isascii() and given.isdecimal() and len(given) < 16 else None
    found = talk(store, phone, before)
    shown = found[:SIZE]
    return visit.render(
        "conversation",
        side=side,
        number=number,
        about=f"talk_{side}/{number}",
        phone=phone,
        bubbles=shown[::-1],
        older=shown[-1].at if len(found) > SIZE else None,
        before=before,
        known=overview(store, phone, visit.now_ms),
        contact=contact_of(store, phone),
        now_ms=visit.now_ms,
        for_ever=FOR_EVER,
    )
