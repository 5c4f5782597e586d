"""`smsgw templates`: every text a participant can receive, at its widest."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

import click
from rich.console import Console
from rich.table import Table

from smsgw.keywords import LANGUAGES, Registry, load_registry
from smsgw.keywords.gsm7 import SINGLE, is_basic, measure


@dataclass(frozen=True)
class Row:
    """One wording at its widest. The last wording of a section must fit; the ones before it may give way."""

    stem: str
    section: str
    language: str
    number: int
    last: bool
    septets: int
    text: str

    @property
    def where(self) -> str:
        """Its file and section."""
        return f"{self.stem}.{self.language} {self.section}"

    @property
    def fault(self) -> str:
        """What forbids its release, or nothing."""
        if not is_basic(self.text):
            return "not basic GSM-7"
        return f"{self.septets - SINGLE} over" if self.last and self.septets > SINGLE else ""


@click.group(epilog="Example: smsgw templates check --language id")
def command() -> None:
    """Check what participants can receive."""


@command.command(epilog="Example: smsgw templates check --language en")
@click.option("--language", type=click.Choice(LANGUAGES), help="Only this language: the page that its reviewer reads.")
@click.option("--faults", is_flag=True, help="Show only what is wrong.")
def check(language: str | None, faults: bool) -> None:
    """Show every text at its widest, file by file, with its septets; exit 1 where one does not fit."""
    rows = [row for row in widest(load_registry()) if language in (None, row.language)]
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
        text, before = variant.widest(language), rows[-1] if rows else None
        same = before is not None and (before.stem, before.section, before.language) == (stem, section, language)
        number = before.number + 1 if before is not None and same else 1
        rows.append(Row(stem, section, language, number, last, measure(text).septets or 2 * len(text), text))
    return rows


def _table(rows: Sequence[Row]) -> Table:
    table = Table("template", "septets", "", "text")
    for row, following in zip_longest(rows, rows[1:]):
        note = row.fault or ("" if row.septets <= SINGLE else "gives way")
        name = row.where if row.number == 1 else f"  or {row.number}"
        ends = following is None or (following.stem, following.language) != (row.stem, row.language)
        table.add_row(name, str(row.septets), note, row.text, end_section=ends)
    return table
