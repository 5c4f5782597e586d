"""All scenarios, one family a file."""

from tests.faults.scenario import Scenario
from tests.faults.scenarios import (
    carrier,
    crowd,
    database,
    deaths,
    load,
    queue,
    reports,
    retention,
    surroundings,
    time,
    web,
    worker,
)

FAMILIES = (web, worker, queue, database, deaths, carrier, reports, load, crowd, time, surroundings, retention)
ALL: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in sorted((one for family in FAMILIES for one in family.SCENARIOS), key=lambda one: one.name)
}
