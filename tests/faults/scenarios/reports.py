"""Faults of delivery reports: they come again and again, in any order, before the order's own answer."""

from smsgw.messages.tables import outbound
from tests.faults.moods import Reports, in_turn
from tests.faults.scenario import Scenario
from tests.faults.stage import Stage


def wild_reports(stage: Stage) -> None:
    """Reports come three times, in any order, some never, the first before the order's own answer."""
    words = ("sent", "undelivered", "delivered")
    stage.carrier.reports = Reports(words, repeats=3, shuffled=True, early=True, wait_s=0.0)
    stage.open()
    stage.post(at_once=20)


def all_reported(stage: Stage) -> None:
    stage.notes["reports"] = stage.carrier.counts.reports
    stage.require(stage.carrier.counts.reports_refused == 0, "reports were not answered 200")


def early_report(stage: Stage) -> None:
    """The first report comes while the order's own answer is still under way."""
    stage.carrier.reports, stage.carrier.mood = Reports(early=True), in_turn("slow")
    stage.open()
    stage.post()


def ids_are_known(stage: Stage) -> None:
    all_reported(stage)
    without = stage.outbound(outbound.c.carrier_id.is_(None))
    stage.require(without == 0, f"{without} messages lack the carrier's id")


SCENARIOS = (
    Scenario(
        "F26",
        "reports three times, in any order, some before the answer",
        "each message ends as its highest report says",
        wild_reports,
        count=200,
        quick=40,
        check=all_reported,
    ),
    Scenario(
        "F27",
        "a report before the order's own answer",
        "accepted once, the carrier's id is known",
        early_report,
        count=40,
        quick=10,
        check=ids_are_known,
    ),
)
