"""Faults of the workers: they die around a claim, a call and what they write of it."""

from tests.faults.crashes import crash
from tests.faults.moods import SILENT
from tests.faults.scenario import DARK, Scenario
from tests.faults.stage import Stage

DEATHS = 4
PER_SECOND = 3.0


def _dying(point: str, stage: Stage) -> None:
    """The worker dies at this point several times while messages are posted. No report comes: only the list tells."""
    stage.carrier.reports = SILENT
    stage.start("worker", *(crash(point, stage.dice.choice((1, 1, 2))) for _ in range(DEATHS)))
    stage.open(workers=0)
    stage.post(per_second=PER_SECOND)
    stage.wait(lambda: stage.kills >= 1, "a death")


def before_claim(stage: Stage) -> None:
    _dying("worker.before_claim", stage)


def before_call(stage: Stage) -> None:
    _dying("worker.before_call", stage)


def after_call(stage: Stage) -> None:
    _dying("worker.after_call", stage)


def after_mark(stage: Stage) -> None:
    _dying("worker.after_mark", stage)


SCENARIOS = (
    Scenario("F04", "worker killed before the claim", "it still waits; one reply", before_claim, count=30, quick=12),
    Scenario(
        "F05",
        "worker killed after the claim, before the call",
        "unknown, not in the list, failed_unknown: visible and never sent",
        before_call,
        count=30,
        quick=12,
        allows=DARK,
    ),
    Scenario(
        "F06",
        "worker killed after the carrier has taken it",
        "unknown, found in the list, accepted; one reply",
        after_call,
        count=30,
        quick=12,
        allows=DARK,
    ),
    Scenario(
        "F07",
        "worker killed after the outcome is written, its job not acknowledged",
        "the job's second run finds nothing; one reply",
        after_mark,
        count=30,
        quick=12,
        allows=DARK,
    ),
)
