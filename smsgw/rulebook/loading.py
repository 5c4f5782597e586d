"""The rulebook's file: read whole, checked cell by cell, refused with every bad row named."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from importlib.resources import files
from io import StringIO
from pathlib import Path
from typing import Final, cast

from smsgw.errors import StartupError
from smsgw.rulebook.book import CONFIDENCE, PERCENT, UNITS, Confidence, Row, Rulebook

COLUMNS: Final = ("name", "from", "value", "unit", "source", "confidence", "note")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_DIGITS: Final = 12
_PERCENTAGE: Final = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,2})?")
_OURS: Final = "rulebook.csv"


def load(path: Path | None = None, today: date | None = None) -> Rulebook:
    """The shipped rulebook, or the one at `path` in its place.

    StartupError lists every bad row by line, column and reason. A file in its place has every name of the shipped one
    in the same unit, and with `today` each of them must be in force on that day: handlers rely on them.
    """
    ours = _checked(source(None), _OURS)
    if path is None:
        return Rulebook(ours)
    theirs = _checked(source(path), str(path))
    if problems := list(_lacking(ours, theirs, str(path), today)):
        raise StartupError(problems)
    return Rulebook(theirs)


def source(path: Path | None) -> str:
    """The text of the shipped file, or of the one at `path`; StartupError where it cannot be read."""
    try:
        return (path or files("smsgw.rulebook") / _OURS).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = "is not UTF-8" if isinstance(error, UnicodeDecodeError) else (error.strerror or str(error))
        raise StartupError([f"{path}: {reason}. Correct SMSGW_RULES_FILE, or leave it empty."]) from None


def _checked(text: str, where: str) -> list[Row]:
    problems: list[str] = []
    rows = list(_rows(text, where, problems))
    problems += _contradictions(rows, where)
    if problems:
        raise StartupError(problems)
    return [row for _, row in rows]


def _rows(text: str, where: str, problems: list[str]) -> Iterator[tuple[int, Row]]:
    lines = csv.reader(StringIO(text, newline=""), strict=True)
    try:
        if tuple(next(lines, ())) != COLUMNS:
            problems.append(f"{where}: line 1: the columns are {','.join(COLUMNS)}, in this order")
            return
        for cells in filter(any, lines):
            faults = [f"{where}: line {lines.line_num}, {fault}" for fault in _faults(cells)]
            problems += faults
            if not faults:
                yield lines.line_num, _row(cells)
    except csv.Error as error:
        problems.append(f"{where}: line {lines.line_num}: {error}")


def _faults(cells: list[str]) -> Iterator[str]:
    if len(cells) != len(COLUMNS):
        yield f"row: has {len(cells)} cells, not {len(COLUMNS)}"
        return
    row = dict(zip(COLUMNS, cells, strict=True))
    for column, check in _CHECKS.items():
        if reason := check(row[column]):
            yield f"{column}: {reason}"
    if row["unit"] in UNITS and (reason := _value_fault(row["value"], row["unit"])):
        yield f"value: {reason}"


def _value_fault(cell: str, unit: str) -> str:
    if unit != PERCENT:
        whole = cell.isascii() and cell.isdecimal() and len(cell) <= _DIGITS
        return "" if whole else f"{cell!r} is no whole number: at most {_DIGITS} digits alone, without Rp or dots"
    if not _PERCENTAGE.fullmatch(cell):
        return f"{cell!r} is no percentage: digits, and a point before at most two decimals"
    return "" if -100 <= Decimal(cell) <= 100 else f"{cell} is not between -100 and 100"


def _day_fault(cell: str) -> str:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", cell, re.ASCII):
        return f"{cell!r} is no day written YYYY-MM-DD"
    try:
        date.fromisoformat(cell)
    except ValueError:
        return f"{cell!r} is a day that the calendar does not have"
    return ""


_CHECKS: Final[Mapping[str, Callable[[str], str]]] = {
    "name": lambda cell: "" if _NAME.fullmatch(cell) else f"{cell!r} is no name: small letters, digits and _",
    "from": _day_fault,
    "unit": lambda cell: "" if cell in UNITS else f"{cell!r} is none of {', '.join(UNITS)}",
    "source": lambda cell: "" if cell.strip() else "is empty; write - where there is none",
    "confidence": lambda cell: "" if cell in CONFIDENCE else f"{cell!r} is none of {', '.join(CONFIDENCE)}",
}


def _row(cells: list[str]) -> Row:
    name, since, value, unit, origin, confidence, note = cells
    return Row(name, date.fromisoformat(since), Decimal(value), unit, origin, cast(Confidence, confidence), note)


def _contradictions(rows: Iterable[tuple[int, Row]], where: str) -> Iterator[str]:
    seen: dict[tuple[str, date], int] = {}
    units: dict[str, str] = {}
    for at, row in rows:
        if first := seen.get((row.name, row.since)):
            yield f"{where}: line {at}, from: {row.name} has this day on line {first} already"
        seen.setdefault((row.name, row.since), at)
        if units.setdefault(row.name, row.unit) != row.unit:
            yield f"{where}: line {at}, unit: {row.name} is in {units[row.name]} before"


def _lacking(ours: Iterable[Row], theirs: Iterable[Row], where: str, today: date | None) -> Iterator[str]:
    first = {row.name: row for row in sorted(theirs, key=lambda row: row.since, reverse=True)}
    for name, unit in {row.name: row.unit for row in ours}.items():
        if name not in first:
            yield f"{where}: {name} is missing; `smsgw rules export` prints a complete file"
        elif first[name].unit != unit:
            yield f"{where}: {name} must be in {unit}, not {first[name].unit}"
        elif today is not None and first[name].since > today:
            yield f"{where}: {name} has no value before {first[name].since}"
