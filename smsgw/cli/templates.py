"""`smsgw templates`: every text a participant can receive, at its widest."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass

import click
from rich.console import Console
from rich.table import Table

from smsgw.keywords import Registry, load_registry
from smsgw.keywords.gsm7 import SINGLE, is_basic, measure


@dataclass(frozen=True)
class Row:
    """One wording at its widest. The last wording of a section must fit; the ones before it may give way."""

    where: str
    language: str
    number: int
    last: bool
    septets: int
    text: str

    @property
    def fault(self) -> str:
        """What forbids its release, or nothing."""
        if not is_basic(self.text):
            return "not basic GSM-7"
        return f"{self.septets - SINGLE} over" if self.last and self.septets > SINGLE else ""


@click.group(epilog="Example: smsgw templates check")
def command() -> None:
    """Check what participants can receive."""


@command.command(epilog="Example: smsgw templates check --faults")
@click.option("--faults", is_flag=True, help="Show only what is wrong.")
def check(faults: bool) -> None:
    """Show every template with the widest value of every field, in every language; exit 1 where one does not fit."""
    rows = widest(load_registry())
    wrong = [row for row in rows if row.fault]
    console = Console(width=None if sys.stdout.isatty() else 200)
    console.print(_table(wrong if faults else rows))
    console.print(f"{len(rows)} wordings, {len(wrong)} of them wrong; one segment is {SINGLE} septets")
    if wrong:
        sys.exit(1)


def widest(registry: Registry) -> list[Row]:
    """Every wording of every section at its widest."""
    rows: list[Row] = []
    for stem, language, section, variant, last in registry.variants():
        text, where = variant.widest(language), f"{stem}.{section}"
        number = rows[-1].number + 1 if rows and (rows[-1].where, rows[-1].language) == (where, language) else 1
        rows.append(Row(where, language, number, last, measure(text).septets or 2 * len(text), text))
    return rows


def _table(rows: Iterable[Row]) -> Table:
    table = Table("template", "language", "variant", "widest", "", "text")
    for row in rows:
        note = row.fault or ("" if row.septets <= SINGLE else "gives way")
        table.add_row(
            row.where, row.language, f"{row.number}{'' if row.last else ' …'}", str(row.septets), note, row.text
        )
    return table
