"""Purge: texts are erased after their days, rows after theirs, and tombstones stay (reliability §2, retention)."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection

from smsgw import logs
from smsgw.clock import Clock
from smsgw.members import retention as members
from smsgw.messages import deletion, retention, turns
from smsgw.store import Store
from smsgw.store.leftovers import leave

TURN: Final = "purge"
EVERY_MS: Final = 60_000
TIDY: Final = "purge:tidy"
TIDY_EVERY_MS: Final = 24 * 3_600_000  # small tables are read whole
TURN_S: Final = 5.0  # of work in a turn: far below a job's time-out

log = logs.get()


@dataclass(frozen=True, slots=True)
class Keep:
    """Days that texts and rows are kept."""

    bodies_days: int = 30
    rows_days: int = 365


@dataclass(frozen=True, slots=True)
class Purged:
    """What a turn came to. `buried`: messages whose tombstone is written, and which go when it has rested."""

    emptied: int = 0
    deleted: int = 0
    buried: int = 0


def is_due(connection: Connection) -> bool:
    """Whether there is to be a turn now."""
    return turns.is_due(connection, TURN, EVERY_MS)


class PurgeVerb:
    """The verb `purge`: many short transactions. Any number of processes may call it: one of them has the turn."""

    def __init__(self, store: Store, clock: Clock, keep: Keep = Keep(), redact: Callable[[], int] = lambda: 0) -> None:
        """`redact`: empties texts at a carrier for a while; how many."""
        self._store = store
        self._clock = clock
        self._keep = keep
        self._redact = redact

    def __call__(self) -> int:
        """Purge for a while, where the turn is due; how many messages were emptied or deleted."""
        with self._store.write() as connection:
            mine = turns.claim(connection, TURN, EVERY_MS)
            tidy = mine and turns.claim(connection, TIDY, TIDY_EVERY_MS)
        if not mine:
            return 0
        until = time.monotonic() + TURN_S
        done = self.now(lambda count: time.monotonic() < until)
        if tidy:
            self.tidy()
        if redacted := self._redact():
            log.info("redacted", messages=redacted)
        if done.emptied or done.deleted:
            log.info("purged", emptied=done.emptied, deleted=done.deleted, buried=done.buried)
        return done.emptied + done.deleted

    def now(self, tick: Callable[[int], bool]) -> Purged:
        """Purge until nothing is left or `tick`, which is told how many more are done, says so."""
        done = replace(self._delete(tick), emptied=sum(self._empty(one, tick) for one in retention.LOGS))
        return replace(done, deleted=done.deleted + self._repeat(self._notices, tick))

    def tidy(self) -> int:
        """Leave behind what is old in the small tables, which are read whole; how many rows."""
        keep, now_ms = self._keep, self._clock.now_ms()
        small = *retention.leftovers(keep.bodies_days, keep.rows_days), *members.leftovers(now_ms, keep.rows_days)
        return sum(sum(leave(self._store, one)) for one in small)

    def left(self) -> tuple[int, int]:
        """How many texts and how many rows are due. Reads the whole log."""
        with self._store.read() as connection:
            texts = retention.texts_left(connection, self._keep.bodies_days)
            return texts, deletion.rows_left(connection, self._keep.rows_days)

    def _empty(self, which: retention.Log, tick: Callable[[int], bool]) -> int:
        def step(connection: Connection) -> int:
            done = retention.empty(connection, which, self._keep.bodies_days)
            if done.waiting:
                step_next = "see why it is not closed; its text goes with its row"
                log.error("text_kept", table=which.table.name, first_id=done.waiting[0], next_step=step_next)
            return done.rows

        return self._repeat(step, tick)

    def _delete(self, tick: Callable[[int], bool]) -> Purged:
        after, done = 0, Purged()
        while page := self._page(after):
            after = page[-1].id
            deleted, buried = self._bury([one for one in page if one.free])
            done = replace(done, deleted=done.deleted + deleted, buried=done.buried + buried)
            if not tick(deleted):
                break
        return done

    def _page(self, after: int) -> list[deletion.Old]:
        with self._store.read() as connection:
            return deletion.old(self._store, connection, after, self._keep.rows_days)

    def _bury(self, page: list[deletion.Old]) -> tuple[int, int]:
        """Delete those whose tombstones have rested, write those that are not there; how many were deleted, and not."""
        with self._store.read() as connection:
            there, rested = deletion.buried(connection, page)
        ready = [one.id for one in page if one.digest in rested]
        with self._store.write() as connection:
            deletion.bury(connection, [one for one in page if one.digest not in there])
            deleted = deletion.delete_conversations(connection, ready, self._keep.rows_days)
        return deleted, len(page) - len(ready)

    def _notices(self, connection: Connection) -> int:
        return deletion.delete_notices(connection, self._keep.rows_days)

    def _repeat(self, step: Callable[[Connection], int], tick: Callable[[int], bool]) -> int:
        """Run a step, each time in a transaction of its own, until it finds nothing or `tick` says so; the sum."""
        done = 0
        while True:
            with self._store.write() as connection:
                more = step(connection)
            done += more
            if not tick(more) or not more:
                return done
