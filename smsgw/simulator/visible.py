"""What nobody sees made visible: control, direction and other formatting characters of a text, by number and name."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BLANK = frozenset("\u00a0\u2007\u202f\u3000\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_PLAIN = "\n"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of plain text, or one character that would not be seen: its number (`U+202E`) and its name."""

    text: str
    name: str = ""


def pieces(text: str) -> Iterator[Piece]:
    """The text in order, each hidden character by itself."""
    plain = ""
    for char in text:
        if not _hidden(char):
            plain += char
            continue
        if plain:
            yield Piece(plain)
        plain = ""
        yield Piece(f"U+{ord(char):04X}", unicodedata.name(char, "CONTROL"))
    if plain:
        yield Piece(plain)


def _hidden(char: str) -> bool:
    return char in _BLANK or (char not in _PLAIN and unicodedata.category(char) in _HIDDEN)
