"""Twice: the same text of a phone within ten seconds is one question (reliability §4.3, rule 2)."""

from typing import Final

from sqlalchemy import Connection, bindparam, false, func, select

from smsgw.messages import states
from smsgw.messages.rows import InboundRow
from smsgw.messages.tables import inbound
from smsgw.store.sql import spelled

WITHIN_MS: Final = 10_000
LATELY: Final = 32  # messages of a phone that are looked at: who sends more of them is stopped by the budget

_other = inbound.alias("other")
_newest_other = (
    select(_other.c.received_at)
    .where(_other.c.from_phone == inbound.c.from_phone, _other.c.id != inbound.c.id)
    .order_by(_other.c.id.desc())
    .limit(1)
    .correlate(inbound)
    .scalar_subquery()
)
# One step in an index, which every message pays for. Whether it is the same text is asked where this is true.
follows = func.coalesce(_newest_other >= inbound.c.received_at - WITHIN_MS, false())
"""Whether the newest other message of an inbound row's phone came no more than ten seconds before it."""


def answered(connection: Connection, row: InboundRow) -> set[str | None]:
    """The folded texts that a message's phone sent to the same number within ten seconds of it, and that were answered.

    What was suppressed is not among them, so that a question which is sent all the time is answered now and then.
    """
    ends = {"phone": row.from_phone, "to_phone": row.to_phone, "row_id": row.id}
    return set(connection.scalars(_ANSWERED, ends))


_came = select(inbound.c.received_at).where(inbound.c.id == bindparam("row_id")).scalar_subquery()
_lately = (
    select(_other.c.to_phone, _other.c.state, _other.c.received_at, _other.c.folded)
    .where(_other.c.from_phone == bindparam("phone"), _other.c.id != bindparam("row_id"))
    .order_by(_other.c.id.desc())
    .limit(LATELY)
    .subquery("lately")
)
_ANSWERED = select(_lately.c.folded).where(
    _lately.c.to_phone == bindparam("to_phone"),
    _lately.c.state == spelled(states.ANSWERED),
    _lately.c.received_at.between(_came - WITHIN_MS, _came + WITHIN_MS),
)
