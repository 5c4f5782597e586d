"""`smsgw measure`: what a text costs on air."""

import json
import sys

import click

from smsgw.cli.lines import objects
from smsgw.keywords import measure


@click.command(epilog='Example: smsgw measure "Saldo JHT Rp23.451.200"')
@click.argument("text", required=False)
@click.option("--jsonl", is_flag=True, help='Read one {"text": …} a line, write one measure a line, in order.')
def command(text: str | None, jsonl: bool) -> None:
    """Count the septets (GSM-7) or units (UCS-2) and the segments of a TEXT."""
    if jsonl == (text is not None):
        raise click.UsageError("give either a TEXT or --jsonl")
    if text is not None:
        click.echo(json.dumps(as_dict(text)))
        return
    for row in objects(sys.stdin.buffer):
        found = row.get("text")
        measured = as_dict(found) if isinstance(found, str) else {"error": row.get("error", "no text")}
        click.echo(json.dumps(measured))


def as_dict(text: str) -> dict[str, object]:
    """The measure of a text as scripts rely on it: septets or units, whichever its encoding counts."""
    found = measure(text)
    cost = {"septets": found.septets} if found.encoding == "GSM-7" else {"units": found.units}
    return {"encoding": found.encoding, **cost, "segments": found.segments}
