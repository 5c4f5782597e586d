"""Outbound rows: queued once, claimed before the call, marked by its outcome."""

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, exists, func, or_, select, update

from smsgw.messages import states
from smsgw.messages.rows import LIFE_MS, PRIORITY, Draft, OutboundRow
from smsgw.messages.tables import outbound, outbound_event
from smsgw.store import db_now
from smsgw.store.sql import dialect_of, insert_ignore

LEASE_MS = 60_000  # longer than a job (30 s), which is longer than a call (3 s + 10 s)
MAX_ATTEMPTS = 12
HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Mark:
    """What a call made of a claimed row: its next state and what the carrier said."""

    outbound_id: int
    state: str
    carrier_id: str | None = None
    carrier_status: str | None = None
    error_code: str | None = None
    error_text: str | None = None
    wait_ms: int = 0


def queue(connection: Connection, drafts: Sequence[Draft]) -> None:
    """Queue messages. One that stands already (same inbound, kind, resend number) stays as it is."""
    if drafts:
        connection.execute(_queue(dialect_of(connection)), [_row(draft) for draft in drafts])


@cache
def _queue(dialect: str) -> Any:
    stamps = {name: db_now() for name in ("created_at", "updated_at", "next_attempt_at")}
    return insert_ignore(dialect, outbound).values(**stamps, expires_at=db_now() + bindparam("life_ms"))


def _row(draft: Draft) -> dict[str, Any]:
    return {
        "inbound_id": draft.inbound_id,
        "kind": draft.kind,
        "resend_no": 0,
        "carrier": draft.carrier,
        "from_phone": draft.from_phone,
        "to_phone": draft.to_phone,
        "body": draft.body,
        "septets": draft.septets,
        "template": draft.template,
        "language": draft.language,
        "priority": PRIORITY[draft.kind],
        "state": states.QUEUED,
        "life_ms": LIFE_MS[draft.kind],
        "callback_token": secrets.token_urlsafe(16),
    }


def told(connection: Connection, phones: Sequence[str], templates: Sequence[str]) -> Counter[tuple[str, str]]:
    """How often each of these templates went to each of these phones within the last hour."""
    columns = outbound.c.to_phone, outbound.c.template
    lately = outbound.c.created_at > db_now() - HOUR_MS
    found = select(*columns, func.count()).where(columns[0].in_(phones), columns[1].in_(templates), lately)
    rows = connection.execute(found.group_by(*columns))
    return Counter({(phone, template): count for phone, template, count in rows})


def claim(connection: Connection, token: str, limit: int) -> list[OutboundRow]:
    """Claim due rows for sending under `token`, in order of priority. Commit before calling anyone."""
    rows = connection.execute(_CLAIM, {"token": token, "limit": limit}).all()
    claimed = [OutboundRow(*row) for row in sorted(rows, key=lambda row: row.id)]
    _add_events(connection, [(row.id, states.QUEUED, states.SENDING, "claim", token, None) for row in claimed])
    return claimed


