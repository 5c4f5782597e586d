"""Draining: until nothing waits any more. Where all that is left waits for a time, that time is let pass.

A dead claim is released after a minute, and an unknown message is looked for after 15 s, 60 s and 5 min. Instead of
waiting, every stored time of what is not final, and every time that the carrier has stored, is moved back by the same
amount, as if that time had passed; the harness's clock is moved on by it, so that a silence counts it too. It is done
only while nothing moves: no call and no report is under way, and what waits has been the same for a while.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, func, select, update

from smsgw.gateway import jobs
from smsgw.messages import collecting, inbox, outbox, states
from smsgw.messages.tables import carrier_pause, heartbeat, inbound, outbound, seen_id
from smsgw.store import db_now
from tests.faults.stage import Stage

STILL_S = 0.6  # that nothing has moved
LISTING_S = 3.0  # the same where a carrier is to be asked for what came in: its turn is taken before it is asked
LEAST_MS = 300  # below which time is waited for
MOST_MS = 28 * 60_000  # in all: what a reply lives is more
OPEN = (states.QUEUED, states.SENDING, states.UNKNOWN)


@dataclass(frozen=True)
class Waiting:
    """What is not done yet: how much of it, and in how many milliseconds the next of it is due, now being 0."""

    rows: tuple[tuple[str, int], ...]
    due_ms: int


def drain(stage: Stage, within_s: float = 60.0) -> None:
    """Wait until nothing waits, or until it is clear that something is stuck: the oracle tells."""
    moved_ms, until = 0, time.monotonic() + within_s
    seen, since = None, time.monotonic()
    while time.monotonic() < until:
        stage.mind()
        waiting = look(stage)
        if not waiting.rows and stage.carrier.is_idle:
            return
        if waiting != seen and (seen is None or waiting.rows != seen.rows):
            seen, since = waiting, time.monotonic()
        patience_s = LISTING_S if "missed" in dict(waiting.rows) else STILL_S
        still = stage.carrier.is_idle and time.monotonic() - since > patience_s
        if still and LEAST_MS < waiting.due_ms <= MOST_MS - moved_ms:
            pass_time(stage, waiting.due_ms)
            moved_ms += waiting.due_ms
            jobs.bell(stage.redis).call("sweep")  # as the scheduler would two seconds later
            until, since = max(until, time.monotonic() + within_s / 2), time.monotonic()
        time.sleep(0.1)


def look(stage: Stage) -> Waiting:
    """What waits now."""
    with stage.store.read() as connection:
        now = int(connection.scalar(select(db_now())) or 0)
        known = _known(connection)  # first: what comes after it waits
        dues = [*_inbound(connection), *_outbound(connection)]
        if known < len({letter.sid for letter in stage.senders.sent}):
            asked = connection.scalar(select(heartbeat.c.at).where(heartbeat.c.name == collecting.ASKED)) or now
            dues.append(("missed", asked + collecting.EVERY_MS))
    names = [name for name, _ in dues]
    rows = tuple((name, names.count(name)) for name in sorted(set(names)))
    return Waiting(rows, max(0, min((due for _, due in dues), default=now) - now))


def _known(connection: Connection) -> int:
    """How many messages have a row, or a tombstone in its place."""
    return sum(connection.scalar(select(func.count()).select_from(table)) or 0 for table in (inbound, seen_id))


def _inbound(connection: Connection) -> list[tuple[str, int]]:
    columns = inbound.c.next_attempt_at, inbound.c.claimed_at
    rows = connection.execute(select(*columns).where(inbound.c.state == states.RECEIVED).limit(2000))
    return [(states.RECEIVED, max(next_at, (claimed_at or 0) + inbox.LEASE_MS)) for next_at, claimed_at in rows]


def _outbound(connection: Connection) -> list[tuple[str, int]]:
    columns = outbound.c.state, outbound.c.next_attempt_at, outbound.c.claimed_at
    rows = connection.execute(select(*columns).where(outbound.c.state.in_(OPEN)).limit(2000))
    paused_until = connection.scalar(select(func.max(carrier_pause.c.paused_until))) or 0
    return [(state, _due(state, next_at, claimed_at, paused_until)) for state, next_at, claimed_at in rows]


def _due(state: str, next_at: int, claimed_at: int | None, paused_until: int) -> int:
    if state == states.SENDING:
        return (claimed_at or 0) + outbox.LEASE_MS
    return max(next_at, paused_until) if state == states.QUEUED else next_at


def pass_time(stage: Stage, ms: int, *, everything: bool = False) -> None:
    """Let time pass: for what is not final and for the carrier; with `everything`, for final rows too."""
    mine = (inbound.c.received_at, inbound.c.next_attempt_at, inbound.c.claimed_at)
    theirs = (
        *(outbound.c.claimed_at, outbound.c.next_attempt_at, outbound.c.expires_at, outbound.c.created_at),
        outbound.c.updated_at,
    )
    watched = (*OPEN, states.FAILED_UNKNOWN)
    with stage.store.write() as connection:
        waits = () if everything else (inbound.c.state == states.RECEIVED,)
        _lock(connection, inbound, waits)
        connection.execute(update(inbound).where(*waits).values({column.name: column - ms for column in mine}))
        waits = () if everything else (outbound.c.state.in_(watched),)
        _lock(connection, outbound, waits)
        connection.execute(update(outbound).where(*waits).values({column.name: column - ms for column in theirs}))
        asked = heartbeat.c.name.startswith(collecting.ASKED)
        connection.execute(update(heartbeat).where(asked).values(at=heartbeat.c.at - ms))
        connection.execute(update(carrier_pause).values(paused_until=carrier_pause.c.paused_until - ms))
    stage.network.pass_time(ms / 1000)


def _lock(connection: Connection, table: Table, waits: Sequence[ColumnElement[bool]]) -> None:
    """In the order in which workers lock rows: in another one they and we would wait for each other in a ring."""
    connection.execute(select(table.c.id).where(*waits).order_by(table.c.id).with_for_update()).all()
