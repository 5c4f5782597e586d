"""The table: the runs of a scenario taken together, kept as JSON, and shown in docs/faults.md."""

import json
import os
import platform
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.faults.runner import Row

BAD = ("lost", "doubled", "mismatched", "stuck")
COUNTS = ("kills", "messages", "accepted", "failed_unknown", "expired", "other", *BAD)
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
HEAD = ("scenario", "runs", *(name.replace("_", " ") for name in COUNTS), "longest silence, s")

Entry = dict[str, Any]


def together(rows: Iterable[Row]) -> list[Entry]:
    """One entry for each scenario and database: its counts summed, the longest silence, the largest figures."""
    found: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        found[row.scenario, row.db].append(row)
    return [_entry(same) for same in found.values()]


def _entry(rows: Sequence[Row]) -> Entry:
    one = rows[0]
    entry: Entry = {"scenario": one.scenario, "title": one.title, "db": one.db}
    if one.skipped:
        return entry | {"skipped": one.skipped}
    figures: dict[str, float] = {}
    for name, value in (figure for row in rows for figure in row.figures):
        figures[name] = max(value, figures.get(name, 0.0))
    return entry | {
        "seeds": [row.seed for row in rows],
        **{name: sum(getattr(row, name) for row in rows) for name in COUNTS},
        "silence_s": max(row.silence_s for row in rows),
        "seconds": round(sum(row.seconds for row in rows), 1),
        "figures": figures,
        "problems": [f"seed {row.seed}: {problem}" for row in rows for problem in row.problems],
    }


def write(path: Path, rows: Iterable[Row], *, keep: bool) -> None:
    """Write the entries of these runs; `keep`: beside those of other scenarios that stand in the file already."""
    entries = {(entry["scenario"], entry["db"]): entry for entry in (read(path)["rows"] if keep else ())}
    entries |= {(entry["scenario"], entry["db"]): entry for entry in together(rows)}
    machine = {"processors": os.cpu_count(), "python": platform.python_version()}
    lines = ",\n".join(json.dumps(entries[key]) for key in sorted(entries))
    head = f'{{"written": "{time.strftime("%Y-%m-%d")}", "machine": {json.dumps(machine)}, "rows": [\n'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{head}{lines}\n]}}\n", encoding="utf-8")


def read(path: Path) -> Entry:
    """What was written; nothing yet where there is no file."""
    if not path.exists():
        return {"rows": []}
    found: Entry = json.loads(path.read_text(encoding="utf-8"))
    return found


Table = tuple[str, tuple[str, ...], Sequence[Sequence[object]]]


def shown(path: Path) -> Sequence[Table]:
    """The tables of a file: their sentence, head and lines."""
    rows = read(path)["rows"]
    played = [row for row in rows if "skipped" not in row]
    lines = [_line(name, [row for row in played if row["scenario"] == name]) for name in _names(played)]
    return [
        (_sentence(played), HEAD, lines),
        ("Figures of their own, the largest of all runs:", ("scenario", "database", "figures"), [*_figures(played)]),
        ("Left out:", ("scenario", "database", "why"), [*_skips(rows)]),
    ]


def _names(rows: Sequence[Entry]) -> list[str]:
    return sorted({row["scenario"] for row in rows})


def _sentence(rows: Sequence[Entry]) -> str:
    def total(name: str) -> int:
        return sum(row[name] for row in rows)

    runs = sum(len(row["seeds"]) for row in rows)
    bad = ", ".join(f"{total(name)} {name}" for name in BAD)
    red = sum(bool(row["problems"]) for row in rows)
    whole = f"{total('kills'):,} kills, {total('messages'):,} messages"
    return f"{len(_names(rows))} scenarios in {runs} runs: {whole}, {bad}; {red} with a problem."


def _line(name: str, rows: Sequence[Entry]) -> Sequence[object]:
    counts = (f"{sum(row[count] for row in rows):,}" for count in COUNTS)
    runs = sum(len(row["seeds"]) for row in rows)
    return f"{name} {rows[0]['title']}", runs, *counts, f"{max(row['silence_s'] for row in rows):.1f}"


def _figures(rows: Sequence[Entry]) -> Iterable[Sequence[object]]:
    for row in rows:
        if row["figures"]:
            yield row["scenario"], NAMES[row["db"]], _said(row["figures"])


def _said(figures: Mapping[str, float]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in figures.items())


def _skips(rows: Sequence[Entry]) -> Iterable[Sequence[object]]:
    return ((row["scenario"], NAMES[row["db"]], row["skipped"]) for row in rows if "skipped" in row)
