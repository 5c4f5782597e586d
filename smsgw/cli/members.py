"""smsgw members: membership data in, invented (demo) or one's own (import)."""

from contextlib import closing
from functools import partial
from pathlib import Path

import click
from rich.progress import MofNCompleteColumn

from smsgw.cli import importing
from smsgw.config import load
from smsgw.gateway.notices import unbound
from smsgw.members.demo import MAX_COUNT, OtherPopulation, populate
from smsgw.members.import_columns import COLUMNS, HISTORY
from smsgw.members.import_history import import_history
from smsgw.members.importing import import_members
from smsgw.services import open_database


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
    figure = MofNCompleteColumn()
    with closing(open_database(load())) as store, importing.bar("Demo people", count, figure) as progress:
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
    help=importing.described("Bring the memberships of FILE.csv in", COLUMNS),
    epilog="Example: smsgw members import members.csv --report bad-rows.csv",
)
@importing.options
def import_(file: Path, report: Path | None, delimiter: str) -> None:
    """Described by the decorator, which knows the columns."""
    with closing(open_database(load())) as store:
        importing.bring(file, report, delimiter, partial(import_members, store, on_gone=unbound))


@command.command(
    "import-history",
    help=importing.described("Bring the employments of FILE.csv in, which RIWAYAT tells", HISTORY),
    epilog="Example: smsgw members import-history history.csv --report bad-rows.csv",
)
@importing.options
def import_history_(file: Path, report: Path | None, delimiter: str) -> None:
    """Described by the decorator, which knows the columns."""
    with closing(open_database(load())) as store:
        importing.bring(file, report, delimiter, partial(import_history, store))