_waiting = and_(
    outbound.c.state == states.QUEUED,
    outbound.c.next_attempt_at <= db_now(),
    outbound.c.expires_at > db_now(),
    outbound.c.attempts < MAX_ATTEMPTS,
)
_due = (
    select(outbound.c.id)
    .where(_waiting)
    .order_by(outbound.c.priority, outbound.c.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
    .cte("due")
)
_CLAIM = (
    update(outbound)
    .where(outbound.c.id.in_(select(_due.c.id)))
    .values(
        state=states.SENDING,
        claim_token=bindparam("token"),
        claimed_at=db_now(),
        attempts=outbound.c.attempts + 1,
        updated_at=db_now(),
    )
    .returning(
        outbound.c.id,
        outbound.c.carrier,
        outbound.c.from_phone,
        outbound.c.to_phone,
        outbound.c.body,
        outbound.c.callback_token,
        outbound.c.attempts,
        (outbound.c.expires_at - db_now()).label("expires_in_ms"),
    )
)


def mark(connection: Connection, token: str, marks: Sequence[Mark]) -> None:
    """Write the outcomes of calls made under claim `token`.

    A callback may have overtaken the call's own answer: then the state stays as high as it is and
    only the carrier's id is filled in. A lost lease does not lose an acceptance either.
    """
    if marks:
        connection.execute(_MARK, [_mark_row(token, m) for m in marks])
        _add_events(connection, [(m.outbound_id, states.SENDING, m.state, "call", token, m.error_code) for m in marks])


# Spelled out: an expanding IN cannot be used with a list of parameters.
_open = or_(*(outbound.c.state == state for state in (states.SENDING, states.UNKNOWN, states.FAILED_UNKNOWN)))
_accepted = bindparam("new_state") == states.ACCEPTED
_MARK = (
    update(outbound)
    .where(outbound.c.id == bindparam("row_id"), outbound.c.claim_token == bindparam("token"))
    .where(or_(outbound.c.state == states.SENDING, _accepted))
    .values(
        state=case((_open, bindparam("new_state")), else_=outbound.c.state),
        carrier_id=func.coalesce(outbound.c.carrier_id, bindparam("new_carrier_id")),
        carrier_status=func.coalesce(outbound.c.carrier_status, bindparam("new_status")),
        error_code=case((_open, bindparam("new_error_code")), else_=outbound.c.error_code),
        error_text=case((_open, bindparam("new_error_text")), else_=outbound.c.error_text),
        next_attempt_at=db_now() + bindparam("wait_ms"),
        updated_at=db_now(),
    )
)


def _mark_row(token: str, m: Mark) -> dict[str, Any]:
    return {
        "row_id": m.outbound_id,
        "token": token,
        "new_state": m.state,
        "new_carrier_id": m.carrier_id,
        "new_status": m.carrier_status,
        "new_error_code": m.error_code,
        "new_error_text": m.error_text,
        "wait_ms": m.wait_ms,
    }


def _add_events(connection: Connection, events: Sequence[tuple[int, str, str, str, str, str | None]]) -> None:
    rows = [
        {
            "outbound_id": row_id,
            "from_state": before,
            "to_state": after,
            "cause": cause,
            "cause_key": f"{cause}:{key}",
            "error_code": code,
        }
        for row_id, before, after, cause, key, code in events
    ]
    if rows:
        connection.execute(_event(dialect_of(connection)), rows)


@cache
def _event(dialect: str) -> Any:
    return insert_ignore(dialect, outbound_event).values(at=db_now(), last_at=db_now())


def give_back(connection: Connection, token: str, ids: Sequence[int]) -> None:
    """Return claimed rows whose call has not begun to the queue: nothing left this process."""
    mark(connection, token, [Mark(row_id, states.QUEUED) for row_id in ids])


def expire(connection: Connection) -> int:
    """Queued rows past their time, or out of attempts, become expired or failed; how many."""
    late = update(outbound).where(outbound.c.state == states.QUEUED, outbound.c.expires_at <= db_now())
    spent = update(outbound).where(outbound.c.state == states.QUEUED, outbound.c.attempts >= MAX_ATTEMPTS)
    first = connection.execute(late.values(state=states.EXPIRED, updated_at=db_now())).rowcount
    return first + connection.execute(spent.values(state=states.FAILED, updated_at=db_now())).rowcount


def release_dead(connection: Connection) -> int:
    """Rows whose claim outlived its lease become unknown: their call may or may not have gone out."""
    dead = outbound.c.state == states.SENDING, outbound.c.claimed_at < db_now() - LEASE_MS
    return connection.execute(update(outbound).where(*dead).values(state=states.UNKNOWN, updated_at=db_now())).rowcount


def is_due(connection: Connection) -> bool:
    """Whether any outbound row waits to be sent now."""
    return bool(connection.scalar(select(exists().where(_waiting))))
