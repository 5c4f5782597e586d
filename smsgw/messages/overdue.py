"""Overdue: what waited too long, was tried too often or died under way, each closed with its event."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, select, update

from smsgw.messages import events, looks, states
from smsgw.messages.events import Step
from smsgw.messages.outbox import HOUR_MS, LEASE_MS, WORN_OUT
from smsgw.messages.tables import outbound
from smsgw.store import db_now
from smsgw.store.sql import spelled

AT_ONCE: Final = 500  # rows in a transaction: the next sweep takes the rest
REPORT_MS: Final = 72 * HOUR_MS  # since the last news of it; networks keep a message for up to three days


@dataclass(frozen=True, slots=True)
class Late:
    """A message that expired unsent."""

    id: int
    inbound_id: int | None
    kind: str
    carrier: str
    from_phone: str
    to_phone: str
    language: str
    resend_no: int = 0


def expire(connection: Connection) -> list[Late]:
    """Queued rows past their time become expired."""
    return [Late(*row) for row in _closed(connection, _EXPIRE, "expire", Step(states.QUEUED, states.EXPIRED))]


def exhaust(connection: Connection) -> int:
    """Queued replies that were tried often enough become failed; how many. Anything else ends by its age alone."""
    return len(_closed(connection, _EXHAUST, "exhaust", Step(states.QUEUED, states.FAILED)))


def release_dead(connection: Connection) -> int:
    """Rows whose claim outlived its lease become unknown: their call may or may not have gone out. How many."""
    return len(_closed(connection, _RELEASE, "lease", Step(states.SENDING, states.UNKNOWN)))


def close_unreported(connection: Connection) -> int:
    """Rows whose last report has not come in its time are marked; how many. A late report counts all the same."""
    rows = connection.execute(_UNREPORTED).all()
    for state in (states.ACCEPTED, states.SENT):
        ids = [row.id for row in rows if row.state == state]
        events.add(connection, ids, "no_report", "sweep", Step(state, state))
    return len(rows)


def _closed(connection: Connection, statement: Any, cause: str, step: Step) -> Any:
    rows = connection.execute(statement).all()
    events.add(connection, [row.id for row in rows], cause, "sweep", step)
    return rows


def _first(*condition: ColumnElement[bool]) -> Any:
    rows = select(outbound.c.id).where(*condition).limit(AT_ONCE)
    return update(outbound).where(outbound.c.id.in_(rows.with_for_update(skip_locked=True).cte("late").select()))


_queued = outbound.c.state == spelled(states.QUEUED)
_EXPIRE = (
    _first(_queued, outbound.c.expires_at <= db_now())
    .values(state=states.EXPIRED, updated_at=db_now())
    .returning(
        outbound.c.id,
        outbound.c.inbound_id,
        outbound.c.kind,
        outbound.c.carrier,
        outbound.c.from_phone,
        outbound.c.to_phone,
        outbound.c.language,
        outbound.c.resend_no,
    )
)
_EXHAUST = _first(_queued, WORN_OUT).values(state=states.FAILED, updated_at=db_now()).returning(outbound.c.id)
# The first condition is the partial index's own: SQLite does not see that the second implies it.
_under_way = outbound.c.state.in_([spelled(states.SENDING), spelled(states.UNKNOWN)])
_RELEASE = (
    _first(_under_way, outbound.c.state == spelled(states.SENDING), outbound.c.claimed_at < db_now() - LEASE_MS)
    .values(state=states.UNKNOWN, next_attempt_at=db_now() + looks.WAITS_MS[0], updated_at=db_now())
    .returning(outbound.c.id)
)
_unreported = (
    outbound.c.state.in_([spelled(states.ACCEPTED), spelled(states.SENT)]),
    outbound.c.no_report_at.is_(None),
    # Asked once, for PostgreSQL to look no further than that in the index: many may wait for a carrier without reports.
    outbound.c.updated_at < select(db_now() - REPORT_MS).scalar_subquery(),
)
_UNREPORTED = _first(*_unreported).values(no_report_at=db_now()).returning(outbound.c.id, outbound.c.state)
