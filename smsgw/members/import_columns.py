"""The columns of an import file: how each is written, and what is wrong with a cell, said without its value."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from smsgw.members.words import CLAIM_STATES, PROGRAMMES, SEGMENTS, STATUSES
from smsgw.phones import to_e164

LONGEST = 100  # characters of a name, an employer, a reason
_DIGITS_RUPIAH = 12
_OLD_CARD = re.compile(r"[0-9]{2}[A-Z][A-Z0-9]{0,2}[0-9]*")
_FIRST_YEAR = 1900


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `read` turns a cell that is not empty into a value, or raises ValueError with the reason."""

    read: Callable[[str, date], Any]
    form: str  # for the documentation and for messages
    required: bool = False


def _number(cell: str, today: date) -> str:
    text = cell.upper()
    if len(text) != 11:
        hint = "; did a spreadsheet drop leading zeros?" if text.isdecimal() and len(text) < 11 else ""
        raise ValueError(f"has {len(text)} characters, a membership number has 11{hint}")
    if not (text.isascii() and (text.isdecimal() or _OLD_CARD.fullmatch(text))):
        raise ValueError("is neither 11 digits nor an old card (two digits, one to three letters, digits)")
    return text


def _nik(cell: str, today: date) -> str:
    if not (cell.isascii() and cell.isdecimal()):
        raise ValueError("has something other than digits in it; a NIK has 16 digits")
    if len(cell) != 16:
        raise ValueError(f"has {len(cell)} digits, a NIK has 16")
    return cell


def _words(cell: str, today: date) -> str:
    if not cell.isprintable():
        raise ValueError("holds a character that cannot be printed")
    if len(cell) > LONGEST:
        raise ValueError(f"has {len(cell)} characters, at most {LONGEST} are kept")
    return " ".join(cell.split())


def _one_of(allowed: tuple[str, ...]) -> Callable[[str, date], str]:
    def read(cell: str, today: date) -> str:
        if cell.upper() not in allowed:
            raise ValueError(f"is none of {', '.join(allowed)}")
        return cell.upper()

    return read


def _any_date(cell: str, today: date) -> date:
    match = re.fullmatch(r"(?:(\d{4})-(\d{2})-(\d{2})|(\d{2})-(\d{2})-(\d{4}))", cell, re.ASCII)
    if match is None:
        raise ValueError("is no date written YYYY-MM-DD or DD-MM-YYYY")
    year, month, day, day2, month2, year2 = match.groups()
    return _calendar(int(year or year2), int(month or month2), int(day or day2))


def _calendar(year: int, month: int, day: int) -> date:
    try:
        found = date(year, month, day)
    except ValueError:
        raise ValueError("is a date that the calendar does not have") from None
    if year < _FIRST_YEAR:
        raise ValueError(f"is before {_FIRST_YEAR}")
    return found


def _past_date(cell: str, today: date) -> date:
    return _not_after(_any_date(cell, today), today)


def _not_after(found: date, today: date) -> date:
    if found > today:
        raise ValueError("lies in the future")
    return found


def _birth_date(cell: str, today: date) -> str:
    return _past_date(cell, today).isoformat()


def _month(cell: str, today: date) -> date:
    match = re.fullmatch(r"(?:(\d{4})-(\d{2})|(\d{2})-(\d{4}))", cell, re.ASCII)
    if match is None:
        raise ValueError("is no month written YYYY-MM or MM-YYYY")
    year, month, month2, year2 = match.groups()
    return _not_after(_calendar(int(year or year2), int(month or month2), 1), today)


def _rupiah(cell: str, today: date) -> int:
    if not (cell.isascii() and cell.isdecimal()):
        raise ValueError("is no whole amount in rupiah: digits alone, without Rp, dots, commas or sign")
    if len(cell.lstrip("0")) > _DIGITS_RUPIAH:
        raise ValueError(f"has more than {_DIGITS_RUPIAH} digits")
    return int(cell)


def _programmes(cell: str, today: date) -> str:
    words = cell.upper().replace("/", " ").replace("+", " ").split()
    if not set(words) <= set(PROGRAMMES):
        raise ValueError(f"holds a word that is none of {', '.join(PROGRAMMES)}")
    return " ".join(word for word in PROGRAMMES if word in words)


