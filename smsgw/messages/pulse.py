"""Pulse: when the gateway last did what it does all the time, at the cost of a few look-ups by key."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select

from smsgw.messages.tables import carrier_pause, heartbeat, inbound, outbound_event
from smsgw.store import Store, db_now

LOOKED_OVER: Final = 1_000  # events among which the last callback is looked for


@dataclass(frozen=True, slots=True)
class Pulse:
    """Now, the last sweep, the last message that came in and the last callback, in ms by the database's clock."""

    now: int
    swept_at: int | None
    received_at: int | None
    reported_at: int | None
    paused: int = 0  # carriers by which nothing is sent


def pulse(store: Store) -> Pulse:
    """The pulse as it stands. StoreUnavailable: the database does not answer."""
    newest = select(func.max(outbound_event.c.id)).scalar_subquery()
    reports = outbound_event.c.cause == "report", outbound_event.c.id > newest - LOOKED_OVER
    asked = (
        select(db_now()),
        select(heartbeat.c.at).where(heartbeat.c.name == "sweep"),
        select(inbound.c.received_at).order_by(inbound.c.id.desc()).limit(1),
        select(func.max(outbound_event.c.last_at)).where(*reports),
        select(func.count()).select_from(carrier_pause),
    )
    with store.read() as connection:
        now, swept, received, reported, paused = (connection.scalar(statement) for statement in asked)
    return Pulse(int(now or 0), swept, received, reported, int(paused or 0))
