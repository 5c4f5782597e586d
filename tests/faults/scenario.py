"""A scenario: what is injected, what is expected, and how it is played."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.stage import Stage

BOTH = ("sqlite", "postgresql")
ACCEPTED_ALONE: frozenset[str] = frozenset()
DARK = frozenset({"failed_unknown"})


def nothing(stage: Stage) -> None:
    """No check besides the oracle's."""


@dataclass(frozen=True)
class Scenario:
    """`allows`: ends of a message besides "accepted". `skips`: why a database is left out, by its name.

    `count`: messages; `quick`: messages in the quick set, 0 where it has no place there. `once`: the seed changes
    nothing, so one run tells all. `check`: what else must hold when everything has drained. `own_server`: it ends its
    PostgreSQL. `disk_bytes`: its database has a disk of its own, no larger than that.
    `alone`: it measures, so nothing is played beside it; where something is, its ceilings are not held against it.
    """

    name: str
    title: str
    expected: str
    play: Callable[[Stage], None]
    count: int
    quick: int = 0
    allows: frozenset[str] = ACCEPTED_ALONE
    skips: tuple[tuple[str, str], ...] = ()
    once: bool = False
    check: Callable[[Stage], None] = nothing
    own_server: bool = False
    disk_bytes: int = 0
    alone: bool = False
    drain_s: float = 60.0

    def skipped(self, kind: str) -> str:
        """Why it is not played on this database; empty where it is."""
        if self.disk_bytes and os.geteuid() != 0:
            return "a disk of its own takes root's rights"
        return dict(self.skips).get(kind, "")
