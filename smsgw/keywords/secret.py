"""Secret: the PIN in a message, which is taken out before the message is stored (reliability §3.1)."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

from smsgw.keywords.numbers import LENGTH as NUMBER

LENGTH: Final = 6
MASK: Final = "*" * LENGTH
"""What stands in the place of a PIN; the grammar takes it for a separator."""

Span = tuple[int, int]
_FORMS: Final = frozenset(
    ("DAFTAR", "MENDAFTAR", "PENDAFTARAN", "REG", "REGISTER", "REGISTRASI", "REGISTRATION", "LUPA", "FORGOT", "FORGET")
)
"""Words that begin a form, in which six digits are a birth date."""
_WORD: Final = re.compile(r"[^\W\d_]++")
_NIK: Final = re.compile(r"(?<!\d)\d{16}(?!\d)")
_GROUP: Final = re.compile(r"(?<![^\W_])[^\W\d_]*+(\d++)(?![^\W_])")
"""Digits that stand alone, or close behind a word of letters: SALDO482915, but no old card 05KWW012345."""
_BETWEEN: Final = re.compile(r"[\W_]{1,3}")
_STANDS_ALONE: Final = 10
"""Digits of a group that is no part of a number written in groups (smsgw.keywords.numbers)."""


def hide(text: str) -> tuple[str, str | None]:
    """The text with its PIN replaced by MASK, and the PIN; None: there is none.

    A PIN is a group of six digits, the last one that is neither in a form nor, with the groups beside it, a membership
    number. Whatever else has six digits is hidden too: what cannot be told from a PIN must not be kept.
    """
    if _is_form(text):
        return text, None
    found = [pin for run in _runs(text) if (pin := _pin(run))]
    if not found:
        return text, None
    start, end = found[-1]
    return text[:start] + MASK + text[end:], "".join(str(unicodedata.decimal(char)) for char in text[start:end])


def _is_form(text: str) -> bool:
    words = [word.upper() for word in _WORD.findall(text)]
    return "PIN" not in words and (not _FORMS.isdisjoint(words[:1]) or _NIK.search(text) is not None)


def _runs(text: str) -> Iterator[Sequence[Span]]:
    """Groups that stand side by side and may be one number; long ones stand by themselves and are left out."""
    run: list[Span] = []
    for group in _GROUP.finditer(text):
        start, end = group.span(1)
        if run and not _BETWEEN.fullmatch(text, run[-1][1], start):
            yield run
            run = []
        if end - start < _STANDS_ALONE:
            run.append((start, end))
        else:
            yield run
            run = []
    yield run


def _pin(run: Sequence[Span]) -> Span | None:
    """The PIN of a run: its end, its beginning, or what else has six digits; not where all is one number."""
    if sum(end - start for start, end in run) == NUMBER:
        return None
    likely = (*run[-1:], *run[:1], *reversed(run))
    return next(((start, end) for start, end in likely if end - start == LENGTH), None)
