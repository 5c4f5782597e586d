"""Look: a carrier is asked for messages whose call ended in the dark. They are never sent again."""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor

from smsgw import logs
from smsgw.carriers import Carrier
from smsgw.messages import looks
from smsgw.messages.looks import Entry, Look
from smsgw.store import Store

BATCH = 64
BEGIN_WITHIN_S = 10.0  # with a request's own time-outs this is shorter than a job

log = logs.get()


class LookVerb:
    """The verb `look`. Requests run on `pool`; no transaction is open meanwhile."""

    def __init__(self, store: Store, carriers: Mapping[str, Carrier], pool: Executor) -> None:
        self._store = store
        self._carriers = carriers
        self._pool = pool

    def __call__(self, limit: int = BATCH) -> int:
        """Look for up to `limit` messages whose look is due; how many were claimed."""
        with self._store.write() as connection:
            claimed = looks.claim(connection, limit)
        pairs = _pairs(claimed)
        begin_by = time.monotonic() + BEGIN_WITHIN_S
        for pair, entries in zip(pairs, self._pool.map(lambda pair: self._ask(pair, begin_by), pairs), strict=True):
            if entries is not None:
                self._settle(pair, entries)
        return len(claimed)

    def _ask(self, pair: Sequence[Look], begin_by: float) -> list[Entry] | None:
        """What the carrier has for this pair of phones; None where it gives no answer now."""
        carrier = self._carriers.get(pair[0].carrier)
        if carrier is None:
            return []  # taken out of the settings: nobody is left to ask
        if time.monotonic() > begin_by:
            return None
        since_ms = min(look.claimed_at for look in pair) - looks.EARLY_MS
        found = carrier.list_sent(pair[0].to_phone, pair[0].from_phone, since_ms)
        if found is None:
            log.warning("list_unanswered", carrier=carrier.name, waiting=len(pair))
            return None
        return [Entry(one.carrier_id, one.body, one.status, one.created_ms) for one in found]

    def _settle(self, pair: Sequence[Look], entries: Sequence[Entry]) -> None:
        with self._store.write() as connection:
            settled = looks.settle(connection, pair, entries)
        for outbound_id in settled.found:
            log.info("found", outbound_id=outbound_id)
        for outbound_id in settled.given_up:
            log.error("failed_unknown", outbound_id=outbound_id, next_step="it is not sent again unless you resend it")


def _pairs(claimed: Sequence[Look]) -> list[list[Look]]:
    pairs: defaultdict[tuple[str, str, str], list[Look]] = defaultdict(list)
    for look in claimed:
        pairs[look.carrier, look.from_phone, look.to_phone].append(look)
    return [*pairs.values()]
