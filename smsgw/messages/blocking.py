"""Blocking: a phone that an operator blocks is answered nothing and sent nothing; what it sends is recorded."""

from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, bindparam, update

from smsgw.errors import NotPossible
from smsgw.messages import events, states
from smsgw.messages.events import Step
from smsgw.messages.tables import contact, outbound
from smsgw.store import db_now
from smsgw.store.sql import dialect_of, insert, spelled

BLOCKED: Final = "blocked"
"""The reason of what is not answered, and the code of what is canceled."""


def block(connection: Connection, phone: str) -> int:
    """Block a phone and cancel what is queued for it; how many that were. NotPossible where it is blocked already.

    What is under way is not called back.
    """
    if connection.execute(_block(dialect_of(connection)), {"blocked": phone}).first() is None:
        raise NotPossible("state")
    waiting = outbound.c.to_phone == phone, outbound.c.state == spelled(states.QUEUED)
    canceled = {"state": states.CANCELED, "error_code": BLOCKED, "error_text": "an operator blocked the phone"}
    row = update(outbound).where(*waiting).values(**canceled, updated_at=db_now()).returning(outbound.c.id)
    ids = [*connection.scalars(row)]
    events.add(connection, ids, BLOCKED, "hand", Step(states.QUEUED, states.CANCELED, BLOCKED))
    return len(ids)


@cache
def _block(dialect: str) -> Any:
    now = {"blocked_at": db_now(), "updated_at": db_now()}
    first = insert(dialect, contact).values(phone=bindparam("blocked", type_=contact.c.phone.type), **now)
    return first.on_conflict_do_update(
        index_elements=[contact.c.phone], set_=now, where=contact.c.blocked_at.is_(None)
    ).returning(contact.c.phone)


def unblock(connection: Connection, phone: str) -> None:
    """Answer a phone again from its next message on; NotPossible where it is not blocked."""
    mine = contact.c.phone == phone, contact.c.blocked_at.is_not(None)
    if not connection.execute(update(contact).where(*mine).values(blocked_at=None, updated_at=db_now())).rowcount:
        raise NotPossible("state")
