"""Collect: messages whose webhook never reached us are taken from the carrier's list (reliability §4.3, rule 13)."""

from collections.abc import Mapping, Sequence

from smsgw import logs
from smsgw.carriers import Carrier
from smsgw.carriers.base import Received
from smsgw.gateway.bell import Bell
from smsgw.gateway.receive import Receive, arrival
from smsgw.messages import collecting
from smsgw.messages.collecting import Turn
from smsgw.messages.rows import Source
from smsgw.store import Store

AT_ONCE = 100  # messages in a transaction

log = logs.get()


class CollectVerb:
    """The verb `collect`. Any number of processes may call it: one of them has the turn."""

    def __init__(self, store: Store, carriers: Mapping[str, Carrier], receive: Receive, bell: Bell) -> None:
        self._store = store
        self._carriers = carriers
        self._receive = receive
        self._bell = bell

    def __call__(self) -> int:
        """Ask each carrier what it has for our numbers, where the turn is due; how many were missing."""
        with self._store.write() as connection:
            turn = collecting.claim(connection)
        if turn is None:
            return 0
        missed = sum(self._collect(carrier, turn) for carrier in self._carriers.values())
        if missed:
            self._bell.ring("answer")
        return missed

    def _collect(self, carrier: Carrier, turn: Turn) -> int:
        with self._store.read() as connection:
            since_ms = collecting.since(connection, carrier.name, turn)
        answers = [carrier.list_received(number, since_ms) for number in carrier.numbers]
        missed = sum(self._enter(carrier.name, found) for found in answers if found)
        if None not in answers:
            with self._store.write() as connection:
                collecting.answered(connection, carrier.name, turn)
        else:
            log.warning("list_unanswered", carrier=carrier.name, next_step="it is asked again in five minutes")
        if missed:
            log.error("webhooks_missed", carrier=carrier.name, found=missed, next_step="see what stands before the web")
        return missed

    def _enter(self, carrier: str, found: Sequence[Received]) -> int:
        parts = (found[at : at + AT_ONCE] for at in range(0, len(found), AT_ONCE))
        return sum(self._record(carrier, part) for part in parts)

    def _record(self, carrier: str, found: Sequence[Received]) -> int:
        with self._store.read() as connection:
            known = collecting.known(connection, carrier, [one.carrier_id for one in found])
        missing = [arrival(carrier, one, Source.SWEEP) for one in found if one.carrier_id not in known]
        if missing:
            self._receive.together(missing)
        return len(missing)
