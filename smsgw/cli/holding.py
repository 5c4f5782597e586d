"""Scripts as `smsgw simulate --script` holds and prints them: turn by turn, and of several a summary."""

import json
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

import click

from smsgw.cli import telling
from smsgw.simulator.script import Played, Script, play
from smsgw.simulator.stage import open_stage
from smsgw.simulator.talk import Line
from smsgw.store import Store

Named = tuple[Path, Script]


def hold(line: Line, store: Store, scripts: Sequence[Named], as_json: bool) -> bool:
    """Hold each conversation in turn, printing it; whether all of all came as written."""
    begun, several = monotonic(), len(scripts) > 1
    red = []
    for file, script in scripts:
        if several and not as_json:
            click.echo(f"== {file}")
        if not _hold_one(line, store, file if several else None, script, as_json):
            red.append(file)
    if several and not as_json:
        click.echo(_summary(scripts, red, monotonic() - begun))
    return not red


def _hold_one(line: Line, store: Store, file: Path | None, script: Script, as_json: bool) -> bool:
    good, named = True, {"script": str(file)} if file else {}
    for played in play(script, open_stage(line, store)):
        good = good and not played.differences
        click.echo(json.dumps(named | played.as_json(), ensure_ascii=False) if as_json else told(played))
    return good


def _summary(scripts: Sequence[Named], red: Sequence[Path], seconds: float) -> str:
    turns = sum(len(script.turns) for _, script in scripts)
    lines = [f"! {file} did not come as written" for file in red]
    good = len(scripts) - len(red)
    return "\n".join([*lines, f"{good} of {len(scripts)} scripts came as written, {turns} turns in {seconds:.0f} s"])


def told(played: Played) -> str:
    """A turn in lines: what was switched on and sent, what came, and every difference."""
    lines = [telling.fault(played.fault)] if played.fault else []
    if played.turn.advance:
        lines.append(f"(the clock moves on by {played.turn.advance} s)")
    if played.exchange is not None:
        heard = telling.summary(played.exchange).rstrip() or f"(no reply: {played.exchange.reason})"
        lines += [f"> {played.turn.send}", heard, *(f"! {difference}" for difference in played.differences)]
    return "\n".join(lines)
