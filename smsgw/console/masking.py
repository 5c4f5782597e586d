"""Masking: personal data with only as much of them as tells two of them apart."""

import re
from collections.abc import Callable, Mapping
from typing import Final

# Four digits or more, whatever little stands between them: numbers, NIK, days of birth, phones and amounts alike.
# And amounts as people and our texts say them, however short: Rp500, 23,4 juta, 285rb.
_SAID: Final = r"juta|jt|ribu|rb|mill?iar|million|thousand|k"
_DIGITS: Final = re.compile(
    rf"\d(?:[\W_]{{0,2}}\d){{3,}}|(?<=Rp)[ .]?\d[\d.,]*|\d+(?:[.,]\d+)?(?=\s?(?:{_SAID})\b)", re.IGNORECASE
)
_DIGIT: Final = re.compile(r"\d")
STAR: Final = "*"


def phone(value: str) -> str:
    """+62812*****012; a short one, as a service's, is nobody's."""
    return f"{value[:6]}{STAR * 5}{value[-3:]}" if len(value) > 9 else value


def number(value: str) -> str:
    """180*****345, as participants see it themselves."""
    return f"{value[:3]}{STAR * 5}{value[-3:]}" if len(value) > 6 else STAR * len(value)


def nik(value: str) -> str:
    """Nothing but the last three digits: the others say where and when somebody was born."""
    return STAR * max(len(value) - 3, 0) + value[-3:]


def name(value: str) -> str:
    """The first letter of each word."""
    return " ".join(f"{word[0]}{STAR * 3}" for word in value.split())


def body(value: str) -> str:
    """A text, with stars for the digits of every number of four or more and of every amount."""
    return _DIGITS.sub(lambda found: _DIGIT.sub(STAR, found[0]), value)


KINDS: Final[Mapping[str, Callable[[str], str]]] = {
    "phone": phone,
    "number": number,
    "nik": nik,
    "name": name,
    "body": body,
}


def mask(value: str | None, kind: str) -> str:
    """A value of one of KINDS, masked; KeyError for another kind."""
    return KINDS[kind](value) if value else ""
