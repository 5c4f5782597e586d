"""Phone: what is done to the phone of a conversation, which one of its messages names: block, unlock, unbind."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import abort, request
from sqlalchemy import Connection

from smsgw.console.page import act
from smsgw.console.visit import Answer, Visit
from smsgw.gateway import branch
from smsgw.messages import blocking
from smsgw.messages.log.talk import phone_of


@act("/phones/block", right="act")
def block(visit: Visit) -> Answer:
    """Answer and send the phone nothing any more."""
    with _acting(visit, "block") as (connection, phone):
        blocking.block(connection, phone)
    return visit.back("messages")


@act("/phones/unblock", right="act")
def unblock(visit: Visit) -> Answer:
    """Answer the phone again."""
    with _acting(visit, "unblock") as (connection, phone):
        blocking.unblock(connection, phone)
    return visit.back("messages")


@act("/phones/unlock", right="branch")
def unlock(visit: Visit) -> Answer:
    """Forget the failures of the phone: a branch has seen who it is."""
    with _acting(visit, "unlock") as (connection, phone):
        branch.open_phone(connection, phone)
    return visit.back("messages")


@act("/phones/unbind", right="branch")
def unbind(visit: Visit) -> Answer:
    """Undo the phone's binding to a membership."""
    membership_id = _number("membership")
    with _acting(visit, "unbind") as (connection, phone):
        branch.unbind(connection, phone, membership_id, visit.now_ms)
    return visit.back("messages")


@contextmanager
def _acting(visit: Visit, what: str) -> Iterator[tuple[Connection, str]]:
    """The act's transaction and the phone of the message that the form names."""
    side, number = request.form.get("side", ""), _number("number")
    if side not in ("in", "out"):
        abort(400)
    phone = phone_of(visit.services.store, "in" if side == "in" else "out", number) or abort(404)
    with visit.acting(what, f"{side}bound/{number}", visit.reason()) as connection:
        yield connection, phone


def _number(name: str) -> int:
    given = request.form.get(name, "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 19 else abort(400)
