"""Numbers: what a run of digit groups is, by its shape alone; nothing is padded, cut or guessed (keywords.md 3)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

LENGTH: Final = 11
NIK_LENGTH: Final = 16
HEALTH_LENGTH: Final = 13
_STANDS_ALONE: Final = 10

_OLD_CARD: Final = re.compile(r"[0-9]{2}[A-Z][A-Z0-9]{2}[0-9]{6}")
_AS_DIGITS: Final = str.maketrans("OIL", "011")


@dataclass(frozen=True, slots=True)
class Run:
    """Groups that stand side by side: the membership numbers in them, or why they are none.

    `length` counts what was sent in place of a number; `problem` is a section of the base templates.
    """

    full: tuple[str, ...] = ()
    problem: str | None = None
    length: int = 0


def as_number(group: str) -> str | None:
    """One group as digits or as an old card number; O, I and L are first tried as digits; else None."""
    digits = group.translate(_AS_DIGITS)
    if digits.isdecimal():
        return digits
    card = digits[:2] + group[2:3] + digits[3:]
    return card if len(card) == LENGTH and _OLD_CARD.fullmatch(card) else None


def read_run(groups: Sequence[str]) -> Run:
    """What the groups are. A group of ten and more stands by itself, shorter ones are one number written in groups."""
    found = [as_number(group) for group in groups]
    full = tuple(dict.fromkeys(number for number in found if number and len(number) == LENGTH))
    if full:
        return Run(full)
    if None in found:
        return Run(problem="number_letters", length=sum(map(len, groups)))
    numbers = [number for number in found if number]
    long = [number for number in numbers if len(number) >= _STANDS_ALONE]
    return _by_length(long[0] if long else "".join(numbers))


def _by_length(number: str) -> Run:
    if len(number) == LENGTH:
        return Run((number,))
    problems = {NIK_LENGTH: "number_nik", HEALTH_LENGTH: "number_health"}
    return Run(problem=problems.get(len(number), "number_length"), length=len(number))
