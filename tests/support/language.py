"""The whole language: every grammar file, with its keyword where that is here too, else with a stand-in."""

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from smsgw.keywords import Ask, Keyword, Reading, Reply
from smsgw.keywords.grammar import Grammar, compose
from smsgw.keywords.packs import load
from smsgw.keywords.reader import Reader

SHELF: Final = Path(__file__).parents[2] / "grammar"
TODAY: Final = date(2026, 11, 25)


@cache
def shelf() -> tuple[str, dict[str, str]]:
    """base.lark, and the other grammar files by stem."""
    files = {file.stem: file.read_text(encoding="utf-8") for file in sorted(SHELF.glob("*.lark"))}
    return files.pop("base"), files


@cache
def grammar() -> Grammar:
    """The composed grammar of all files."""
    found, problems = compose(*shelf())
    assert found is not None, problems
    return found


@cache
def reader() -> Reader:
    """A reader of the whole language, on a fixed day."""
    real = load("smsgw").keywords
    keywords = {stem: _known(stem, real.get(stem) or _stand_in(stem)) for stem in shelf()[1]}
    return Reader(grammar(), keywords, (), lambda: TODAY)


def read(text: str, sender: str = "") -> Reading:
    """What a text is read as."""
    return reader().read(text, sender)


def _stand_in(stem: str) -> Keyword:
    return Keyword(name=stem.upper(), who="anyone", answer=_unanswered)


def _unanswered(ask: Ask) -> Reply:
    return Reply(ask.reading.keyword or "", "help")


def _known(stem: str, keyword: Keyword) -> Keyword:
    phrases = tuple(" ".join(words) for words in grammar().phrases[stem].all())
    return replace(keyword, phrases=phrases, takes_number=stem in grammar().takes_number)
