"""Pacing: a number gives its carrier so many messages a second, however many processes send (docs/carriers.md).

A bucket a number, in the database and on its clock: it fills with the pace and holds a quarter of a second's messages,
at least one. Who claims takes out as much as it claims, under the lock of the bucket's row.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    bindparam,
    exists,
    func,
    literal_column,
    select,
    union_all,
    update,
)

from smsgw.messages import states
from smsgw.messages.tables import outbound, sender_pace
from smsgw.store import db_now
from smsgw.store.sql import dialect_of, insert_ignore, spelled

BURST_S: Final = 0.25
SECOND_US: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast one of our numbers may send. `burst`: what may leave at once after a rest, 0: what BURST_S makes it."""

    number: str
    per_second: float
    burst: int = 0

    @property
    def most(self) -> int:
        """What may leave at once."""
        return self.burst or max(1, int(self.per_second * BURST_S))

    @property
    def gap_us(self) -> int:
        """From message to message, in microseconds."""
        return round(SECOND_US / self.per_second)


Paces = tuple[Pace, ...]


@dataclass(frozen=True, slots=True)
class Room:
    """What a number may send now; `since_us` is the moment up to which its time has been used."""

    pace: Pace
    since_us: int
    left: int


def rooms(connection: Connection, paces: Paces) -> list[Room]:
    """What each paced number may send now, all locked until the end of the transaction."""
    if not paces:
        return []
    by_number = {pace.number: pace for pace in paces}
    found = connection.execute(_ROOMS, {"numbers": [*by_number]}).all()
    if len(found) < len(paces):
        connection.execute(
            insert_ignore(dialect_of(connection), sender_pace), [{"number": n, "free_at": 0} for n in sorted(by_number)]
        )
        found = connection.execute(_ROOMS, {"numbers": [*by_number]}).all()
    return [_room(by_number[number], free_at, now_ms * 1000) for number, free_at, now_ms in found]


def _room(pace: Pace, free_at: int, now_us: int) -> Room:
    # A mark in the future is that of a clock that has been put back: it must not keep the number silent.
    since_us = max(min(free_at, now_us), now_us - pace.most * pace.gap_us)
    return Room(pace, since_us, (now_us - since_us) // pace.gap_us)


_ROOMS = (
    select(sender_pace.c.number, sender_pace.c.free_at, db_now())
    .where(sender_pace.c.number.in_(bindparam("numbers", expanding=True)))
    .order_by(sender_pace.c.number)
    .with_for_update()
)


def take(connection: Connection, rooms: Iterable[Room], numbers: Iterable[str]) -> None:
    """Count messages that leave: one of `numbers` a message."""
    sent = Counter(numbers)
    used = [
        {"of": room.pace.number, "until": room.since_us + sent[room.pace.number] * room.pace.gap_us}
        for room in rooms
        if sent[room.pace.number]
    ]
    if used:
        connection.execute(_TAKE, used)


_TAKE = update(sender_pace).where(sender_pace.c.number == bindparam("of")).values(free_at=bindparam("until"))
_queued = outbound.c.state == spelled(states.QUEUED)


def others_wait(connection: Connection, paces: Paces) -> bool:
    """Whether anything is queued for numbers without a pace: to look for it would be to pass all the others by."""
    return connection.scalar(_OTHERS, {"numbers": [pace.number for pace in paces]}) is not None


# From number to number: what is queued for one is passed by in one step.
_lowest = select(func.min(outbound.c.from_phone).label("number")).where(_queued)
_seen = _lowest.cte("seen", recursive=True)
_next = _lowest.where(outbound.c.from_phone > _seen.c.number).scalar_subquery()
_seen = _seen.union_all(select(_next).where(_seen.c.number.is_not(None)))
_OTHERS = select(_seen.c.number).where(_seen.c.number.not_in(bindparam("numbers", expanding=True))).limit(1)


def due(waiting: ColumnElement[bool], paces: Paces, *, others: bool) -> CTE:
    """The rows to be claimed: of each paced number its `room_<n>` first, of all others `limit`; of these `limit`."""
    parts = [
        _first(outbound.c.from_phone == pace.number, waiting, f"room_{n}", f"paced_{n}") for n, pace in enumerate(paces)
    ]
    if others:
        rest = outbound.c.from_phone.not_in([pace.number for pace in paces])
        parts.append(_first(rest, waiting, "limit", "others"))
    every = union_all(*(select(part) for part in parts)).subquery("every")
    chosen = select(every.c.id).order_by(every.c.priority, every.c.id)
    return chosen.limit(bindparam("limit")).cte("due")


def _first(whose: ColumnElement[bool], waiting: ColumnElement[bool], limit: str, name: str) -> CTE:
    found = select(outbound.c.id, outbound.c.priority).where(whose, waiting)
    first = found.order_by(outbound.c.priority, outbound.c.id).limit(bindparam(limit))
    return first.with_for_update(skip_locked=True).cte(name)


def limits(rooms: Sequence[Room], paces: Paces) -> Mapping[str, int]:
    """The values of `due`'s parameters."""
    left = {room.pace.number: room.left for room in rooms}
    return {f"room_{n}": left[pace.number] for n, pace in enumerate(paces)}


def wait_ms(connection: Connection, waiting: ColumnElement[bool], paces: Paces) -> int | None:
    """Until a paced number that has something waiting may send again; None where none has."""
    if not paces:
        return None
    mine = exists().where(outbound.c.from_phone == sender_pace.c.number, waiting).correlate(sender_pace)
    named = sender_pace.c.number.in_([pace.number for pace in paces])
    behind = select(sender_pace.c.number, sender_pace.c.free_at - literal_column("1000") * db_now())
    gaps = {pace.number: pace.gap_us for pace in paces}
    waits: list[Any] = [gaps[number] + us for number, us in connection.execute(behind.where(named, mine))]
    return max(0, min(waits) // 1000) if waits else None
