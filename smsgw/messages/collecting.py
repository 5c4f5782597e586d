"""Collecting: when carriers were last asked for what came in, and which of it is not in the log."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, exists, select, update

from smsgw.messages.tables import heartbeat, inbound
from smsgw.store import db_now
from smsgw.store.sql import dialect_of, insert

EVERY_MS: Final = 300_000
BACK_MS: Final = 15 * 60_000  # a carrier's list may lag, and so may its clock
LONGEST_MS: Final = 24 * 3_600_000
ASKED: Final = "collect"


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn to ask: now, and when the last one was, by the database's clock."""

    now_ms: int
    last_ms: int


_due = (heartbeat.c.name == ASKED, heartbeat.c.at <= db_now() - EVERY_MS)


def is_due(connection: Connection) -> bool:
    """Whether carriers are to be asked now."""
    return bool(connection.scalar(select(exists().where(*_due))))


def claim(connection: Connection) -> Turn | None:
    """The turn, where it is due and nobody else has taken it."""
    last_ms = connection.scalar(select(heartbeat.c.at).where(*_due))
    taken = update(heartbeat).where(heartbeat.c.name == ASKED, heartbeat.c.at == last_ms)
    now_ms = connection.scalar(taken.values(at=db_now()).returning(heartbeat.c.at)) if last_ms is not None else None
    return None if now_ms is None or last_ms is None else Turn(now_ms, last_ms)


def since(connection: Connection, carrier: str, turn: Turn) -> int:
    """From when on a carrier is asked (epoch milliseconds): a little before it last answered, at most a day ago."""
    answered = connection.scalar(select(heartbeat.c.at).where(heartbeat.c.name == _name(carrier)))
    return max((answered or turn.last_ms) - BACK_MS, turn.now_ms - LONGEST_MS)


def answered(connection: Connection, carrier: str, turn: Turn) -> None:
    """Keep that a carrier has told all until this turn."""
    row = insert(dialect_of(connection), heartbeat).values(name=_name(carrier), at=turn.now_ms)
    connection.execute(row.on_conflict_do_update(index_elements=[heartbeat.c.name], set_={"at": turn.now_ms}))


def known(connection: Connection, carrier: str, ids: Collection[str]) -> set[str]:
    """Those of a carrier's messages that are in the log."""
    found = select(inbound.c.carrier_id).where(inbound.c.carrier == carrier, inbound.c.carrier_id.in_(ids))
    return set(connection.scalars(found))


def _name(carrier: str) -> str:
    return f"collected:{carrier}"
