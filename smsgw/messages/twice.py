"""Twice: the same text twice in a row within ten seconds is one question (reliability §4.3, rule 2)."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, bindparam, false, func, select

from smsgw.messages import states
from smsgw.messages.rows import InboundRow
from smsgw.messages.tables import inbound
from smsgw.store.sql import spelled

WITHIN_MS: Final = 10_000
DUPLICATE: Final = "duplicate"
"""The reason of a message that is not answered for that."""
LATELY: Final = 32  # messages of a phone that are looked at: who sends more of them is stopped by the budget

_other = inbound.alias("other")


def follows(row: Any) -> ColumnElement[bool]:
    """Whether the newest other message of an inbound row's phone came no more than ten seconds before it.

    One step in an index, which every message pays for. Whether it is the same text is asked where this is true.
    """
    others = select(_other.c.received_at).where(_other.c.from_phone == row.from_phone, _other.c.id != row.id)
    newest = others.order_by(_other.c.id.desc()).limit(1).scalar_subquery()
    return func.coalesce(newest >= row.received_at - WITHIN_MS, false())


def repeats(connection: Connection, row: InboundRow, folded: str) -> int | None:
    """The last message of this phone, where it has the same text and number, came within ten seconds and was answered.

    The last that is not a double itself: a question that is sent all the time is answered now and then. Where another
    message stands between the two, the same question may have another answer by now: SALDO, DAFTAR, SALDO.
    """
    last = connection.execute(_LAST, {"phone": row.from_phone, "row_id": row.id}).first()
    if last is None or last.state != states.ANSWERED:
        return None
    return int(last.id) if (last.to_phone, last.folded) == (row.to_phone, folded) else None


_came = select(inbound.c.received_at).where(inbound.c.id == bindparam("row_id")).scalar_subquery()
_lately = (
    select(_other.c.id, _other.c.to_phone, _other.c.folded, _other.c.received_at, _other.c.state, _other.c.reason)
    .where(_other.c.from_phone == bindparam("phone"), _other.c.id != bindparam("row_id"))
    .order_by(_other.c.id.desc())
    .limit(LATELY)
    .subquery("lately")
)
_LAST = (
    select(_lately.c.id, _lately.c.to_phone, _lately.c.folded, _lately.c.state)
    .where(_lately.c.state != spelled(states.RECEIVED), func.coalesce(_lately.c.reason, "") != DUPLICATE)
    .where(_lately.c.received_at.between(_came - WITHIN_MS, _came + WITHIN_MS))
    .order_by(_lately.c.id.desc())
    .limit(1)
)
