"""The command `python -m tests.bench`: measure, print, write JSON, and fail where a ceiling is missed."""

import asyncio
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from tests.bench import report, verdict
from tests.bench.runner import Found, Options, run


def _numbers(context: click.Context, parameter: click.Parameter, value: str) -> tuple[int, ...]:
    return tuple(int(part) for part in value.split(","))


def _words(context: click.Context, parameter: click.Parameter, value: str) -> tuple[str, ...]:
    kinds = tuple(value.split(",")) if value else ()
    if wrong := set(kinds) - {"sqlite", "postgresql"}:
        raise click.BadParameter(f"{', '.join(sorted(wrong))}: only sqlite and postgresql are known")
    return kinds


@click.command(epilog="Example: python -m tests.bench --db sqlite --messages 1000")
@click.option("--messages", default=2000, show_default=True, help="messages a run; a quarter with one in flight")
@click.option("--in-flight", default="1,16,64", show_default=True, callback=_numbers, help="conversations open at once")
@click.option("--members", default=1_000_000, show_default=True, help="members in the database")
@click.option(
    "--db", "kinds", default="sqlite,postgresql", show_default=True, callback=_words, help="databases of ours"
)
@click.option("--rounds", default=3, show_default=True, help="turns of every system")
@click.option("--workers", default=2, show_default=True, help="worker processes of ours; the baseline has two as well")
@click.option("--json", "path", default="build/bench.json", show_default=True, type=click.Path(path_type=Path))
@click.option("--usual/--ours-only", default=True, show_default=True, help="measure the baseline and inline Flask too")
@click.option("--quick", is_flag=True, help="20,000 members, 400 messages, one round: shows that it runs, no more")
def main(path: Path, quick: bool, **options: Any) -> None:
    """Measure the gateway beside the usual way to build one, and compare with the ceilings it must keep."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(f"bench: stopped by signal {number}"))
    if quick:
        options |= {"messages": 400, "members": 20_000, "rounds": 1}
    console = Console(width=170 if not sys.stdout.isatty() else None)
    chosen = Options(**options)
    found = asyncio.run(run(chosen, lambda line: console.print(line, highlight=False)))
    _conclude(chosen, found, path, console)


def _conclude(options: Options, found: Found, path: Path, console: Console) -> None:
    report.show(found.rows, console)
    void = verdict.invalid(found.rows) if options.usual else None
    missed = [*verdict.failures(found.rows, found.slowest_s)] if options.usual else []
    if found.late_doubles:
        missed.append(f"{found.late_doubles} messages were sent again after their run had been counted.")
    conclusion = {"slowest_beside_slow_clients_s": found.slowest_s, "invalid": void, "missed": missed}
    report.write(path, found.rows, asdict(options), conclusion)
    console.print(f"written to {path}")
    for sentence in [void] if void else missed:
        console.print(f"[red]{sentence}", highlight=False)
    if void or missed:
        sys.exit(1)
    if options.usual and options.kinds:
        console.print("[green]every ceiling is kept")


if __name__ == "__main__":
    main()
