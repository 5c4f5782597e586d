"""Readings in the words of the outside cases, and what is to be said of each row."""

from dataclasses import dataclass
from typing import Any, Final

from smsgw.keywords import Reading
from tests.support import language
from tests.support.jsonl import plain

ABOUT_A_NUMBER: Final = {"JHT": "balance", "STATUS": "status"}
OPTIONAL: Final = {
    "JP": "jp",
    "JKK": "jkk",
    "JKM": "jkm",
    "JKP": "jkp",
    "KLAIM": "claim",
    "KANTOR": "branch",
    "DAFTAR": "register",
    "LUPA": "lostnumber",
}
OTHERWISE: Final = {"malformed": "format", "silent": "silent", "opt_out": "optout", "opt_in": "optin"}
AS_DIGITS: Final = str.maketrans("OIL", "011")
UNRELATED: Final = "unrelated"
"""The class of rows without a keyword of those days: a keyword of today may be a fair reading of them."""


def label(reading: Reading) -> str:
    """A reading in the words of the cases: a keyword without its number counts as `format`, a suggestion as `help`."""
    keyword = reading.keyword or ""
    if keyword in OPTIONAL and reading.outcome in ("command", "malformed"):
        return f"optional:{OPTIONAL[keyword]}"
    if reading.outcome != "command":
        return OTHERWISE.get(reading.outcome, "help")
    if keyword in ABOUT_A_NUMBER:
        number = reading.membership_number
        return f"{ABOUT_A_NUMBER[keyword]}:{number}" if number else "format"
    if keyword == "YA":  # without an open question: rule 6
        return "optin" if reading.folded == "YES" else "help"
    return "help" if keyword == "BANTUAN" else keyword


@dataclass(frozen=True, slots=True)
class Case:
    """A row and its reading."""

    row: Any
    reading: Reading

    @property
    def label(self) -> str:
        """What it was read as."""
        return label(self.reading)

    @property
    def fair(self) -> bool:
        """Whether the documents decide: a keyword of keywords.md is a fair reading of a row of `unrelated`."""
        return self.row["class"] == UNRELATED and self.reading.outcome == "command" and self.reading.keyword != "YA"

    @property
    def exact(self) -> bool:
        """Whether it was read as its best label, or as the documents decide."""
        return self.label == self.row["accept"][0] or self.fair

    @property
    def accepted(self) -> bool:
        """Whether it was read as one of its labels."""
        return self.label in self.row["accept"]

    @property
    def violations(self) -> list[str]:
        """What must not have happened and did."""
        number, kind = self.reading.membership_number, self.label.split(":")[0]
        sent = "".join(char for char in self.reading.folded.translate(AS_DIGITS) if char.isalnum())
        happened = {
            "data": number is not None,
            "data_other_number": number is not None and number.translate(AS_DIGITS) not in sent,
            "balance": kind == "balance",
            "optout": kind == "optout",
            "optin": kind == "optin",
        }
        return [name for name in self.row["never"] if happened.get(name, False)]


def cases() -> list[Case]:
    """Every row of the inbound cases with its reading; none where the cases are absent."""
    return [Case(row, language.read(row["text"], row.get("from") or "")) for row in plain("inbound_corpus")]


def reason(case: Case) -> str:
    """The rule of keywords.md by which a row is read as none of its labels; empty: there is none."""
    return f"{case.reading.keyword} of keywords.md is a fair reading" if case.fair else ""


def report(found: list[Case]) -> list[tuple[str, int, int, int]]:
    """Each class with its rows, how many were read exactly, and how many as one of their labels."""
    classes = sorted({case.row["class"] for case in found})
    return [
        (name, len(mine), sum(case.exact for case in mine), sum(case.exact or case.accepted for case in mine))
        for name in classes
        if (mine := [case for case in found if case.row["class"] == name])
    ]
