"""An import file as rows: checked as a whole first, then read line by line; a row is one line."""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from smsgw.errors import SmsgwError
from smsgw.members.import_columns import COLUMNS, Column

_LONGEST_LINE = 10_000


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


@dataclass(frozen=True, slots=True)
class Sheet:
    """A kind of import file: its columns, and what they say together.

    `empty`: what an empty cell means where it is not None; `kept`: columns whose empty cell leaves what is stored.
    `related` finds where two columns contradict each other, as (column, reason). `help` is the command that tells more.
    """

    columns: Mapping[str, Column]
    help: str
    empty: Mapping[str, Any] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    related: Callable[[Mapping[str, Any]], Sequence[tuple[str, str]]] = lambda values: ()

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that every file has."""
        return tuple(name for name, column in self.columns.items() if column.required)


class Rows:
    """The rows of one file. `read_bytes` says how far it was read, for a progress bar."""

    def __init__(self, path: Path, sheet: Sheet, delimiter: str, today: date) -> None:
        self.read_bytes = 0
        self._path, self._sheet, self._delimiter, self._today = path, sheet, delimiter, today
        _check_encoding(path)
        with path.open("rb") as file:
            first = file.readline().decode("utf-8-sig")
        self._header = _header(first, sheet, delimiter)

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
        named = dict(zip(self._header, (cell.strip() for cell in cells), strict=True))
        return _record(line, named, self._sheet, self._today)


def _record(line: int, cells: Mapping[str, str], sheet: Sheet, today: date) -> Record | Sequence[Problem]:
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, cell in cells.items():
        column = sheet.columns[name]
        try:
            if cell:
                values[name] = column.read(cell, today)
            elif column.required:
                problems.append(Problem(line, name, "is empty"))
            elif name not in sheet.kept:
                values[name] = sheet.empty.get(name)
        except ValueError as error:
            problems.append(Problem(line, name, str(error)))
    problems = problems or [Problem(line, *found) for found in sheet.related(values)]
    return problems or Record(line, values)


def _related(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Where two columns of a membership contradict each other."""
    problems = []
    balance = values.get("jht_balance")
    if balance is not None and values.get("jht_balance_on") is None:
        problems.append(("jht_balance_on", "is empty, but there is a balance"))
    if balance is not None and "JHT" not in values.get("programmes", "JHT"):
        problems.append(("programmes", "JHT is missing, but there is a balance"))
    if (values.get("last_contribution_month") is None) != (values.get("last_contribution") is None):
        problems.append(("last_contribution", "month and amount go together; one of them is missing"))
    return problems


MEMBERS = Sheet(
    COLUMNS,
    "smsgw members import --help",
    empty={"phone": (), "status_reason": "", "employer": "", "programmes": ""},
    kept=("nik", "birth_date", "segment"),  # an empty cell does not take away who somebody is
    related=_related,
)


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


def _header(first: str, sheet: Sheet, delimiter: str) -> list[str]:
    names, required = _names(first, delimiter), set(sheet.required)
    other = next((mark for mark in ";\t|," if mark != delimiter and required <= set(_names(first, mark))), None)
    if other and not required <= set(names):
        shown = "TAB" if other == "\t" else other
        raise ImportRefused(f"The columns are separated by `{shown}`: repeat with --delimiter '{shown}'.")
    missing = [name for name in sheet.required if name not in names]
    if missing:
        raise ImportRefused(
            f"The first line must name the columns; {', '.join(missing)} is missing. See `{sheet.help}`."
        )
    unknown = [repr(name[:40]) for name in names if name not in sheet.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if unknown or twice:
        what = f"unknown: {', '.join(unknown)}" if unknown else f"named twice: {', '.join(twice)}"
        raise ImportRefused(f"The header has columns {what}. Known are: {', '.join(sheet.columns)}.")
    return names


def _names(first: str, mark: str) -> list[str]:
    return [name.strip().strip('"').lower() for name in first.split(mark)]
