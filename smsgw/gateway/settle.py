"""Settle: a delivery report is stored and raises its message's state."""

from collections.abc import Sequence

from sqlalchemy import Connection

from smsgw.gateway.together import Together
from smsgw.messages import reports
from smsgw.messages.reports import Delivery
from smsgw.store import Store


class Settle:
    """The verb `settle`, shared by all requests of a web process."""

    def __init__(self, store: Store) -> None:
        self._together = Together(store.write, _apply, lambda: None)

    def __call__(self, delivery: Delivery) -> bool:
        """Commit one report; False for an orphan. StoreUnavailable: it was not stored."""
        return self._together.alone(delivery)

    async def gathered(self, delivery: Delivery) -> bool:
        """The same on an event loop, in one transaction with what comes at the same time."""
        return await self._together.gathered(delivery)

    def close(self) -> None:
        """Wait for what is being written."""
        self._together.close()


def _apply(connection: Connection, deliveries: Sequence[Delivery]) -> list[bool]:
    known: dict[Delivery, bool] = {}
    for carrier in {delivery.carrier for delivery in deliveries}:
        mine = [delivery for delivery in deliveries if delivery.carrier == carrier]
        known.update(zip(mine, reports.apply_all(connection, mine), strict=True))
    return [known[delivery] for delivery in deliveries]
