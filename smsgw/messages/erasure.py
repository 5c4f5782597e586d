"""Erasure: what the log holds of one phone is taken out of its rows at its owner's wish (UU PDP 27/2022, art. 8).

The rows themselves stay, without number and text, so that counts and the histories of carriers remain what they were.
"""

from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Table, delete, exists, not_, or_, select, update

from smsgw.messages import states
from smsgw.messages.retention import INBOUND, OUTBOUND
from smsgw.messages.tables import contact, inbound, outbound
from smsgw.store import Encrypted, Sealed

NOBODY: Final = ""  # in place of the phone
_CAME_WAITS: Final = INBOUND.is_open
_WENT_WAITS: Final = or_(OUTBOUND.is_open, outbound.c.state == states.FAILED_UNKNOWN)


def waits(connection: Connection, phone: str) -> bool:
    """Whether a message from or to a phone is still under way, or may yet be found at the carrier."""
    came = inbound.c.from_phone == phone, _CAME_WAITS
    went = outbound.c.to_phone == phone, _WENT_WAITS
    return bool(connection.scalar(select(or_(exists().where(*came), exists().where(*went)))))


def erase(connection: Connection, phone: str) -> int:
    """Take a phone and its texts out of every message that `waits` does not mean; how many.

    What has come since it was asked is answered as ever. That the phone opted out, or is blocked, stays known.
    """
    unheard = contact.c.opted_out_at.is_(None), contact.c.blocked_at.is_(None)
    connection.execute(delete(contact).where(contact.c.phone == phone, *unheard))
    return _emptied(connection, inbound, inbound.c.from_phone, phone, _CAME_WAITS) + _emptied(
        connection, outbound, outbound.c.to_phone, phone, _WENT_WAITS
    )


def _emptied(connection: Connection, table: Table, column: Column[Any], phone: str, waits: ColumnElement[bool]) -> int:
    # Whatever is encrypted is of a person: also what later columns hold.
    secret = (one for one in table.c if isinstance(one.type, (Encrypted, Sealed)) and one is not column)
    values = {one.name: None for one in secret} | {column.name: NOBODY}
    return connection.execute(update(table).where(column == phone, not_(waits)).values(values)).rowcount