def _phones(cell: str, today: date) -> tuple[str, ...]:
    found = [to_e164(part.strip()) for part in cell.split("/")]
    wrong = [str(at) for at, phone in enumerate(found, start=1) if phone is None]
    if wrong:
        which = f" (phone {', '.join(wrong)} of {len(found)})" if len(found) > 1 else ""
        raise ValueError(f"is no valid phone number{which}")
    return tuple(sorted({phone for phone in found if phone}))


def _claim(cell: str, today: date) -> str:
    text = cell.upper()
    if not re.fullmatch(r"K[0-9]{4}-[0-9]{5}", text, re.ASCII):
        raise ValueError("is no claim number: K, four digits, a hyphen, five digits")
    return text


def _stage(cell: str, today: date) -> int:
    if not re.fullmatch("[1-6]", cell, re.ASCII):
        raise ValueError("is no stage from 1 to 6")
    return int(cell)


def _state(cell: str, today: date) -> str:
    if cell.lower() not in CLAIM_STATES:
        raise ValueError(f"is none of {', '.join(CLAIM_STATES)}")
    return cell.lower()


_DATE, _RP = "`YYYY-MM-DD` or `DD-MM-YYYY`", "whole rupiah, digits alone"
COLUMNS: Mapping[str, Column] = {
    "number": Column(_number, "11 digits, or an old card such as `05JN0012345`; leading zeros count", required=True),
    "name": Column(_words, f"at most {LONGEST} characters", required=True),
    "status": Column(_one_of(STATUSES), " ".join(f"`{word}`" for word in STATUSES), required=True),
    "status_since": Column(_any_date, _DATE),
    "status_reason": Column(_words, f"at most {LONGEST} characters"),
    "nik": Column(_nik, "16 digits; memberships of one NIK belong to one person"),
    "birth_date": Column(_birth_date, f"{_DATE}, not in the future"),
    "phone": Column(_phones, "the phones on record, as `+62…` or `08…`; several with `/` between them"),
    "segment": Column(
        _one_of(SEGMENTS), " ".join(f"`{word}`" for word in SEGMENTS) + "; a new membership without: `PU`"
    ),
    "employer": Column(_words, f"at most {LONGEST} characters"),
    "registered_on": Column(_past_date, f"{_DATE}, not in the future"),
    "programmes": Column(
        _programmes, " ".join(f"`{word}`" for word in PROGRAMMES) + " with spaces; with a balance, `JHT` is one of them"
    ),
    "jht_balance": Column(_rupiah, _RP),
    "jht_balance_on": Column(_past_date, f"{_DATE}, not in the future; needed where there is a balance"),
    "last_contribution_month": Column(_month, "`YYYY-MM` or `MM-YYYY`, not in the future"),
    "last_contribution": Column(_rupiah, f"{_RP}; needed where there is a month"),
}
_KNOWN = "the membership: 11 digits, or an old card; it must be known already"
HISTORY: Mapping[str, Column] = {
    "number": Column(_number, _KNOWN, required=True),
    "since": Column(_past_date, f"{_DATE}, not in the future: the first day there", required=True),
    "until": Column(_past_date, f"{_DATE}, not in the future: the last day; empty: still there"),
    "employer": Column(_words, f"at most {LONGEST} characters"),
    "segment": Column(_one_of(SEGMENTS), " ".join(f"`{word}`" for word in SEGMENTS), required=True),
}
CLAIMS: Mapping[str, Column] = {
    "claim": Column(_claim, "`K`, year and month, hyphen, five digits, as `K2510-00123`", required=True),
    "number": Column(_number, _KNOWN, required=True),
    "programme": Column(_one_of(PROGRAMMES), " ".join(f"`{word}`" for word in PROGRAMMES), required=True),
    "stage": Column(_stage, "`1` to `6`: the last stage that is done", required=True),
    "state": Column(_state, "`open` `paid` `refused`", required=True),
    "filed_on": Column(_past_date, f"{_DATE}, not in the future", required=True),
    "changed_on": Column(_past_date, f"{_DATE}, not in the future, not before `filed_on`", required=True),
}
