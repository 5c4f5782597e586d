"""The quick set of the faults: real processes die, and nothing is lost, doubled, mismatched or stuck.

Most of a run is waiting, so several are made side by side, those that wait longest first. A mutant of the program is
run by the command itself, in a copy of the program.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.faults.house import open_house
from tests.faults.runner import Row, run
from tests.faults.scenario import BOTH
from tests.faults.scenarios import ALL
from tests.support.mutants import environment, mutated_tree

AT_ONCE = 8
SEED = 1
QUICK = [(name, db) for name, scenario in ALL.items() if scenario.quick for db in BOTH]
LONG = ("F21", "F10", "F22", "F05", "F06", "F19")
# The scenario that finds each mutant, with so many messages, and what it counts there.
FOUND_BY = {
    "claim_after_call": ("F06", "8", "doubled"),
    "no_unique_inbound": ("F25", "4", "doubled"),
    "last_write_wins": ("F26", "20", "mismatched"),
}

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]

Runs = Mapping[tuple[str, str], "Future[Row]"]
Mutants = Mapping[str, "Future[dict[str, Any]]"]


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    """Where the runs are made."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield pool
        pool.shutdown(cancel_futures=True)


@pytest.fixture(scope="module")
def mutants(pool: ThreadPoolExecutor, tmp_path_factory: pytest.TempPathFactory) -> Mutants:
    """The runs of the mutants, begun."""
    return {name: pool.submit(_found, name, tmp_path_factory.mktemp(name)) for name in FOUND_BY}


def _found(mutant: str, folder: Path) -> dict[str, Any]:
    """What the scenario found, which must have turned the command red."""
    scenario, count, _ = FOUND_BY[mutant]
    tree, told, said = mutated_tree(mutant, folder), folder / "told.json", folder / "said"
    command = [sys.executable, "-m", "tests.faults", "--scenario", scenario, "-n", count, "--db", "sqlite"]
    with said.open("wb") as out:
        done = subprocess.run([*command, "--json", told], check=False, cwd=tree, env=environment(tree), stdout=out)
    assert done.returncode == 1, said.read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(told.read_text(encoding="utf-8"))["rows"][0]
    return found


@pytest.fixture(scope="module")
def runs(pool: ThreadPoolExecutor, mutants: Mutants, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """The runs of the quick set, begun."""
    with open_house(tmp_path_factory.mktemp("faults"), BOTH) as house:
        dbs = [db for db in BOTH if db == "sqlite" or house.postgresql is not None]
        turns = [turn for turn in sorted(QUICK, key=lambda turn: turn[0] not in LONG) if turn[1] in dbs]
        yield {(name, db): pool.submit(run, ALL[name], house, db, SEED, ALL[name].quick) for name, db in turns}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize(("name", "db"), QUICK)
def test_nothing_is_lost_doubled_mismatched_or_stuck(runs: Runs, name: str, db: str) -> None:
    if (name, db) not in runs:
        pytest.skip("PostgreSQL's programs are not installed")
    row = runs[name, db].result()
    if row.skipped:
        pytest.skip(row.skipped)
    assert row.is_clean, row
    assert row.messages >= ALL[name].quick


@pytest.mark.parametrize("mutant", FOUND_BY)
def test_a_mutant_turns_the_table_red(mutants: Mutants, mutant: str) -> None:
    row = mutants[mutant].result()
    assert row[FOUND_BY[mutant][2]] > 0, row
