"""Settle: a delivery report is stored and raises its message's state."""

from smsgw.gateway.together import Together
from smsgw.messages import reports
from smsgw.messages.reports import Delivery
from smsgw.store import Store


class Settle:
    """The verb `settle`, shared by the threads of a web process."""

    def __init__(self, store: Store) -> None:
        self._together = Together(store, reports.apply_all, lambda: None)

    def __call__(self, delivery: Delivery) -> bool:
        """Commit one report; False for an orphan. StoreUnavailable: it was not stored."""
        return self._together.submit(delivery)
