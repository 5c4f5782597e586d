"""The figures as a table and as JSON."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.stats import Figures
from tests.bench.verdict import ratios

QUIET = 0.15  # processors; the systems that wait for their turn need a few hundredths
COLUMNS = (
    "system", "in flight", "replies/s", "post to carrier\np50 / p99 ms", "webhook\np50 / p99 ms",
    "CPU-s per 1000", "by process", "others", "MiB", "lost", "doubled", "report\np50 ms",
)  # fmt: skip


def show(rows: Sequence[Figures], console: Console) -> None:
    """Print the table, then the ratios."""
    table = Table(title=f"{os.cpu_count()} processors, Python {platform.python_version()}")
    for column in COLUMNS:
        table.add_column(column, justify="left" if column in ("system", "by process") else "right")
    for row in sorted(rows, key=lambda row: row.in_flight):
        table.add_row(*_cells(row))
    console.print(table)
    busy = max(row.others for row in rows)
    if busy > QUIET:
        console.print(f"[yellow]other programs kept up to {busy:.2f} processors busy: measure again on a quiet machine")
    for ratio in ratios(rows):
        console.print(
            f"{ratio.system}, {ratio.in_flight} in flight: {ratio.speed} times the baseline's replies/s "
            f"at {ratio.cpu} of its CPU"
        )


def _cells(row: Figures) -> tuple[str, ...]:
    return (
        row.system,
        str(row.in_flight),
        f"{row.per_second:.0f}",
        f"{row.reply_p50} / {row.reply_p99}",
        f"{row.webhook_p50} / {row.webhook_p99}",
        f"{row.cpu:.2f}",
        " ".join(f"{name} {cost:.2f}" for name, cost in row.cpu_by_process.items()),
        f"{row.others:.2f}",
        f"{row.memory_mib:.0f}",
        str(row.lost),
        str(row.doubled),
        "" if row.report_p50 is None else str(row.report_p50),
    )


def write(path: Path, rows: Sequence[Figures], options: Mapping[str, object], verdict: Mapping[str, object]) -> None:
    """Write everything as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    machine = {"processors": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()}
    found = {
        "machine": machine,
        "options": options,
        "rows": [asdict(row) for row in rows],
        "ratios": [asdict(ratio) for ratio in ratios(rows)],
        **verdict,
    }
    path.write_text(json.dumps(found, indent=2) + "\n")
