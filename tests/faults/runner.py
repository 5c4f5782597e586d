"""Running a scenario: the stage is opened, the scenario plays, everything drains, the oracle judges."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults.drain import drain
from tests.faults.house import House
from tests.faults.oracle import Verdict, judge
from tests.faults.scenario import Scenario
from tests.faults.stage import Stage


@dataclass(frozen=True)
class Row:
    """One run of a scenario, as it is written down. `skipped`: why there was none."""

    scenario: str
    title: str
    db: str
    seed: int
    skipped: str = ""
    kills: int = 0
    messages: int = 0
    accepted: int = 0
    failed_unknown: int = 0
    expired: int = 0
    other: int = 0
    lost: int = 0
    doubled: int = 0
    mismatched: int = 0
    stuck: int = 0
    silence_s: float = 0.0
    seconds: float = 0.0
    figures: tuple[tuple[str, float], ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, doubled, mismatched or stuck, and nothing else is the matter."""
        return not (self.lost or self.doubled or self.mismatched or self.stuck or self.problems)


def run(scenario: Scenario, house: House, kind: str, seed: int, count: int, *, alone: bool = False) -> Row:
    """Play a scenario once on this database; `alone`: nothing else runs beside it, so that its times tell something."""
    if why := scenario.skipped(kind):
        return Row(scenario.name, scenario.title, kind, seed, skipped=why)
    started = time.monotonic()
    with (
        TemporaryDirectory(prefix="smsgw-faults-") as folder,
        closing(_stage(scenario, house, kind, Path(folder), seed, count, alone=alone)) as stage,
    ):
        try:
            scenario.play(stage)
        except TimeoutError as error:  # something never came: what is there is judged all the same
            stage.faults.append(str(error))
        drain(stage, scenario.drain_s)
        scenario.check(stage)
        verdict = judge(stage, scenario.allows)
        return _row(scenario, stage, seed, verdict, time.monotonic() - started)


@dataclass(frozen=True)
class Turn:
    """One run that is to be made."""

    scenario: Scenario
    db: str
    seed: int
    count: int


def run_all(house: House, turns: Sequence[Turn], at_once: int) -> Iterator[Row]:
    """Make these runs, so many side by side, each on a stage of its own, then one by one those that are to be alone."""
    for alone, width in ((False, at_once), (True, 1)):
        with ThreadPoolExecutor(width, thread_name_prefix="scenario") as pool:
            mine = [turn for turn in turns if turn.scenario.alone is alone]
            yield from pool.map(partial(_play, house, alone=width == 1), mine)


def _play(house: House, turn: Turn, *, alone: bool) -> Row:
    return run(turn.scenario, house, turn.db, turn.seed, turn.count, alone=alone)


def _stage(scenario: Scenario, house: House, kind: str, folder: Path, seed: int, count: int, *, alone: bool) -> Stage:
    own_server, disk_bytes = scenario.own_server, scenario.disk_bytes
    return Stage(house, kind, folder, seed, count, own_server=own_server, disk_bytes=disk_bytes, alone=alone)


def _row(scenario: Scenario, stage: Stage, seed: int, verdict: Verdict, seconds: float) -> Row:
    named = {"accepted", "failed_unknown", "expired"}
    return Row(
        scenario=scenario.name,
        title=scenario.title,
        db=stage.kind,
        seed=seed,
        kills=stage.kills,
        messages=verdict.messages,
        accepted=verdict.ends["accepted"],
        failed_unknown=verdict.ends["failed_unknown"],
        expired=verdict.ends["expired"],
        other=sum(times for end, times in verdict.ends.items() if end not in named),
        lost=verdict.lost,
        doubled=verdict.doubled,
        mismatched=verdict.mismatched,
        stuck=verdict.stuck,
        silence_s=round(verdict.silence_s, 2),
        seconds=round(seconds, 1),
        figures=tuple(sorted((name, round(value, 3)) for name, value in stage.notes.items())),
        problems=(*stage.faults, *verdict.problems),
    )
