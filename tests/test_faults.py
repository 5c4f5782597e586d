"""The quick set of the faults: real processes die, and nothing is lost, doubled, mismatched or stuck.

Most of a run is waiting, so several are made side by side.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.faults.house import open_house
from tests.faults.runner import Row, run
from tests.faults.scenario import BOTH
from tests.faults.scenarios import ALL

AT_ONCE = 4
SEED = 1
QUICK = [(name, db) for name, scenario in ALL.items() if scenario.quick for db in BOTH]

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]

Runs = Mapping[tuple[str, str], "Future[Row]"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """The runs of the quick set, begun."""
    with open_house(tmp_path_factory.mktemp("faults")) as house, ThreadPoolExecutor(AT_ONCE) as pool:
        dbs = [db for db in BOTH if db == "sqlite" or house.postgresql is not None]
        yield {
            (name, db): pool.submit(run, ALL[name], house, db, SEED, ALL[name].quick) for name, db in QUICK if db in dbs
        }
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
