"""`smsgw parse`: what a text is read as."""

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import click

from smsgw.cli.lines import objects
from smsgw.keywords import Reading, Registry, load_registry


@click.command(epilog='Example: smsgw parse "SALDO 18050012345"')
@click.argument("text", required=False)
@click.option("--jsonl", is_flag=True, help='Read one {"text": …} a line, write one reading a line, in order.')
@click.option("--sender", default="", help="The phone, name or short code that the text comes from.")
def command(text: str | None, jsonl: bool, sender: str) -> None:
    """Show the tree a TEXT is read as, or read JSON lines: text, and perhaps sender and num_media."""
    if jsonl == (text is not None):
        raise click.UsageError("give either a TEXT or --jsonl")
    registry = load_registry()
    if text is None:
        for line in readings(registry, objects(sys.stdin.buffer)):
            click.echo(line)
        return
    reading = registry.read(text, sender=sender, with_tree=True)
    click.echo((reading.tree or "(no tree)").rstrip())
    click.echo(json.dumps(as_dict(reading), ensure_ascii=False, indent=2))


def readings(registry: Registry, rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Each row's reading as a line of JSON; a row that is no object with a text carries an `error` instead."""
    for row in rows:
        if not isinstance(row.get("text"), str):
            yield json.dumps({"error": row.get("error", "no text")})
            continue
        sender, media = row.get("sender") or "", row.get("num_media") or 0
        reading = registry.read(row["text"], sender=str(sender), num_media=media if isinstance(media, int) else 0)
        yield json.dumps(as_dict(reading), ensure_ascii=True)


def as_dict(reading: Reading) -> dict[str, object]:
    """The fields of a reading that scripts rely on."""
    return {
        "outcome": reading.outcome,
        "keyword": reading.keyword,
        "membership_number": reading.membership_number,
        "arguments": dict(reading.arguments),
        "problem": reading.problem,
        "also": reading.also,
        "folded": reading.folded,
    }
