"""Kinds: how a template's field is written in each language, and the widest it can be."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from babel.dates import get_month_names

from smsgw.keywords.gsm7 import transliterate

NAME, EMPLOYER, WORD, REASON, MENU = 14, 18, 24, 24, 96
"""Characters at most of a person's name, an employer's, a word of ours, a reason, and the menu's words."""
PLACE, ITEMS, LABEL, FORM = 24, 110, 12, 46
"""Characters at most of a branch or city, a page of short pieces, an identifier such as K2510-00123, a filled form."""
CHOICES: Final = 4
"""Memberships that fit into the question which one is meant."""
_LEGAL_FORM: Final = 4
_MOST: Final = 999_999_999_999
_THOUSAND, _MILLION = 1_000, 1_000_000

Write = Callable[[Any, str], str]
"""A raw value and a language to text of the basic table."""

# Babel knows the months; asked once, because asking costs more than a whole reply.
_MONTHS: Final = {
    language: tuple(transliterate(get_month_names("abbreviated", locale=language)[month]) for month in range(1, 13))
    for language in ("id", "en")
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to write a value: `write` never gives more characters than `widest` has."""

    write: Write
    widest: Mapping[str, str]


def rupiah(value: int, language: str) -> str:
    """Whole rupiah: Rp23.451.200. More than the widest is never a member's; it is held at the widest, as `>`."""
    over = ">" if value > _MOST else ""
    whole = f"{min(int(value), _MOST):,}"
    return f"{over}Rp" + (whole.replace(",", ".") if language == "id" else whole)


def day(value: date, language: str) -> str:
    """A day: 31-10-2025, in English 31 Oct 2025."""
    if language == "en":
        return f"{value.day} {_MONTHS['en'][value.month - 1]} {value.year}"
    return f"{value.day:02}-{value.month:02}-{value.year:04}"


def month(value: date, language: str) -> str:
    """A month: Sep 2025."""
    return f"{_MONTHS[language][value.month - 1]} {value.year}"


def number(value: str, language: str) -> str:
    """A membership number, masked: 180*****345 (reliability §3.1)."""
    return f"{value[:3]}*****{value[-3:]}"


def name(value: str, language: str) -> str:
    """A person: the first name and the initial of the next: SITI R*."""
    words = _plain(value).split()
    return _shown(words[:1], words[1:], NAME)


def employer(value: str, language: str) -> str:
    """A firm: its legal form, first word and the initial of the next: PT MAJU J*."""
    words = _plain(value).split()
    head = 2 if words and len(words[0]) <= _LEGAL_FORM else 1
    return _shown(words[:head], words[head:], EMPLOYER)


def fullnumber(value: str, language: str) -> str:
    """A membership number in full: for KARTU and LUPA alone (reliability §3.1)."""
    return value[:11]


def count(value: int, language: str) -> str:
    """A count of characters, pages, months or years, at most four digits."""
    return str(min(int(value), 9999))


def times(value: int, language: str) -> str:
    """A multiple: 48x."""
    return f"{min(int(value), 999)}x"


def percent(value: Decimal | int, language: str) -> str:
    """A percentage with the decimals that it has: 5,7%, in English 5.7%."""
    text = f"{Decimal(value).normalize():f}"
    return (text.replace(".", ",") if language == "id" else text) + "%"


def short(value: int, language: str) -> str:
    """Rupiah as people say them: 42 juta, 1,5 juta, 285rb; in English 42 million, 285k. Rounded down to the unit."""
    amount = min(int(value), _MOST)
    if amount < _MILLION:
        return f"{amount // 1000}{'rb' if language == 'id' else 'k'}" if amount >= _THOUSAND else str(amount)
    tenths = amount // (_MILLION // 10)
    whole, tenth = divmod(tenths, 10)
    text = f"{whole}.{tenth}" if tenth else str(whole)
    return f"{text.replace('.', ',')} juta" if language == "id" else f"{text} million"


def monthyear(value: date, language: str) -> str:
    """A month as figures: 05-2018."""
    return f"{value.month:02}-{value.year:04}"


def items(value: Sequence[str], language: str) -> str:
    """Short pieces with commas between, all of them: whoever makes a page has counted them (ITEMS)."""
    text = _plain(", ".join(value))
    return text if len(text) <= ITEMS else _fitting(text, ITEMS)


def words(width: int) -> Write:
    """Words of ours, such as a phrase or a reason; what does not fit is left out by whole words."""

    def write(value: str, language: str) -> str:
        return _fitting(_plain(value), width)

    return write


def menu(value: Sequence[str], language: str) -> str:
    """Words with commas between, as many as there is room for."""
    return _fitting(", ".join(value), MENU)


def _fitting(text: str, width: int) -> str:
    if len(text) > width:
        text = text[: width + 1].rpartition(" ")[0] or text[:width]
    return text.rstrip(" ,")


def _shown(shown: Sequence[str], hidden: Sequence[str], width: int) -> str:
    text = " ".join([*shown, *(f"{word[0]}*" for word in hidden[:1])])
    return text if len(text) <= width else text[: width - 1].rstrip(" *") + "*"


def _plain(value: str) -> str:
    return " ".join(transliterate(value).split())


def _any(text: str) -> Mapping[str, str]:
    return {"id": text, "en": text}


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "rupiah": Kind(rupiah, {"id": ">Rp999.999.999.999", "en": ">Rp999,999,999,999"}),
        "day": Kind(day, {"id": "31-12-2025", "en": "31 Dec 2025"}),
        "month": Kind(month, _any("Des 2025")),
        "number": Kind(number, _any("180*****345")),
        "name": Kind(name, _any("W" * (NAME - 1) + "*")),
        "employer": Kind(employer, _any("W" * (EMPLOYER - 1) + "*")),
        "count": Kind(count, _any("9999")),
        "word": Kind(words(WORD), _any("W" * WORD)),
        "reason": Kind(words(REASON), _any("W" * REASON)),
        "menu": Kind(menu, _any("W" * MENU)),
        "programmes": Kind(words(len("JHT JKK JKM JP JKP")), _any("JHT JKK JKM JP JKP")),
        "segment": Kind(words(len("JAKON")), _any("JAKON")),
        "fullnumber": Kind(fullnumber, _any("05WW0012345")),
        "times": Kind(times, _any("999x")),
        "percent": Kind(percent, {"id": "99,99%", "en": "99.99%"}),
        "short": Kind(short, {"id": "999999,9 juta", "en": "999999.9 million"}),
        "monthyear": Kind(monthyear, _any("12-2025")),
        "items": Kind(items, _any("W" * ITEMS)),
        "form": Kind(words(FORM), _any("W" * FORM)),
        "label": Kind(words(LABEL), _any("W" * LABEL)),
        "choices": Kind(items, _any(", ".join(["1) 180*****345"] * CHOICES))),
        "place": Kind(words(PLACE), _any("W" * PLACE)),
    }
)
"""The kinds a template may name; each has a value in every language."""
