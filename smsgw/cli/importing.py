"""What the import commands share: their options, a progress bar, and how bad rows are told."""

import csv
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import Protocol, TextIO

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from smsgw.clock import today
from smsgw.members.import_columns import Column
from smsgw.members.importing import Counts, ImportRefused, Problem

SHOWN = 20


class Import(Protocol):
    """One of the imports, with its store already given."""

    def __call__(
        self,
        path: Path,
        *,
        today: date,
        on_problem: Callable[[Problem], None],
        delimiter: str,
        tick: Callable[[int], None],
    ) -> Counts:
        """Bring a file in."""
        ...


def described(what: str, columns: Mapping[str, Column], more: str = "") -> str:
    """The help of an import command."""
    names = ", ".join(name + ("*" if column.required else "") for name, column in columns.items())
    return (
        f"{what}: UTF-8, the first line names the columns.\n\n"
        f"Columns: {names} (* required). How each is written: docs/members.md.\n\n{more}"
        "A bad row is left out and told by line, column and reason, never by its values; the others are written. "
        "The same file twice changes nothing. Exit code 1 when rows were bad or the file could not be read."
    )


def options(command: Callable[..., None]) -> Callable[..., None]:
    """The argument and the options of every import command."""
    file = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
    report = click.Path(dir_okay=False, writable=True, path_type=Path)
    for decorate in (
        click.option(
            "--delimiter", default=",", show_default=True, help="What separates the columns; TAB for a tabulator."
        ),
        click.option("--report", type=report, help="Write every bad row here."),
        click.argument("file", type=file),
    ):
        command = decorate(command)
    return command


def bring(file: Path, report: Path | None, delimiter: str, run: Import) -> None:
    """Run an import, say what became of the rows, and exit 1 where some were bad."""
    mark = "\t" if delimiter.upper() == "TAB" else delimiter
    if len(mark) != 1:
        raise click.BadParameter("one character, or TAB", param_hint="--delimiter")
    with ExitStack() as stack:
        problems = Problems(stack.enter_context(report.open("w", encoding="utf-8", newline="")) if report else None)
        progress = stack.enter_context(bar("Import", file.stat().st_size, TaskProgressColumn()))
        try:
            counts = run(file, today=today(), on_problem=problems.add, delimiter=mark, tick=progress.reach)
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

    def __init__(self, progress: Progress, title: str, total: int | None) -> None:
        self._progress, self._task = progress, progress.add_task(title, total=total)

    def advance(self, more: int) -> None:
        """So many more are done."""
        self._progress.advance(self._task, more)

    def reach(self, done: int) -> None:
        """So many are done."""
        self._progress.update(self._task, completed=done)


@contextmanager
def bar(title: str, total: int | None, figure: TaskProgressColumn | MofNCompleteColumn) -> Iterator[Bar]:
    """A progress bar on the terminal, if there is one; `total` None: nobody knows."""
    columns = (TextColumn("{task.description}"), BarColumn(), figure, TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        yield Bar(progress, title, total)
