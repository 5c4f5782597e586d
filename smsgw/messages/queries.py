"""Questions about the log, for health, metrics, the simulator and the console."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, null, select

from smsgw.messages import newcomers, pauses, spending, states
from smsgw.messages.rows import Kind
from smsgw.messages.tables import heartbeat, inbound, outbound
from smsgw.store import Store, db_now


@dataclass(frozen=True, slots=True)
class OutboundView:
    """One outbound message as it stands."""

    kind: str
    body: str
    state: str
    error_code: str | None
    carrier_id: str | None


@dataclass(frozen=True, slots=True)
class Conversation:
    """One inbound message with all that was sent back because of it."""

    inbound_state: str
    reason: str | None
    keyword: str | None
    replies: tuple[OutboundView, ...]


def conversation(store: Store, carrier: str, carrier_id: str) -> Conversation | None:
    """The conversation that an inbound message began; None where it is not in the log."""
    with store.read() as connection:
        row = connection.execute(
            select(inbound.c.id, inbound.c.state, inbound.c.reason, inbound.c.keyword).where(
                inbound.c.carrier == carrier, inbound.c.carrier_id == carrier_id
            )
        ).first()
        if row is None:
            return None
        columns = outbound.c.kind, outbound.c.body, outbound.c.state, outbound.c.error_code, outbound.c.carrier_id
        # An alert is another phone's.
        mine = outbound.c.inbound_id == row.id, outbound.c.kind.in_((Kind.REPLY, Kind.APOLOGY))
        sent = connection.execute(select(*columns).where(*mine).order_by(outbound.c.id))
        return Conversation(row.state, row.reason, row.keyword, tuple(OutboundView(*values) for values in sent))


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message of a phone, in either direction, for the pages that show a conversation.

    `about`: the inbound message that brought it about; None for an inbound itself and for a notice.
    `body`: None where it was erased.
    """

    incoming: bool
    id: int
    about: int | None
    at: int
    body: str | None
    state: str
    reason: str | None


def bubbles(store: Store, phone: str, limit: int = 50) -> list[Bubble]:
    """The newest messages from and to a phone, oldest first."""
    came = select(inbound.c.id, null(), inbound.c.received_at, inbound.c.body, inbound.c.state, inbound.c.reason)
    why = outbound.c.id, outbound.c.inbound_id
    went = select(*why, outbound.c.created_at, outbound.c.body, outbound.c.state, outbound.c.error_code)
    with store.read() as connection:
        received = connection.execute(
            came.where(inbound.c.from_phone == phone).order_by(inbound.c.id.desc()).limit(limit)
        ).all()
        sent = connection.execute(
            went.where(outbound.c.to_phone == phone).order_by(outbound.c.id.desc()).limit(limit)
        ).all()
    both = [Bubble(True, *row) for row in received] + [Bubble(False, *row) for row in sent]
    return sorted(both, key=lambda bubble: bubble.at)[-limit:]


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts by state, the age of the oldest row that is not final, seconds since the last sweep, paused carriers,
    phones that wrote for the first time within an hour, and how many messages stand as accepted or sent although
    their last report is overdue."""

    inbound: dict[str, int]
    outbound: dict[str, int]
    oldest_waiting_s: float
    sweep_age_s: float | None
    paused: frozenset[str]
    new_senders: int
    unreported: int = 0
    sent_today: int = 0  # counted only where a day has a bound


def figures(store: Store) -> Figures:
    """The figures behind /metrics."""
    with store.read() as connection:
        now = int(connection.scalar(select(db_now())) or 0)
        ins = _counts(connection, inbound.c.state)
        outs = _counts(connection, outbound.c.state)
        oldest = [
            connection.scalar(select(func.min(inbound.c.received_at)).where(inbound.c.state == states.RECEIVED)),
            connection.scalar(select(func.min(outbound.c.created_at)).where(outbound.c.state == states.QUEUED)),
        ]
        swept = connection.scalar(select(heartbeat.c.at).where(heartbeat.c.name == "sweep"))
        paused = frozenset(pauses.standing(connection))
        new = newcomers.within_hour(connection)
        sent_today = spending.sent_today(connection)
        unreported = int(connection.scalar(_UNREPORTED) or 0)
    waiting = [now - at for at in oldest if at is not None]
    age = None if swept is None else (now - swept) / 1000
    return Figures(ins, outs, max(waiting, default=0) / 1000, age, paused, new, unreported, sent_today)


_UNREPORTED = select(func.count()).where(
    outbound.c.no_report_at.is_not(None), outbound.c.state.in_([states.ACCEPTED, states.SENT])
)


def _counts(connection: Connection, column: ColumnElement[str]) -> dict[str, int]:
    return {str(value): int(n) for value, n in connection.execute(select(column, func.count()).group_by(column))}
