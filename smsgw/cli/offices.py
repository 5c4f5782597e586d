"""`smsgw offices`: the branch offices that KANTOR tells, with their sources."""

import sys

import click
from rich.console import Console
from rich.table import Table

from smsgw.config import load
from smsgw.offices import Offices, source
from smsgw.offices import load as load_offices


@click.group(epilog="Example: smsgw offices show")
def command() -> None:
    """Show the branch offices that replies tell."""


@command.command(epilog="Example: smsgw offices show")
def show() -> None:
    """Show every office: city, address where one is sourced, and how far it is borne out."""
    offices = load_offices(load().offices_file)
    console = Console(width=None if sys.stdout.isatty() else 200)
    console.print(_table(offices))
    rows = offices.rows()
    without, unverified = sum(not row.address for row in rows), sum(row.confidence == "T" for row in rows)
    console.print(
        f"{len(rows)} offices; {without} without an address (the reply sends to 175), {unverified} not verified: "
        "complete them in SMSGW_OFFICES_FILE."
    )


@command.command(epilog="Example: smsgw offices export > offices.csv")
def export() -> None:
    """Print the file in force: a start for one of your own, which SMSGW_OFFICES_FILE names."""
    click.echo(source(load().offices_file), nl=False)


def _table(offices: Offices) -> Table:
    table = Table("office", "city", "also", "code", "address", "source", "")
    for row in offices.rows():
        also, mark = ", ".join(row.also), f"\\[{row.confidence}]"
        table.add_row(row.name, row.city, also, row.code, row.address, row.source, mark)
    return table
