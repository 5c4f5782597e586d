"""Forms: the fields of DAFTAR and LUPA, known by their shape and not by their place (keywords.md rule 4)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from smsgw.keywords.numbers import HEALTH_LENGTH, LENGTH, NIK_LENGTH, as_number

YOUNGEST, OLDEST = 15, 80
"""Ages between which a year of two digits is read (domain.md section 2)."""
_NIK_LIKE: Final = range(NIK_LENGTH - 2, NIK_LENGTH + 5)
_NUMBER_LIKE: Final = range(LENGTH - 2, LENGTH + 2)
_DATE_LIKE: Final = range(5, LENGTH - 2)
_PARTS: Final = re.compile(r"[0-9OIL]++(?![A-Z])|[0-9]+|[A-Z]+")
_AS_DIGITS: Final = str.maketrans("OIL", "011")
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "JAN",
            "FEB PEB",
            "MAR",
            "APR",
            "MEI MAY",
            "JUN",
            "JUL",
            "AGT AGS AGU AUG",
            "SEP",
            "OKT OCT",
            "NOV NOP",
            "DES DEC",
        ),
        1,
    )
    for name in names.split()
}

Problem = tuple[str, Mapping[str, object]]


@dataclass(slots=True)
class Form:
    """What was sent for a form, piece by piece: `dates` as written, `groups` runs of digit groups."""

    niks: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    groups: list[Sequence[str]] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether nothing was sent but words: those ask how to fill the form in."""
        return not (self.niks or self.dates or any(sum(map(len, groups)) >= _DATE_LIKE.start for groups in self.groups))


@dataclass(frozen=True, slots=True)
class Filled:
    """The fields, or the first problem: what is wrong goes before what is missing."""

    number: str | None = None
    arguments: Mapping[str, str] = field(default_factory=dict)
    problem: Problem | None = None


def fill(form: Form, today: date, *, with_number: bool) -> Filled:
    """The fields of a form that is not empty; `today` tells which century a short year is of."""
    niks, numbers, wrong = _sorted(form)
    born = next((day for text in form.dates if (day := read_date(text, today))), None)
    if form.dates and born is None:
        wrong.append(("date_invalid", {}))
    missing: list[Problem] = []
    if len(niks) != 1:
        missing.append(("nik_missing", {}) if not niks else ("two_numbers", {}))
    if born is None:
        missing.append(("date_missing", {}))
    if with_number and len(numbers) != 1:
        missing.append(("number_missing", {}) if not numbers else ("two_numbers", {}))
    problems = [problem for problem in wrong if with_number or not problem[0].startswith("number")] + missing
    if problems or born is None:
        return Filled(problem=problems[0])
    words = {"name": " ".join(form.names), "email": next(iter(form.emails), "").lower()}
    found = {"nik": niks[0], "born": born.isoformat()}
    if with_number:
        found |= {name: value for name, value in words.items() if value}
    return Filled(numbers[0] if with_number else None, found)


def _sorted(form: Form) -> tuple[list[str], list[str], list[Problem]]:
    """The identity numbers, the membership numbers, and what is neither."""
    niks, numbers, wrong = dict.fromkeys(form.niks), dict[str, None](), list[Problem]()
    for number in (number for groups in form.groups for number in _joined(groups)):
        digits = as_number(number)
        if digits and len(digits) == LENGTH:
            numbers[digits] = None
        elif digits and len(digits) == NIK_LENGTH:
            niks[digits] = None
        elif problem := _problem(number, letters=digits is None):
            wrong.append(problem)
    certain = [number for number in numbers if not number.startswith("08")]
    return list(niks), certain or list(numbers), wrong


def _joined(groups: Sequence[str]) -> list[str]:
    """Groups of nine and more stand by themselves, shorter ones side by side are one number."""
    found: list[str] = []
    short = ""
    for group in groups:
        if len(group) >= _NUMBER_LIKE.start:
            found += [short, group]
            short = ""
        else:
            short += group
    return [number for number in (*found, short) if number]


def _problem(number: str, *, letters: bool) -> Problem | None:
    sent = len(number)
    if letters:
        return "number_letters", {"sent": sent, "wanted": LENGTH}
    if sent in _DATE_LIKE:
        return "date_invalid", {}
    if sent == HEALTH_LENGTH:
        return "number_health", {}
    if sent in _NUMBER_LIKE:
        return "number_length", {"sent": sent, "wanted": LENGTH}
    return ("nik_length", {"sent": sent, "wanted": NIK_LENGTH}) if sent in _NIK_LIKE else None


def read_date(text: str, today: date) -> date | None:
    """The day that a text of the shape DATE means, day first; None: no day of the calendar, or not yet."""
    parts = [part if part[:3] in _MONTHS else part.translate(_AS_DIGITS) for part in _PARTS.findall(text)]
    if len(parts) == 1:
        whole = parts[0]
        found = _day(whole[:2], whole[2:4], whole[4:], today)
        return found or (_day(whole[6:], whole[4:6], whole[:4], today) if len(whole) == _COMPACT else None)
    if len(parts) != len(("day", "month", "year")):
        return None
    day, month, year = parts[::-1] if len(parts[0]) == _YEAR else parts
    return _day(day, month, year, today)


_COMPACT, _YEAR = 8, 4


def _day(day: str, month: str, year: str, today: date) -> date | None:
    number = _MONTHS.get(month[:3]) or (int(month) if month.isdecimal() else 0)
    try:
        found = [date(century, number, int(day)) for century in _years(year, today)]
    except ValueError:
        return None
    return next((born for born in found if born <= today), None)


def _years(year: str, today: date) -> Sequence[int]:
    if len(year) == _YEAR:
        return (int(year),)
    centuries = (today.year // 100 * 100 + int(year), today.year // 100 * 100 - 100 + int(year))
    return [found for found in centuries if YOUNGEST <= today.year - found <= OLDEST]
