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

    def __call__(self, arrival: Arrival) -> None:
        """Commit one inbound message, unless it is known already. StoreUnavailable: it was not stored."""
        self._together.alone(arrival)

    async def gathered(self, arrival: Arrival) -> None:
        """The same on an event loop, in one transaction with what comes at the same time."""
        await self._together.gathered(arrival)

    def close(self) -> None:
        """Wait for what is being written."""
        self._together.close()

    def _record(self, connection: Connection, arrivals: Sequence[Arrival]) -> list[None]:
        unique = {(arrival.carrier, arrival.carrier_id): arrival for arrival in arrivals}
        inbox.record(self._store, connection, list(unique.values()))
        return [None] * len(arrivals)
