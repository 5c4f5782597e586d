"""The network: the carrier and the participants on an event loop of their own, beside the scenario that plays."""

import asyncio
import threading
import time
from collections.abc import Coroutine
from concurrent.futures import Future
from random import Random
from typing import Any, TypeVar

from tests.faults.carrier import Carrier
from tests.faults.senders import Senders

Result = TypeVar("Result")


class Network:
    """The world outside. Its clock runs with the machine's, and is moved on where a scenario lets time pass."""

    def __init__(self, dice: Random) -> None:
        self._passed_s = 0.0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="network", daemon=True)
        self._thread.start()
        self.carrier = Carrier(dice, self.clock)
        self.senders = Senders(self.carrier, self.clock)
        self.port = self.run(self.carrier.start())

    def clock(self) -> float:
        """Seconds, those included that a scenario let pass."""
        return time.monotonic() + self._passed_s

    def pass_time(self, seconds: float) -> None:
        """Let time pass for the carrier."""

        async def passing() -> None:
            self._passed_s += seconds
            self.carrier.pass_time(seconds)

        self.run(passing())

    def start(self, work: Coroutine[Any, Any, Result]) -> "Future[Result]":
        """Begin something there."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def run(self, work: Coroutine[Any, Any, Result], within_s: float = 60.0) -> Result:
        """Do something there; its result."""
        return self.start(work).result(within_s)

    def close(self) -> None:
        """Close the carrier, and the loop."""
        self.run(self.carrier.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
