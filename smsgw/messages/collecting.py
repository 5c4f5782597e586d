"""Collecting: when carriers were last asked for what came in, and which of it is not in the log."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, exists, select, update

from smsgw.messages.tables import heartbeat, inbound
from smsgw.store import db_now
from smsgw.store.sql import dialect_of, insert

EVERY_MS: Final = 300_000
BACK_MS: Final = 15 * 60_000  # a carrier's list may lag, and so may its clock
LONGEST_MS: Final = 24 * 3_600_000
AGAIN_MS: Final = 60_000  # to the turn after one that did not get through
ASKED: Final = "collect"


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn to ask: now, and when the last one was, by the database's clock."""

    now_ms: int
    last_ms: int


@dataclass(frozen=True, slots=True)
class Span:
    """What a carrier is to be asked for, in epoch milliseconds by the database's clock: what came since `since_ms` and
    before `before_ms` (None: until now). Once it is fetched, all until `upto_ms` is."""

    since_ms: int
    before_ms: int | None
    upto_ms: int

    @property
    def begins_ms(self) -> int:
        """Where it begins: the newest comes first."""
        return self.upto_ms if self.before_ms is None else self.before_ms


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


def span(connection: Connection, carrier: str, turn: Turn) -> Span:
    """What a carrier is asked for: what an earlier turn has left, else all from a little before it last answered, at
    most a day ago."""
    names = [_answered(carrier), _left(carrier), _upto(carrier)]
    marks = dict(connection.execute(select(heartbeat.c.name, heartbeat.c.at).where(heartbeat.c.name.in_(names))).all())
    answered, left, upto = (marks.get(name, 0) for name in names)
    since_ms = max((answered or turn.last_ms) - BACK_MS, turn.now_ms - LONGEST_MS)
    return Span(since_ms, left, upto) if upto > answered and left > since_ms else Span(since_ms, None, turn.now_ms)


def keep(connection: Connection, carrier: str, asked: Span, down_to_ms: int) -> None:
    """Keep that a carrier has told what it was asked for, or of it what came since `down_to_ms` alone: then the next
    turn goes on from there."""
    if down_to_ms <= asked.since_ms:
        return _keep(connection, {_answered(carrier): asked.upto_ms})
    since = {_answered(carrier): asked.since_ms + BACK_MS}  # where it never answered, a later turn would ask for less
    return _keep(connection, since | {_left(carrier): down_to_ms, _upto(carrier): asked.upto_ms})


def again(connection: Connection) -> None:
    """Let the next turn come soon."""
    mine = update(heartbeat).where(heartbeat.c.name == ASKED)
    connection.execute(mine.values(at=db_now() - EVERY_MS + AGAIN_MS))


def _keep(connection: Connection, marks: Mapping[str, int]) -> None:
    row = insert(dialect_of(connection), heartbeat)
    row = row.on_conflict_do_update(index_elements=[heartbeat.c.name], set_={"at": row.excluded.at})
    connection.execute(row, [{"name": name, "at": at} for name, at in marks.items()])


def known(connection: Connection, carrier: str, ids: Collection[str]) -> set[str]:
    """Those of a carrier's messages that are in the log."""
    found = select(inbound.c.carrier_id).where(inbound.c.carrier == carrier, inbound.c.carrier_id.in_(ids))
    return set(connection.scalars(found))


def _answered(carrier: str) -> str:
    return f"collected:{carrier}"


def _left(carrier: str) -> str:
    return f"collect:left:{carrier}"


def _upto(carrier: str) -> str:
    return f"collect:upto:{carrier}"
