"""Fold: what a phone sent becomes plain capitals, ASCII digits and single spaces before the grammar sees it."""

import unicodedata
from typing import Final

LONGEST: Final = 1600
"""Characters kept, counted after NFKC: one ligature can become 18 letters (reliability T30)."""
_RAW: Final = 10 * LONGEST
_EDGES: Final = " \"'#*.,:;=/\\-_+!<>()[]{}|&%$@~^`"


class _Folds(dict[int, str | None]):
    """Character by character, worked out when first met."""

    def __missing__(self, code: int) -> str | None:
        self[code] = found = _fold(chr(code))
        return found


def fold(text: str) -> str:
    """The text in NFKC, upper case, ASCII digits; nothing invisible, no emoji, no marks; at most 1,600 characters.

    Punctuation stays inside the text, where the grammar takes it for a separator, and goes at both ends; a text of
    punctuation alone keeps its first sign, so that `???` can mean something.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text[:_RAW])
    plain = " ".join(text[:_RAW].upper().translate(_FOLDS).split())[:LONGEST]
    return plain.strip(_EDGES + "?") or plain.strip(_EDGES)[:1]


def _fold(char: str) -> str | None:
    if char in "\t\n\r\v\f":
        return " "
    if "!" <= char <= "~":
        return char
    category = unicodedata.category(char)
    if category in ("Cc", "Cf", "Cs", "Mn", "Me"):
        return None
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if not char.isalpha():
        return " "
    return _letter(char)


def _letter(char: str) -> str:
    """A Latin letter without its marks, any other letter as it is."""
    base = unicodedata.normalize("NFKD", char)[0]
    return base if base.isascii() and base.isalpha() else char


_FOLDS: Final = _Folds()
