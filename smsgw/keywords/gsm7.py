"""GSM-7: how many septets and segments a text costs, and what replaces a character that GSM-7 lacks."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The basic table of GSM 03.38: one septet each. Replies use nothing else."""
EXTENDED: Final = "\f^{}\\[~]|€"
"""The extension table: two septets each, never split between segments."""

_ONE: Final = {ord(char): None for char in BASIC}
_TWO: Final = {ord(char): None for char in EXTENDED}
_EXTENDED: Final = frozenset(EXTENDED)

SINGLE, PART = 160, 153
SINGLE_UCS2, PART_UCS2 = 70, 67


@dataclass(frozen=True, slots=True)
class Measure:
    """What a text costs on air: its septets (GSM-7) or UTF-16 units (UCS-2), and its segments."""

    encoding: Literal["GSM-7", "UCS-2"]
    septets: int | None
    units: int | None
    segments: int


def measure(text: str) -> Measure:
    """The cost of a text as a carrier bills it (GSM 03.38; the carrier's own segment calculator agrees)."""
    beyond = text.translate(_ONE)
    if beyond.translate(_TWO):
        units = len(text.encode("utf-16-le", "surrogatepass")) // 2
        segments = 1 if units <= SINGLE_UCS2 else _packed(_clusters(text), PART_UCS2)
        return Measure("UCS-2", None, units, segments)
    septets = len(text) + len(beyond)
    segments = 1 if septets <= SINGLE else _packed((1 + (char in _EXTENDED) for char in text), PART)
    return Measure("GSM-7", septets, None, segments)


def is_basic(text: str) -> bool:
    """Whether every character costs exactly one septet."""
    return not text.translate(_ONE)


def transliterate(text: str) -> str:
    """The text with every character outside the basic table replaced by what comes nearest, else left out."""
    return text if not text.translate(_ONE) else unicodedata.normalize("NFC", text).translate(_REPLACED)


def _clusters(text: str) -> Iterable[int]:
    """UTF-16 units of each character with the marks that hang on it, which the carrier keeps in one segment."""
    cost = 0
    for char in text:
        units = 1 + (ord(char) > 0xFFFF)
        if cost and unicodedata.category(char) in ("Mn", "Me"):
            cost += units
            continue
        if cost:
            yield cost
        cost = units
    yield cost


def _packed(costs: Iterable[int], room: int) -> int:
    segments, used = 1, 0
    for cost in costs:
        if used + cost > room:
            segments, used = segments + 1, 0
        used += cost
    return segments


_SIGNS: Final = {
    **dict.fromkeys("´`ʹˈʻʼʽˊˋ‘’‚‛′‵❛❜", "'"),
    **dict.fromkeys("ˮ“”„‟″‶〝〞❝❞«»", '"'),
    **dict.fromkeys("‐‑‒–—―−‾~∼˜⁓", "-"),
    **dict.fromkeys("⁎∗✱•·●▪", "*"),
    **dict.fromkeys("÷⁄∕\\|¦", "/"),
    **dict.fromkeys("{[", "("),
    **dict.fromkeys("}]", ")"),
    **dict.fromkeys("\f\t", " "),
    **dict(zip("‹›˖﹑｡ʏʜᴄᴇᴋᴏᴛᴠᴢłŁđĐðÐħĦı", "<>+,.YHCEKOTVZlLdDdDhHi", strict=True)),
    **dict(zip("þÞœŒŋŊ€", ("th", "Th", "oe", "OE", "ng", "NG", "EUR"), strict=True)),
    "^": "",
}
"""What replaces signs and letters that Unicode does not take apart; every value is basic."""


class _Replacements(dict[int, str]):
    """Character by character, worked out when first met: itself, a sign of the table, or its letters without marks."""

    def __missing__(self, code: int) -> str:
        self[code] = found = _replace(chr(code))
        return found


def _replace(char: str) -> str:
    if char in BASIC:
        return char
    if char in _SIGNS:
        return _SIGNS[char]
    if unicodedata.category(char) in ("Zs", "Zl", "Zp"):
        return " "
    parts = unicodedata.normalize("NFKD", char)
    return "".join(part if part in BASIC else _SIGNS.get(part, "") for part in parts)


_REPLACED: Final = _Replacements()
