"""Receive: an inbound message is on disk before its sender is told so."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from smsgw.carriers.base import Received
from smsgw.gateway.bell import Bell
from smsgw.gateway.together import Together
from smsgw.keywords.secret import hide
from smsgw.messages import inbox
from smsgw.messages.rows import Arrival, Source
from smsgw.store import Store


def arrival(carrier: str, message: Received, source: Source = Source.WEBHOOK) -> Arrival:
    """A message that a carrier brought, or that its list has, as the log takes it."""
    return Arrival(
        carrier=carrier,
        carrier_id=message.carrier_id,
        from_phone=message.from_phone,
        to_phone=message.to_phone,
        body=message.body,
        num_media=message.num_media,
        opt_out_type=message.opt_out_type,
        source=source,
    )


class Receive:
    """The verb `receive`, shared by all requests of a web process."""

    def __init__(self, store: Store, bell: Bell, *, with_pin: bool = False) -> None:
        """`with_pin`: participants may send PINs, which are not to be stored with their texts."""
        self._store = store
        self._with_pin = with_pin
        self._together = Together(store.write_one, self._record, lambda: bell.ring("answer"))

    def __call__(self, arrival: Arrival) -> None:
        """Commit one inbound message, unless it is known already. StoreUnavailable: it was not stored."""
        self._together.alone(arrival)

    async def gathered(self, arrival: Arrival) -> None:
        """The same on an event loop, in one transaction with what comes at the same time."""
        await self._together.gathered(arrival)

    def together(self, arrivals: Sequence[Arrival]) -> None:
        """Commit several messages in one transaction, those that are not known already."""
        with self._store.write_one() as connection:
            self._record(connection, arrivals)

    def close(self) -> None:
        """Wait for what is being written."""
        self._together.close()

    def _record(self, connection: Connection, arrivals: Sequence[Arrival]) -> list[None]:
        unique = {(arrival.carrier, arrival.carrier_id): arrival for arrival in arrivals}
        new = [_hidden(arrival) if self._with_pin else arrival for arrival in unique.values()]
        inbox.record(self._store, connection, new)
        return [None] * len(arrivals)


def _hidden(arrival: Arrival) -> Arrival:
    body, secret = hide(arrival.body)
    return replace(arrival, body=body, secret=secret)
