"""Receive: an inbound message is on disk before its sender is told so."""

from collections.abc import Sequence

from sqlalchemy import Connection

from smsgw.gateway.bell import Bell
from smsgw.gateway.together import Together
from smsgw.messages import inbox
from smsgw.messages.rows import Arrival
from smsgw.store import Store


class Receive:
    """The verb `receive`, shared by all requests of a web process."""

    def __init__(self, store: Store, bell: Bell) -> None:
        self._store = store
        self._together = Together(store, self._record, lambda: bell.ring("answer"))

    def __call__(self, arrival: Arrival) -> bool:
        """Commit one inbound message; whether it was new. StoreUnavailable: it was not stored."""
        return self._together.alone(arrival)

    async def gathered(self, arrival: Arrival) -> bool:
        """The same on an event loop, in one transaction with what comes at the same time."""
        return await self._together.gathered(arrival)

    def close(self) -> None:
        """Wait for what is being written."""
        self._together.close()

    def _record(self, connection: Connection, arrivals: Sequence[Arrival]) -> list[bool]:
        unique = {(arrival.carrier, arrival.carrier_id): arrival for arrival in arrivals}
        fresh = set(inbox.record(self._store, connection, list(unique.values())))
        return [_take(fresh, (arrival.carrier, arrival.carrier_id)) for arrival in arrivals]


def _take(fresh: set[tuple[str, str]], key: tuple[str, str]) -> bool:
    # Of two posts of one id in the same batch only the first is new.
    if key in fresh:
        fresh.discard(key)
        return True
    return False
