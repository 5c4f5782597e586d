"""An import file as rows: checked as a whole first, then read line by line; a row is one line."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from smsgw.errors import SmsgwError
from smsgw.members.import_columns import COLUMNS, REQUIRED

_LONGEST_LINE = 10_000
_EMPTY: Mapping[str, Any] = {"phone": (), "status_reason": "", "employer": "", "programmes": ""}  # others: None
_KEPT_WHEN_EMPTY = ("nik", "birth_date", "segment")  # an empty cell does not take away who somebody is


class ImportRefused(SmsgwError):
    """The file as a whole cannot be read; nothing of it was written. Says what to do."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row was left out. Holds no value of the row."""

    line: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Record:
    """A row that is well: the values of the columns that the file has."""

    line: int
    values: Mapping[str, Any]

    @property
    def number(self) -> str:
        """The membership number."""
        found: str = self.values["number"]
        return found


class Rows:
    """The rows of one file. `read_bytes` says how far it was read, for a progress bar."""

    def __init__(self, path: Path, delimiter: str, today: date) -> None:
        self.read_bytes = 0
        self._path, self._delimiter, self._today = path, delimiter, today
        _check_encoding(path)
        with path.open("rb") as file:
            first = file.readline().decode("utf-8-sig")
        self._header = _header(first, delimiter)

    def __iter__(self) -> Iterator[Record | Sequence[Problem]]:
        """Each row that is not blank, as a record or as all that is wrong with it."""
        with self._path.open("rb") as file:
            for line, raw in enumerate(file, start=1):
                self.read_bytes += len(raw)
                if line > 1 and raw.strip():
                    yield self._row(line, raw.decode().rstrip("\r\n"))

    def _row(self, line: int, text: str) -> Record | Sequence[Problem]:
        if len(text) > _LONGEST_LINE:
            return [Problem(line, "", f"the line is longer than {_LONGEST_LINE} characters")]
        try:
            cells = next(csv.reader([text], delimiter=self._delimiter, strict=True))
        except csv.Error:
            return [Problem(line, "", "a quotation mark is not closed, or stands inside a cell")]
        if len(cells) != len(self._header):
            return [Problem(line, "", f"{len(cells)} cells, but the header has {len(self._header)}")]
        return _record(line, dict(zip(self._header, (cell.strip() for cell in cells), strict=True)), self._today)


def _record(line: int, cells: Mapping[str, str], today: date) -> Record | Sequence[Problem]:
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, cell in cells.items():
        column = COLUMNS[name]
        try:
            if cell:
                values[name] = column.read(cell, today)
            elif column.required:
                problems.append(Problem(line, name, "is empty"))
            elif name not in _KEPT_WHEN_EMPTY:
                values[name] = _EMPTY.get(name)
        except ValueError as error:
            problems.append(Problem(line, name, str(error)))
    return problems or _related(line, values) or Record(line, values)


def _related(line: int, values: Mapping[str, Any]) -> list[Problem]:
    """Where two columns contradict each other."""
    problems = []
    balance = values.get("jht_balance")
    if balance is not None and values.get("jht_balance_on") is None:
        problems.append(Problem(line, "jht_balance_on", "is empty, but there is a balance"))
    if balance is not None and "JHT" not in values.get("programmes", "JHT"):
        problems.append(Problem(line, "programmes", "JHT is missing, but there is a balance"))
    if (values.get("last_contribution_month") is None) != (values.get("last_contribution") is None):
        problems.append(Problem(line, "last_contribution", "month and amount go together; one of them is missing"))
    return problems


def _check_encoding(path: Path) -> None:
    """Refuses what is not UTF-8 before anything is written."""
    line = 1
    with path.open("rb") as file:
        if file.read(2) in (b"\xff\xfe", b"\xfe\xff"):
            raise ImportRefused("The file is UTF-16. Save it as CSV UTF-8 and import it again.")
        file.seek(0)
        for raw in file:
            try:
                raw.decode()
            except UnicodeDecodeError:
                raise ImportRefused(
                    f"Line {line} is not UTF-8. Save the file as CSV UTF-8 and import it again; nothing was written."
                ) from None
            line += 1


def _header(first: str, delimiter: str) -> list[str]:
    names = [name.strip().strip('"').lower() for name in first.split(delimiter)]
    other = next((mark for mark in ";\t|," if mark != delimiter and _required_in(first, mark)), None)
    if other and not set(REQUIRED) <= set(names):
        shown = "TAB" if other == "\t" else other
        raise ImportRefused(f"The columns are separated by `{shown}`: repeat with --delimiter '{shown}'.")
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise ImportRefused(
            f"The first line must name the columns; {', '.join(missing)} is missing. See `smsgw members import --help`."
        )
    unknown = [repr(name[:40]) for name in names if name not in COLUMNS]
    twice = sorted({name for name in names if names.count(name) > 1})
    if unknown or twice:
        what = f"unknown: {', '.join(unknown)}" if unknown else f"named twice: {', '.join(twice)}"
        raise ImportRefused(f"The header has columns {what}. Known are: {', '.join(COLUMNS)}.")
    return names


def _required_in(first: str, mark: str) -> bool:
    return set(REQUIRED) <= {name.strip().strip('"').lower() for name in first.split(mark)}
