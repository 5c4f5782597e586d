"""smsgw members: membership data in, invented (demo) or one's own (import)."""

import csv
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TextIO

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from smsgw.clock import today
from smsgw.config import load
from smsgw.members.demo import MAX_COUNT, OtherPopulation, populate
from smsgw.members.import_columns import COLUMNS
from smsgw.members.importing import ImportRefused, Problem, import_members
from smsgw.services import open_database

SHOWN = 20


@click.group("members", epilog="Example: smsgw members demo --count 1000")
def command() -> None:
    """Bring membership data in."""


@command.command("demo", epilog="Example: smsgw members demo --count 100000 --seed 1")
@click.option("--count", default=1_000, show_default=True, type=click.IntRange(1, MAX_COUNT), help="How many people.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="Which population.")
def demo(count: int, seed: int) -> None:
    """See to it that an invented population is there.

    The same count and seed twice change nothing, a larger count extends. The people of the menu of `smsgw up` are
    always among them.
    """
    with closing(open_database(load())) as store, _bar("Demo people", count, MofNCompleteColumn()) as progress:
        try:
            done = populate(store, count, seed, progress.advance)
        except OtherPopulation as error:
            raise click.ClickException(str(error)) from None
    click.echo(
        f"{done.new_people:,} new people with {done.new_memberships:,} memberships; "
        f"{done.there_already:,} people were there already."
    )


@command.command(
    "import",
    help=(
        "Bring the rows of FILE.csv in: UTF-8, the first line names the columns.\n\n"
        f"Columns: {', '.join(name + ('*' if column.required else '') for name, column in COLUMNS.items())} "
        "(* required). How each is written: docs/members.md.\n\n"
        "A bad row is left out and told by line, column and reason, never by its values; the others are written. "
        "The same file twice changes nothing. Exit code 1 when rows were bad or the file could not be read."
    ),
    epilog="Example: smsgw members import members.csv --report bad-rows.csv",
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option(
    "--report", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="Write every bad row here."
)
@click.option("--delimiter", default=",", show_default=True, help="What separates the columns; TAB for a tabulator.")
def import_(file: Path, report: Path | None, delimiter: str) -> None:
    """Described by the decorator, which knows the columns."""
    mark = "\t" if delimiter.upper() == "TAB" else delimiter
    if len(mark) != 1:
        raise click.BadParameter("one character, or TAB", param_hint="--delimiter")
    with ExitStack() as stack:
        problems = Problems(stack.enter_context(report.open("w", encoding="utf-8", newline="")) if report else None)
        store = stack.enter_context(closing(open_database(load())))
        progress = stack.enter_context(_bar("Import", file.stat().st_size, TaskProgressColumn()))
        try:
            counts = import_members(
                store, file, today=today(), on_problem=problems.add, delimiter=mark, tick=progress.reach
            )
        except ImportRefused as error:
            raise click.ClickException(str(error)) from None
    problems.print(report)
    click.echo(
        f"{counts.new:,} new, {counts.changed:,} changed, {counts.unchanged:,} unchanged, {counts.bad:,} bad rows."
    )
    sys.exit(1 if counts.bad else 0)


class Problems:
    """The bad rows: all of them into the report, the first ones onto the screen."""

    def __init__(self, report: TextIO | None) -> None:
        self._writer = csv.writer(report, lineterminator="\n") if report else None
        self._first: list[Problem] = []
        self._count = 0
        if self._writer:
            self._writer.writerow(("line", "column", "reason"))

    def add(self, problem: Problem) -> None:
        """Take one in."""
        self._count += 1
        if len(self._first) < SHOWN:
            self._first.append(problem)
        if self._writer:
            self._writer.writerow((problem.line, problem.column, problem.reason))

    def print(self, report: Path | None) -> None:
        """Print the first ones, and where the others are."""
        for problem in self._first:
            click.echo(f"line {problem.line}: {problem.column or 'row'} {problem.reason}", err=True)
        if self._count > SHOWN:
            where = f"all are in {report}" if report else "--report FILE writes all of them"
            click.echo(f"… and {self._count - SHOWN:,} more; {where}.", err=True)


class Bar:
    """A progress bar that is told how much more, or how far."""

    def __init__(self, progress: Progress, title: str, total: int) -> None:
        self._progress, self._task = progress, progress.add_task(title, total=total)

    def advance(self, more: int) -> None:
        """So many more are done."""
        self._progress.advance(self._task, more)

    def reach(self, done: int) -> None:
        """So many are done."""
        self._progress.update(self._task, completed=done)


@contextmanager
def _bar(title: str, total: int, figure: TaskProgressColumn | MofNCompleteColumn) -> Iterator[Bar]:
    columns = (TextColumn("{task.description}"), BarColumn(), figure, TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        yield Bar(progress, title, total)
