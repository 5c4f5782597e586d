"""The command `python -m tests.faults`: plays scenarios, shows each run, writes them down, fails where one is red."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from tests.faults import table
from tests.faults.house import open_house
from tests.faults.runner import Row, Turn, run_all
from tests.faults.scenario import BOTH, Scenario
from tests.faults.scenarios import ALL

Option = Callable[[click.Context, click.Parameter, str], list[str]]


def _words(known: Sequence[str]) -> Option:
    def read(context: click.Context, parameter: click.Parameter, value: str) -> list[str]:
        words = value.split(",")
        if wrong := set(words) - set(known):
            raise click.BadParameter(f"{', '.join(sorted(wrong))}: known are {', '.join(known)}")
        return words

    return read


def _numbers(context: click.Context, parameter: click.Parameter, value: str) -> list[int]:
    return [int(part) for part in value.split(",")]


@click.command(epilog="Example: python -m tests.faults --scenario F05,F06 --db postgresql --seed 1,2,3")
@click.option("--scenario", "names", callback=_words([*ALL]), default=",".join(ALL), help="F01,F02,…; all without it")
@click.option("--seed", "seeds", callback=_numbers, default="1", show_default=True, help="1,2,3,…")
@click.option("--db", "kinds", callback=_words(BOTH), default=",".join(BOTH), show_default=True, help="databases")
@click.option("-n", "count", type=int, default=0, help="messages; without it each scenario's own number")
@click.option("--quick", is_flag=True, help="the quick set with its small numbers")
@click.option("--at-once", default=1, show_default=True, help="runs side by side")
@click.option("--keep", is_flag=True, help="go on with the file: what it has is kept and not played again")
@click.option("--json", "path", type=click.Path(path_type=Path), default="build/faults.json", show_default=True)
def main(
    names: list[str], seeds: list[int], kinds: list[str], count: int, quick: bool, at_once: int, keep: bool, path: Path
) -> None:
    """Play faults with real processes, and count what was lost, doubled, mismatched or stuck."""
    chosen = [ALL[name] for name in names if not quick or ALL[name].quick]
    if not keep:
        path.unlink(missing_ok=True)
    turns = [*_turns(chosen, kinds, seeds, count, quick=quick)]
    turns = [turn for turn in turns if not table.holds(path, turn.scenario.name, turn.db, turn.seed)]
    with TemporaryDirectory(prefix="smsgw-faults-") as folder, open_house(Path(folder), kinds) as house:
        rows = [_told(path, row, at, len(turns)) for at, row in enumerate(run_all(house, turns, at_once), 1)]
    red = [row for row in rows if not row.is_clean]
    click.echo(f"{len(rows)} runs, {len(red)} red; written to {path}")
    sys.exit(bool(red))


def _turns(
    chosen: Sequence[Scenario], kinds: Sequence[str], seeds: Sequence[int], count: int, *, quick: bool
) -> Iterator[Turn]:
    for scenario in chosen:
        many = count or (scenario.quick if quick else scenario.count)
        for kind in kinds:
            for seed in seeds[:1] if scenario.once else seeds:
                yield Turn(scenario, kind, seed, many)


def _told(path: Path, row: Row, at: int, of: int) -> Row:
    """Written down at once: hours of runs may be cut off, and go on with `--keep`."""
    table.add(path, row)
    if row.skipped:
        click.echo(f"{at}/{of} {row.scenario} {row.db:<10} skipped: {row.skipped}")
        return row
    colour = "green" if row.is_clean else "red"
    ends = f"{row.accepted} accepted, {row.failed_unknown} failed_unknown, {row.expired} expired, {row.other} other"
    bad = f"lost {row.lost}, doubled {row.doubled}, mismatched {row.mismatched}, stuck {row.stuck}"
    figures = "".join(f", {name} {value:g}" for name, value in row.figures)
    line = f"{at}/{of} {row.scenario} {row.db:<10} seed {row.seed}: {row.kills} kills, "
    line += f"{row.messages} messages ({ends}), {bad}"
    line += f", longest silence {row.silence_s:.1f} s{figures}; {row.seconds:.1f} s"
    click.echo(click.style(f"{time.strftime('%H:%M:%S')} {line}", fg=colour))
    for problem in row.problems:
        click.echo(click.style(f"    {problem}", fg="red"))
    return row


if __name__ == "__main__":
    main()
