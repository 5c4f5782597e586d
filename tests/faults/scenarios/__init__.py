"""All scenarios, one family a file."""

from tests.faults.scenario import Scenario
from tests.faults.scenarios import carrier, database, load, queue, retention, time, web, worker

ALL: dict[str, Scenario] = {
    scenario.name: scenario
    for family in (web, worker, queue, database, carrier, load, time, retention)
    for scenario in sorted(family.SCENARIOS, key=lambda scenario: scenario.name)
}
