"""Words: every word of the console in Indonesian and English, from the one catalogue words.ini."""

from collections.abc import Mapping
from configparser import ConfigParser
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

CATALOGUE = files(__package__) / "words.ini"


@dataclass(frozen=True, slots=True)
class Word:
    """One word, or sentence, with its fields in braces."""

    id: str
    en: str


@cache
def catalogue() -> Mapping[str, Word]:
    """All words by stem and key, as `audit.title`."""
    parser = ConfigParser(interpolation=None, delimiters=("=",), comment_prefixes=("#",), default_section="")
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys are told apart by case
    parser.read_string(CATALOGUE.read_text(encoding="utf-8"))
    return {
        f"{section}.{key}": Word(*(part.strip() for part in text.split(" | ")))
        for section in parser.sections()
        for key, text in parser.items(section)
    }


def say(language: str, key: str, **fields: object) -> str:
    """A word in a language; KeyError where the catalogue has none such."""
    word = catalogue()[key]
    return (word.en if language == "en" else word.id).format_map(fields)


def say_or_same(language: str, stem: str, word: str) -> str:
    """A word of a list that is longer than the catalogue: itself where it has no translation."""
    key = f"{stem}.{word}"
    return say(language, key) if key in catalogue() else word
