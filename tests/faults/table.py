"""The table: the runs of a scenario taken together, kept as JSON, and shown in docs/faults.md."""

import json
import os
import platform
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.faults.runner import Row

BAD = ("lost", "doubled", "mismatched", "stuck")
COUNTS = ("kills", "messages", "accepted", "failed_unknown", "expired", "other", *BAD)
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
HEAD = ("scenario", "runs", *(name.replace("_", " ") for name in COUNTS), "longest silence, s")

Entry = dict[str, Any]


def entry_of(row: Row) -> Entry:
    """The entry of one run."""
    entry: Entry = {"scenario": row.scenario, "title": row.title, "db": row.db}
    if row.skipped:
        return entry | {"skipped": row.skipped}
    return entry | {
        "seeds": [row.seed],
        **{name: getattr(row, name) for name in COUNTS},
        "silence_s": row.silence_s,
        "seconds": row.seconds,
        "figures": dict(row.figures),
        "problems": [f"seed {row.seed}: {problem}" for problem in row.problems],
    }


def added(one: Entry, other: Entry) -> Entry:
    """Two entries of one scenario and database as one: counts summed, the longest silence, the largest figures."""
    if "skipped" in other:
        return other
    figures = {
        name: max(entry["figures"].get(name, 0.0) for entry in (one, other))
        for name in sorted({*one["figures"], *other["figures"]})
    }
    return other | {
        "seeds": sorted(one["seeds"] + other["seeds"]),
        **{name: one[name] + other[name] for name in COUNTS},
        "silence_s": max(one["silence_s"], other["silence_s"]),
        "seconds": round(one["seconds"] + other["seconds"], 1),
        "figures": figures,
        "problems": one["problems"] + other["problems"],
    }


def add(path: Path, row: Row) -> None:
    """Write one run into the file, added to what the file has of its scenario and database."""
    entries = {(entry["scenario"], entry["db"]): entry for entry in read(path)["rows"]}
    key, new = (row.scenario, row.db), entry_of(row)
    entries[key] = added(entries[key], new) if key in entries else new
    _write(path, entries)


def holds(path: Path, scenario: str, db: str, seed: int) -> bool:
    """Whether the file has this run."""
    mine = (entry for entry in read(path)["rows"] if (entry["scenario"], entry["db"]) == (scenario, db))
    return any(seed in entry.get("seeds", ()) for entry in mine)


def _write(path: Path, entries: Mapping[tuple[str, str], Entry]) -> None:
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
