"""Rulebook: effective-dated values, and those of them that are in force on a day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal

PERCENT: Final = "percent"
UNITS: Final = ("rupiah", PERCENT, "days", "months", "years", "age", "year", "times", "count")
"""`days` of payment are working days; `age` is years of life, `year` a year of the calendar, `times` a multiple."""

Confidence = Literal["C", "1", "T", "D", "P"]
CONFIDENCE: Final[Mapping[str, str]] = {
    "C": "two or more sources",
    "1": "one source",
    "T": "not verified",
    "D": "derived by arithmetic",
    "P": "our proposal",
}
_DEMO: Final = frozenset("1TP")


@dataclass(frozen=True, slots=True)
class Row:
    """A value from a day on, until a later row of the same name. `source`: laws, and the K-numbers of docs/rules.md."""

    name: str
    since: date
    value: Decimal
    unit: str
    source: str
    confidence: Confidence
    note: str = ""

    @property
    def demo(self) -> bool:
        """Whether it is demo data, for an administrator to confirm: nothing that two sources bear out."""
        return self.confidence in _DEMO


class RulesOn:
    """The rules in force on one day; what handlers know as Rules."""

    def __init__(self, rows: Mapping[str, Row]) -> None:
        self._values = {name: row.value for name, row in rows.items()}
        self._whole = {name: int(row.value) for name, row in rows.items() if row.unit != PERCENT}

    def number(self, name: str) -> int:
        """A whole number in the rule's unit. KeyError: no such rule, or a percentage."""
        return self._whole[name]

    def rate(self, name: str) -> Decimal:
        """The value as it is said: 5.7 is 5.7 %. KeyError: no such rule."""
        return self._values[name]


class Rulebook:
    """Every rule with its history. Never changes; one a process."""

    def __init__(self, rows: Iterable[Row]) -> None:
        """`rows` in any order, no two of the same name and day."""
        self._rows = tuple(rows)
        self._days = tuple(sorted({row.since for row in self._rows}))
        self._known: dict[date, RulesOn] = {}

    def on(self, day: date) -> RulesOn:
        """The rules in force on a day."""
        # Nothing changes between two days of the table, so there are few of these, and a message costs one look-up.
        turn = max((since for since in self._days if since <= day), default=date.min)
        if turn not in self._known:
            self._known[turn] = RulesOn(self.in_force(day))
        return self._known[turn]

    def in_force(self, day: date) -> Mapping[str, Row]:
        """The rows in force on a day by name, in the order of the table."""
        found: dict[str, Row] = {}
        for row in self._rows:
            if row.since <= day and (row.name not in found or found[row.name].since < row.since):
                found[row.name] = row
        return found

    def rows(self) -> Sequence[Row]:
        """Every row, in the order of the table."""
        return self._rows

    def names(self) -> frozenset[str]:
        """Every name that has a row, of whatever day."""
        return frozenset(row.name for row in self._rows)
