"""By hand: what an operator does about one message: it is sent once more as a new row, or given up."""

import secrets
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, select, update

from smsgw.errors import NotPossible
from smsgw.messages import events, states
from smsgw.messages.events import Step
from smsgw.messages.rows import LIFE_MS, Kind
from smsgw.messages.tables import contact, inbound, outbound
from smsgw.store import db_now
from smsgw.store.sql import dialect_of, insert_ignore, spelled

GIVEN_UP: Final = "given_up"
RESENT: Final = "resent"
DAY_MS: Final = 86_400_000
_SAME: Final = (
    "inbound_id", "kind", "carrier", "from_phone", "to_phone", "body", "septets", "template", "language", "priority",
)  # fmt: skip


def resend(connection: Connection, outbound_id: int) -> int:
    """Send a message once more: a new row with the same text and a life of its own; the new row's id.

    Only what reliability §4.2 allows, and each row once, whoever asks and however often: NotPossible says why not. What
    is older than a day is refused: whose phone it is, and what it may hear, may have changed since.
    """
    row = connection.execute(_FOUND.where(outbound.c.id == outbound_id).with_for_update(of=outbound)).first()
    why = _refusal(row)
    if row is None or why:
        raise NotPossible(why)
    made = connection.scalar(_again(dialect_of(connection)), _values(row))
    if made is None:
        raise NotPossible("resent")
    events.add(connection, [made], RESENT, str(outbound_id), Step(states.QUEUED, states.QUEUED))
    return int(made)


def resend_all(connection: Connection, outbound_ids: Sequence[int]) -> list[int]:
    """Send several messages once more; those of them that were, the others being left as they are."""
    return [one for one in sorted(set(outbound_ids)) if _resent(connection, one)]


def _resent(connection: Connection, outbound_id: int) -> bool:
    try:
        resend(connection, outbound_id)
    except NotPossible:
        return False
    return True


# Of what was resent before, the age of what it answers counts: else it would be young again each time.
_old = func.coalesce(inbound.c.received_at, outbound.c.created_at) < db_now() - DAY_MS
_FOUND = (
    select(outbound, contact.c.opted_out_at, contact.c.blocked_at, _old.label("old"))
    .outerjoin(contact, contact.c.phone == outbound.c.to_phone)
    .outerjoin(inbound, inbound.c.id == outbound.c.inbound_id)
)


def _refusal(row: Any) -> str:
    if row is None or row.state not in states.RESENDABLE:
        return "state"
    if row.body is None:
        return "purged"
    if row.old:
        return "old"
    if row.blocked_at is not None:
        return "blocked"
    return "opted_out" if row.opted_out_at is not None else ""


def _values(row: Any) -> dict[str, Any]:
    # What answers no inbound is in no other unique key: its own names the row that it repeats.
    own_key = f"{RESENT}:{row.id}" if row.inbound_id is None else None
    fresh = {"callback_token": secrets.token_urlsafe(16), "notice_key": own_key, "resend_no": row.resend_no + 1}
    return {name: getattr(row, name) for name in _SAME} | fresh | {"life_ms": LIFE_MS[Kind(row.kind)]}


@cache
def _again(dialect: str) -> Any:
    stamps: dict[str, Any] = {name: db_now() for name in ("created_at", "updated_at", "next_attempt_at")}
    stamps["expires_at"] = db_now() + bindparam("life_ms")
    row = insert_ignore(dialect, outbound).values(state=states.QUEUED, **stamps)
    return row.returning(outbound.c.id)


def give_up(connection: Connection, outbound_id: int) -> None:
    """Cancel a message that is queued; NotPossible where it is not: then it is under way, or over."""
    text = "an operator gave it up"
    waiting = outbound.c.id == outbound_id, outbound.c.state == spelled(states.QUEUED)
    given_up = update(outbound).where(*waiting).values(
        state=states.CANCELED, error_code=GIVEN_UP, error_text=text, updated_at=db_now()
    )  # fmt: skip
    if not connection.execute(given_up).rowcount:
        raise NotPossible("state")
    events.add(connection, [outbound_id], GIVEN_UP, "hand", Step(states.QUEUED, states.CANCELED, GIVEN_UP))


def leave_unanswered(connection: Connection, inbound_id: int) -> None:
    """Leave an inbound that waits without an answer; NotPossible where it has one. A worker that holds it loses it."""
    waiting = inbound.c.id == inbound_id, inbound.c.state == spelled(states.RECEIVED)
    left = {"state": states.SUPPRESSED, "reason": GIVEN_UP, "answered_at": db_now(), "claim_token": None}
    if not connection.execute(update(inbound).where(*waiting).values(**left, secret=None)).rowcount:
        raise NotPossible("state")
