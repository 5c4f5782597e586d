"""The model of delivery: every crash point and carrier's whim through the real verbs; nothing lost, doubled or untrue.

A group of scenarios plays side by side on one database whose clock is moved by hand (tests/model).
"""

import json
import logging
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import structlog

from smsgw.store import Cipher, Store, open_store
from tests.model.clock import DatabaseClock
from tests.model.play import Played, folder, play
from tests.model.scenarios import FAR_NOBODY, LAGS, NOBODY, POINTS, Group, Point, Scenario, groups
from tests.model.world import World
from tests.support.mutants import environment, mutated_tree

AT_LEAST = 11_340  # scenarios, each with every lag of the carrier's list


@pytest.fixture
def quick_store(sqlite_template: Path, cipher: Cipher) -> Iterator[Store]:
    """A store on a fresh SQLite database in memory."""
    with folder() as home, closing(open_store(f"sqlite:///{home}/model.sqlite", cipher)) as store:
        shutil.copy(sqlite_template, Path(home) / "model.sqlite")
        yield store


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    """Each of thousands of failures would be told."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


def told(played: Played) -> list[str]:
    return [f"{fault.kind}: {fault.what}: {fault.scenario}" for fault in played.faults[:10]]


@pytest.mark.parametrize("group", groups(), ids=str)
def test_nothing_is_lost_doubled_or_untrue(
    quick_store: Store, group: Group, record_property: Callable[[str, object], None]
) -> None:
    played = play(quick_store, group)
    record_property("model", played.figures())
    assert told(played) == []
    assert (played.deaths > 0) == (group.point not in (NOBODY, FAR_NOBODY))


# One group of each point, and of each other way that calls may go.
SLICE = [*{group.point: group for group in reversed(groups(31))}.values(), *groups(31)[1:5]]


@pytest.mark.parametrize("group", SLICE, ids=str)
def test_nothing_is_on_postgresql_either(postgresql_store: Store, group: Group) -> None:
    played = play(postgresql_store, group)
    assert told(played) == []
    assert (played.deaths > 0) == (group.point not in (NOBODY, FAR_NOBODY))


def test_the_scenarios_are_many_and_no_two_are_the_same() -> None:
    everything = [scenario for group in groups() for scenario in group.scenarios()]
    assert len(everything) == len({*everything})
    assert {scenario.point for scenario in everything} == {*POINTS}
    for lag in LAGS:
        assert sum(scenario.lag == lag for scenario in everything) >= AT_LEAST


@pytest.mark.parametrize("nobody", [NOBODY, FAR_NOBODY], ids=str)
def test_every_transaction_of_a_verb_has_its_points(sqlite_store: Store, nobody: Point) -> None:
    clock = DatabaseClock(sqlite_store)
    found: dict[str, int] = {}
    for webhook in ("late", "missed"):
        world = World(sqlite_store, clock, [Scenario(nobody, webhook, ("429",), "reset, taken", "late", "one look")])
        world.live()
        found |= {verb: max(count, found.get(verb, 0)) for verb, count in world.transactions.items()}
        clear(sqlite_store)
    named = {
        verb: max(point.write for point in POINTS if point.verb == verb and point.far in (False, nobody.far))
        for verb in found
    }
    # With little to answer the worker looks for what else is to be sent: the first transaction of that verb. Where the
    # carrier is far that is what sends what was answered.
    assert found == named | ({} if nobody.far else {"answer": named["answer"] + 1})


def clear(store: Store) -> None:
    with store.write() as connection:
        for table in ("outbound_event", "outbound", "inbound"):
            connection.exec_driver_sql(f"DELETE FROM {table}")


MUTANTS = {"claim_after_call": "double", "no_unique_inbound": "double", "last_write_wins": "mismatch"}


@pytest.mark.parametrize("name", MUTANTS)
def test_the_model_finds_each_mutant(name: str, tmp_path: Path) -> None:
    tree, file = mutated_tree(name, tmp_path), tmp_path / "model.json"
    slice_of_it = ["--part", "31", "--point", "nobody", "--point", "send.2.begin", "--json", str(file)]
    command = [sys.executable, "-m", "tests.model", *slice_of_it]
    done = subprocess.run(command, cwd=tree, env=environment(tree), capture_output=True, check=False)
    assert done.returncode == 1, done.stderr
    lags = json.loads(file.read_text())["lags"].values()
    assert sum(counts[MUTANTS[name]] for counts in lags) > 0
