"""Pauses: a carrier that refuses our account is left alone, then tried with one message (reliability §4.4).

One that an operator pauses is left alone until somebody resumes it.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, bindparam, case, delete, exists, or_, select, update

from smsgw.errors import NotPossible
from smsgw.messages import states
from smsgw.messages.tables import carrier_pause, outbound
from smsgw.store import db_now
from smsgw.store.sql import dialect_of, insert, spelled

FIRST_MS: Final = 30_000
LONGEST_MS: Final = 300_000
PROBE_MS: Final = 60_000  # after which another message is the probe
BY_HAND: Final = "by_hand"
FOR_EVER: Final = 253_402_300_799_000  # until somebody resumes it: the end of the year 9999
PROVEN: Final = (states.ACCEPTED, states.SENT, states.DELIVERED, states.UNDELIVERED, states.FAILED)


def allows(outbound_id: ColumnElement[int], carrier: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether this row may be sent: its carrier is not paused, or it is the probe."""
    paused, probes = select(carrier_pause.c.carrier), select(carrier_pause.c.probe_id)
    return or_(carrier.not_in(paused), outbound_id.in_(probes))


def stands(carrier: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a carrier is paused, for a row that does not exist yet."""
    return exists().where(carrier_pause.c.carrier == carrier)


def begin(connection: Connection, carrier: str, outbound_id: int, reason: str) -> bool:
    """Pause a carrier that refused our account when it was given this message; whether it was not paused before.

    Where that was the probe the pause begins again, twice as long. The refusal of another call, one that was under way
    when the pause began, changes nothing.
    """
    values = {"given": carrier, "refused": outbound_id, "why": reason}
    wait_ms = connection.scalar(_begin(dialect_of(connection)), values)
    return bool(wait_ms == FIRST_MS)


@cache
def _begin(dialect: str) -> Any:
    twice = case((carrier_pause.c.wait_ms * 2 > LONGEST_MS, LONGEST_MS), else_=carrier_pause.c.wait_ms * 2)
    new = {"carrier": bindparam("given"), "reason": bindparam("why"), "wait_ms": FIRST_MS}
    again = {"wait_ms": twice, "paused_until": db_now() + twice, "reason": bindparam("why"), "probe_id": None}
    return (
        insert(dialect, carrier_pause)
        .values(**new, paused_until=db_now() + FIRST_MS, probe_id=None)
        .on_conflict_do_update(
            index_elements=[carrier_pause.c.carrier],
            set_=again,
            where=carrier_pause.c.probe_id == bindparam("refused", type_=carrier_pause.c.probe_id.type),
        )
        .returning(carrier_pause.c.wait_ms)
    )


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause that stands. `reason`: the carrier's code, or BY_HAND; `until`: of the next try."""

    carrier: str
    reason: str
    until: int


def pause(connection: Connection, carrier: str) -> None:
    """Send nothing by a carrier until `resume`, whatever pauses it now. NotPossible: it is paused by hand already.

    Calls that are under way are not called back.
    """
    if connection.execute(_pause(dialect_of(connection)), {"given": carrier}).first() is None:
        raise NotPossible("state")


@cache
def _pause(dialect: str) -> Any:
    new = {"paused_until": FOR_EVER, "wait_ms": LONGEST_MS, "reason": BY_HAND, "probe_id": None}
    row = insert(dialect, carrier_pause).values(carrier=bindparam("given"), **new)
    return row.on_conflict_do_update(
        index_elements=[carrier_pause.c.carrier], set_=new, where=carrier_pause.c.reason != BY_HAND
    ).returning(carrier_pause.c.carrier)


def resume(connection: Connection, carrier: str) -> None:
    """End a carrier's pause, whoever began it; NotPossible where none stands."""
    if not connection.execute(delete(carrier_pause).where(carrier_pause.c.carrier == carrier)).rowcount:
        raise NotPossible("state")


def listed(connection: Connection) -> list[Pause]:
    """The pauses that stand, by carrier."""
    columns = carrier_pause.c.carrier, carrier_pause.c.reason, carrier_pause.c.paused_until
    return [Pause(*row) for row in connection.execute(select(*columns).order_by(carrier_pause.c.carrier))]


def tend(connection: Connection) -> list[str]:
    """End the pauses that have nothing to wait for, and choose the probes of the others; the carriers that are free.

    A pause ends when its probe got through, or when nothing is queued that could be one.
    """
    ended = [*connection.scalars(_END)]
    for carrier, probe_id in connection.execute(_PROBE).all():
        if probe_id is None:
            connection.execute(delete(carrier_pause).where(carrier_pause.c.carrier == carrier))
            ended.append(carrier)
        else:  # it may be waiting for a later time
            connection.execute(update(outbound).where(outbound.c.id == probe_id).values(next_attempt_at=db_now()))
    return ended


# By this very carrier: the probe may have gone by another one of its number since.
_through = select(outbound.c.id).where(
    outbound.c.id == carrier_pause.c.probe_id,
    outbound.c.carrier == carrier_pause.c.carrier,
    outbound.c.state.in_(PROVEN),
)
_END = delete(carrier_pause).where(exists(_through.correlate(carrier_pause))).returning(carrier_pause.c.carrier)
# The one that was tried least, so that no message uses up its attempts as a probe.
_candidate = (
    select(outbound.c.id)
    .where(
        outbound.c.state == spelled(states.QUEUED),
        outbound.c.expires_at > db_now(),
        outbound.c.carrier == carrier_pause.c.carrier,
    )
    .order_by(outbound.c.attempts, outbound.c.priority, outbound.c.id)
    .limit(1)
    .correlate(carrier_pause)
    .scalar_subquery()
)
_PROBE = (
    update(carrier_pause)
    .where(carrier_pause.c.paused_until <= db_now())
    .values(probe_id=_candidate, paused_until=db_now() + PROBE_MS)
    .returning(carrier_pause.c.carrier, carrier_pause.c.probe_id)
)


def standing(connection: Connection) -> set[str]:
    """The carriers that are paused."""
    return set(connection.scalars(select(carrier_pause.c.carrier)))
