"""The offices' file: read whole, checked cell by cell, refused with every bad row named."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from io import StringIO
from pathlib import Path
from typing import Final

from smsgw.errors import StartupError
from smsgw.keywords.gsm7 import is_basic
from smsgw.keywords.kinds import ADDRESS, PLACE
from smsgw.offices.table import Office, Offices, key
from smsgw.rulebook.book import CONFIDENCE

COLUMNS: Final = ("name", "city", "also", "code", "address", "source", "confidence")
_OURS: Final = "offices.csv"
_CODE: Final = re.compile(r"[A-Z][0-9]{2}")
_ALSO: Final = re.compile(r"[A-Z]+( [A-Z]+){0,2}")


def load(path: Path | None = None) -> Offices:
    """The shipped offices, or those of the file at `path` in their place.

    StartupError lists every bad row by line, column and reason.
    """
    problems: list[str] = []
    rows = list(_rows(source(path), str(path or _OURS), problems))
    if not rows and not problems:
        problems.append(f"{path or _OURS}: has no office")
    if problems:
        raise StartupError(problems)
    return Offices(rows)


def source(path: Path | None) -> str:
    """The text of the shipped file, or of the one at `path`; StartupError where it cannot be read."""
    try:
        return (path or files("smsgw.offices") / _OURS).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = "is not UTF-8" if isinstance(error, UnicodeDecodeError) else (error.strerror or str(error))
        raise StartupError([f"{path}: {reason}. Correct SMSGW_OFFICES_FILE, or leave it empty."]) from None


def _rows(text: str, where: str, problems: list[str]) -> Iterator[Office]:
    lines, seen = csv.reader(StringIO(text, newline=""), strict=True), dict[str, str]()
    try:
        if tuple(next(lines, ())) != COLUMNS:
            problems.append(f"{where}: line 1: the columns are {','.join(COLUMNS)}, in this order")
            return
        for cells in filter(any, lines):
            faults = list(_faults(cells)) or list(_taken(cells, seen))
            problems += [f"{where}: line {lines.line_num}, {fault}" for fault in faults]
            if not faults:
                yield _office(cells)
    except csv.Error as error:
        problems.append(f"{where}: line {lines.line_num}: {error}")


def _faults(cells: list[str]) -> Iterator[str]:
    if len(cells) != len(COLUMNS):
        yield f"row: has {len(cells)} cells, not {len(COLUMNS)}"
        return
    for column, cell in zip(COLUMNS, cells, strict=True):
        if reason := _CHECKS[column](cell):
            yield f"{column}: {reason}"


def _taken(cells: list[str], seen: dict[str, str]) -> Iterator[str]:
    """What names something that a row before has named: an office twice, or one word for two cities."""
    name, city, also, *_ = cells
    if seen.setdefault(f"office {name.upper()}", name) != name or f"row {name}" in seen:
        yield f"name: {name} stands twice"
    seen[f"row {name}"] = name
    for column, word in (("city", city), *(("also", word) for word in also.split("/") if word)):
        if seen.setdefault(key(word), city) != city:
            yield f"{column}: {word} is {seen[key(word)]} before"


def _text(cell: str, width: int) -> str:
    if cell != cell.strip() or not is_basic(cell) or "\n" in cell:
        return f"{cell!r} has a character that an SMS has no room for, or spaces around it"
    return "" if len(cell) <= width else f"has {len(cell)} characters; the most is {width}"


def _also_fault(cell: str) -> str:
    bad = [word for word in cell.split("/") if cell and not _ALSO.fullmatch(word)]
    return f"{bad[0]!r} is no name: up to three words in capitals; between names stands /" if bad else ""


_CHECKS: Final[Mapping[str, Callable[[str], str]]] = {
    "name": lambda cell: _text(cell, PLACE) if key(cell) else "is empty",
    "city": lambda cell: _text(cell, PLACE) if key(cell) else "is empty",
    "also": _also_fault,
    "code": lambda cell: "" if not cell or _CODE.fullmatch(cell) else f"{cell!r} is no code: a letter and two digits",
    "address": lambda cell: _text(cell, ADDRESS),
    "source": lambda cell: "" if cell.strip() else "is empty; write - where there is none",
    "confidence": lambda cell: "" if cell in CONFIDENCE else f"{cell!r} is none of {', '.join(CONFIDENCE)}",
}


def _office(cells: list[str]) -> Office:
    name, city, also, code, address, origin, confidence = cells
    return Office(name, city, tuple(word for word in also.split("/") if word), code, address, origin, confidence)
