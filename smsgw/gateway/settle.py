"""Settle: a delivery report is stored and raises its message's state."""

from smsgw.gateway.together import Together
from smsgw.messages import reports
from smsgw.messages.reports import Delivery
from smsgw.store import Store


class Settle:
    """The verb `settle`, shared by all requests of a web process."""

    def __init__(self, store: Store) -> None:
        self._together = Together(store.write, reports.apply_all, lambda: None)

    def __call__(self, delivery: Delivery) -> bool:
        """Commit one report; False for an orphan. StoreUnavailable: it was not stored."""
        return self._together.alone(delivery)

    async def gathered(self, delivery: Delivery) -> bool:
        """The same on an event loop, in one transaction with what comes at the same time."""
        return await self._together.gathered(delivery)

    def close(self) -> None:
        """Wait for what is being written."""
        self._together.close()
