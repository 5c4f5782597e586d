"""`smsgw rules`: the facts that replies tell, on a day, with their sources."""

import json
import sys
from collections.abc import Iterable
from datetime import date, datetime

import click
from rich.console import Console
from rich.table import Table

from smsgw.clock import today
from smsgw.config import load
from smsgw.rulebook import Row, source
from smsgw.rulebook import load as load_rulebook

DEMO = "demo"


@click.group(epilog="Example: smsgw rules show")
def command() -> None:
    """Show the rates, amounts and times that replies tell."""


@command.command(epilog="Example: smsgw rules show --on 2025-03-01")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Another day than today.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def show(on: datetime | None, as_json: bool) -> None:
    """Show what is in force, since when and from which source; what no two sources bear out is marked as demo data."""
    day = on.date() if on else today()
    rows = load_rulebook(load().rules_file, today()).in_force(day).values()
    if as_json:
        for row in rows:
            click.echo(json.dumps(as_dict(row)))
        return
    console = Console(width=None if sys.stdout.isatty() else 200)
    console.print(_table(rows, day))
    marked = sum(row.demo for row in rows)
    console.print(f"{len(rows)} rules, {marked} of them demo data: confirm them, or correct them in SMSGW_RULES_FILE.")


@command.command(epilog="Example: smsgw rules export > rules.csv")
def export() -> None:
    """Print the file in force: a start for one of your own, which SMSGW_RULES_FILE names."""
    click.echo(source(load().rules_file), nl=False)


def as_dict(row: Row) -> dict[str, object]:
    """A rule as JSON has it; the value as it is written in the file."""
    return {
        "name": row.name,
        "from": row.since.isoformat(),
        "value": str(row.value),
        "unit": row.unit,
        "source": row.source,
        "confidence": row.confidence,
        "demo": row.demo,
        "note": row.note,
    }


def _table(rows: Iterable[Row], day: date) -> Table:
    table = Table("rule", "value", "unit", "since", "source", "", "note", title=f"In force on {day}")
    for row in rows:
        value = f"{row.value:,}" if row.unit == "rupiah" else str(row.value)
        mark = f"\\[{row.confidence}]{f' {DEMO}' if row.demo else ''}"
        table.add_row(row.name, value, row.unit, row.since.isoformat(), row.source, mark, row.note)
    return table
