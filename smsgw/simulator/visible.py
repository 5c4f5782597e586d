"""What nobody sees made visible: control, direction and other formatting characters of a text, by number and name."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from smsgw.hidden import hides


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of plain text, or one character that would not be seen: its number (`U+202E`) and its name."""

    text: str
    name: str = ""


def pieces(text: str) -> Iterator[Piece]:
    """The text in order, each hidden character by itself."""
    plain = ""
    for char in text:
        if char == "\n" or not hides(char):
            plain += char
            continue
        if plain:
            yield Piece(plain)
        plain = ""
        yield Piece(f"U+{ord(char):04X}", unicodedata.name(char, "CONTROL"))
    if plain:
        yield Piece(plain)
