"""Points at which a process of the gateway kills itself, laid over its services from outside."""

import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy import Connection, event

from smsgw.carriers import Carrier, Outcome, Parcel
from smsgw.gateway.bell import Bell
from smsgw.gateway.receive import Receive
from smsgw.gateway.settle import Settle
from smsgw.members.directory import Directory
from smsgw.services import Services
from smsgw.store import Store
from tests.faults.actors import Twist

SENT_S = 0.3  # for an answer to leave before its process dies


@dataclass(slots=True)
class Fate:
    """Dies at the `left`-th time that it is met."""

    left: int

    def meet(self) -> None:
        """One step nearer to the end."""
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
            signal.pause()  # until it arrives


class MortalStore(Store):
    """A store that meets its fate at the commit of a transaction which ran a certain statement."""

    def __init__(self, store: Store, fate: Fate, statement: str, *, committed: bool) -> None:
        super().__init__(store.engine, store.cipher)
        self._fate = fate
        self._statement = re.compile(statement)
        self._committed = committed
        self._seen = threading.local()
        event.listen(store.engine, "before_cursor_execute", self._look)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction, perhaps the last one."""
        self._seen.it = False
        with super().write() as connection:
            yield connection
            if self._seen.it and not self._committed:
                self._fate.meet()
        if self._seen.it and self._committed:
            self._fate.meet()

    @contextmanager
    def write_one(self) -> Iterator[Connection]:
        """A statement that is a transaction by itself where the database is PostgreSQL, else as `write`."""
        self._seen.it = False
        with super().write_one() as connection:
            yield connection
        if self._seen.it and self._committed and self.engine.dialect.name != "sqlite":
            self._fate.meet()

    def _look(self, connection: Connection, cursor: Any, statement: str, *rest: Any) -> None:
        if self._statement.search(statement):
            self._seen.it = True
            alone = connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"
            if alone and not self._committed:
                self._fate.meet()


class MortalCarrier:
    """A carrier whose caller meets its fate right before the call, or right after it."""

    def __init__(self, carrier: Carrier, fate: Fate, *, called: bool) -> None:
        self._carrier = carrier
        self._fate = fate
        self._called = called

    def __getattr__(self, name: str) -> Any:
        return getattr(self._carrier, name)

    def send(self, parcel: Parcel) -> Outcome:
        """One call, or none."""
        if not self._called:
            self._fate.meet()
        outcome = self._carrier.send(parcel)
        if self._called:
            self._fate.meet()
        return outcome


class MortalBell:
    """A bell whose ringer meets its fate before it rings, when the answers of the moment are out."""

    def __init__(self, bell: Bell, fate: Fate) -> None:
        self._bell = bell
        self._fate = fate

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bell, name)

    def ring(self, verb: str) -> None:
        """Ring, or not."""
        if self._fate.left == 1:
            time.sleep(SENT_S)
        self._fate.meet()
        self._bell.ring(verb)


def with_store(services: Services, store: Store) -> Services:
    """Services over another store."""
    receive = Receive(store, services.bell, with_pin=services.settings.pin == "on")
    return replace(services, store=store, receive=receive, settle=Settle(store), directory=Directory(store))


def with_bell(services: Services, bell: Bell) -> Services:
    """Services with another bell."""
    receive = Receive(services.store, bell, with_pin=services.settings.pin == "on")
    return replace(services, bell=bell, receive=receive)


def _at_statement(statement: str, committed: bool, services: Services, fate: Fate) -> Services:
    return with_store(services, MortalStore(services.store, fate, statement, committed=committed))


def _at_call(called: bool, services: Services, fate: Fate) -> Services:
    carriers: Mapping[str, Any] = {
        name: MortalCarrier(carrier, fate, called=called) for name, carrier in services.carriers.items()
    }
    return replace(services, carriers=carriers)


def _at_ring(services: Services, fate: Fate) -> Services:
    return with_bell(services, MortalBell(services.bell, fate))


RECEIVED = r"INSERT INTO inbound\b"
QUEUED_OR_CLAIMED = r"INSERT INTO outbound \(|UPDATE outbound SET state=[?%][^\n]*claim_token="
MARKED = r"UPDATE outbound SET state=CASE"

POINTS: Mapping[str, Callable[[Services, Fate], Services]] = {
    "web.before_commit": partial(_at_statement, RECEIVED, False),
    "web.after_commit": partial(_at_statement, RECEIVED, True),
    "web.before_ring": _at_ring,
    "worker.before_claim": partial(_at_statement, QUEUED_OR_CLAIMED, False),
    "worker.before_call": partial(_at_call, False),
    "worker.after_call": partial(_at_call, True),
    "worker.after_mark": partial(_at_statement, MARKED, True),
}


def crash(point: str, after: int = 1) -> Twist:
    """The process kills itself the `after`-th time that it comes to this point."""
    return partial(_doomed, point, after)


def _doomed(point: str, after: int, services: Services) -> Services:
    return POINTS[point](services, Fate(after))
