"""Reroutes: a message that its carrier provably did not take goes to the next carrier of its number (docs/carriers.md).

It stays the same row with the same callback token, and its tries go on being counted.
"""

import secrets
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, bindparam, exists, select, update

from smsgw.messages import events, pauses, states
from smsgw.messages.events import Step
from smsgw.messages.tables import carrier_pause, outbound, outbound_event
from smsgw.store import db_now
from smsgw.store.sql import spelled

TRIES: Final = 3  # with one carrier, after which the next one has its turn
AT_ONCE: Final = 500  # rows in a transaction: the next sweep takes the rest
CAUSE: Final = "reroute"

Routes = Mapping[str, Sequence[str]]  # the carriers of each of our numbers


class Why(StrEnum):
    """Why a message leaves its carrier. In each case the carrier has not taken it."""

    TRIES = "tries"  # it could not be reached, or was too busy, several times
    ACCOUNT = "account"  # it refuses our account
    REFUSED = "refused"  # it does not carry from this number, or to this phone


@dataclass(frozen=True, slots=True)
class Leaving:
    """A claimed message that may go by another carrier: by which it did not go, and why."""

    outbound_id: int
    number: str
    carrier: str
    attempts: int
    why: Why


def plan(connection: Connection, routes: Routes, leaving: Iterable[Leaving]) -> dict[int, str]:
    """The next carrier of each message, by its row; one that has no other carrier now is left out.

    A carrier that refused this very message is not asked again. A paused one is only waited for by what its own
    carrier has refused for good.
    """
    routed = [one for one in leaving if one.number in routes]
    if not routed:
        return {}
    paused = pauses.standing(connection)
    refusals = _refusals(connection, [one.outbound_id for one in routed])
    moves = {one.outbound_id: _next(one, routes[one.number], paused, refusals[one.outbound_id]) for one in routed}
    return {row_id: carrier for row_id, carrier in moves.items() if carrier is not None}


def _next(one: Leaving, route: Sequence[str], paused: Collection[str], refusals: Collection[str]) -> str | None:
    others = [carrier for carrier in _others(route, one.carrier) if carrier not in refusals]
    free = [carrier for carrier in others if carrier not in paused]
    wait_for = others if one.why is Why.REFUSED else []
    return next(iter([*free, *wait_for]), None)


def _others(route: Sequence[str], carrier: str) -> Sequence[str]:
    """The other carriers of a route, from the one after this one on, round to the one before it."""
    at = route.index(carrier) + 1 if carrier in route else 0
    return [other for other in (*route[at:], *route[:at]) if other != carrier]


def _refusals(connection: Connection, ids: Sequence[int]) -> Mapping[int, set[str]]:
    refused = outbound_event.c.cause_key.startswith(f"{CAUSE}:{Why.REFUSED}:")
    found = select(outbound_event.c.outbound_id, outbound_event.c.cause_key)
    refusals: defaultdict[int, set[str]] = defaultdict(set)
    for row_id, key in connection.execute(found.where(outbound_event.c.outbound_id.in_(ids), refused)):
        refusals[row_id].add(key.split(":")[2])
    return refusals


def carry_out(connection: Connection, token: str, leaving: Iterable[Leaving], moves: Mapping[int, str]) -> None:
    """Give messages that claim `token` has just brought back to the queue to their next carriers."""
    for one in leaving:
        carrier = moves.get(one.outbound_id)
        if carrier is not None:
            moved = connection.scalar(_MOVE, {"row_id": one.outbound_id, "token": token, "next": carrier})
            ids = [one.outbound_id] if moved is not None else []
            events.add(connection, ids, CAUSE, f"{one.why}:{one.carrier}:{one.attempts}", _STEP)


_STEP = Step(states.QUEUED, states.QUEUED)
_queued = outbound.c.state == spelled(states.QUEUED)
_MOVE = (
    update(outbound)
    .where(outbound.c.id == bindparam("row_id"), _queued, outbound.c.claim_token == bindparam("token"))
    .values(carrier=bindparam("next"), updated_at=db_now())
    .returning(outbound.c.id)
)


def evacuate(connection: Connection, routes: Routes) -> int:
    """Take what waits for a paused carrier to another one of its number, but for the probe; how many."""
    paused = pauses.standing(connection) if routes else set()
    return sum(
        _evacuate(connection, number, carrier, free[0])
        for carrier in sorted(paused)
        for number, route in routes.items()
        if (free := [other for other in _others(route, carrier) if other not in paused])
    )


def _evacuate(connection: Connection, number: str, carrier: str, to: str) -> int:
    values = {"number": number, "paused": carrier, "next": to, "refused": f"{CAUSE}:{Why.REFUSED}:{to}:%"}
    ids = [*connection.scalars(_EVACUATE, values)]
    events.add(connection, ids, CAUSE, f"paused:{carrier}:{secrets.token_hex(4)}", _STEP)
    return len(ids)


_refused_before = exists().where(
    outbound_event.c.outbound_id == outbound.c.id, outbound_event.c.cause_key.like(bindparam("refused"))
)
_probes = select(carrier_pause.c.probe_id).where(carrier_pause.c.probe_id.is_not(None))
_stuck: Any = (
    select(outbound.c.id)
    .where(_queued, outbound.c.carrier == bindparam("paused"), outbound.c.from_phone == bindparam("number"))
    .where(outbound.c.id.not_in(_probes), ~_refused_before)
    .order_by(outbound.c.priority, outbound.c.id)
    .limit(AT_ONCE)
    .with_for_update(skip_locked=True, of=outbound)
    .cte("stuck")
)
_EVACUATE = (
    update(outbound)
    .where(outbound.c.id.in_(_stuck.select()))
    .values(carrier=bindparam("next"), updated_at=db_now())
    .returning(outbound.c.id)
)
