"""Judge: what a walked text comes to: a command, or what is wrong with its number or its form."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from smsgw.keywords.forms import fill
from smsgw.keywords.grammar import Grammar
from smsgw.keywords.numbers import LENGTH, Run
from smsgw.keywords.shapes import Keyword, Reading
from smsgw.keywords.walk import Found, Place

LEAST_LEAD: Final = 5
"""Digits before the keyword below which they are no failed membership number: `1. JHT`, `3x`, `10.30`."""
LEAST_FAILED: Final = 9
"""Digits of a wrong number that the message is about even where a right one follows."""
EXAMPLE, NUMBER_EXAMPLE = "#9973014107900003#01-07-1990", "#18050012345"
"""A form filled in, as keywords.md shows it."""
_NO_RUN: Final = Run()
_LONGEST_CHOICE: Final = 2
_PHRASE_WORDS: Final = 4


class Judge:
    """Knows the keywords of one composed grammar."""

    def __init__(self, grammar: Grammar, keywords: Mapping[str, Keyword], today: Callable[[], date]) -> None:
        """`keywords` by stem; `today` tells which century a short year is of."""
        self._keywords = keywords
        self._today = today
        self._takes_number, self._forms = grammar.takes_number, grammar.forms
        self._owners = grammar.owners()
        self._programmes = {self._owners[word] for word in grammar.rivals if word in self._owners}

    def command(self, stem: str, found: Found) -> Reading:
        """The reading of a text with this keyword's phrase."""
        keyword = self._keywords[stem]
        also = self._also(stem, found.after)
        if stem in self._forms:
            return self._form(stem, found, also)
        if stem not in self._takes_number:
            return Reading("command", keyword.name, arguments=found.arguments, also=also)
        if rival := self._rival(stem, found.programmes):
            return _malformed(keyword.name, "other_programme", {"programme": rival})
        number, failed = membership_number(found.numbers)
        if failed is not None and failed.problem:
            fields = {"sent": failed.length, "wanted": LENGTH, "keyword": keyword.name}
            return _malformed(keyword.name, failed.problem, fields)
        return Reading("command", keyword.name, number, found.arguments, also=also)

    def _rival(self, stem: str, programmes: Sequence[str]) -> str | None:
        """Another programme behind a keyword that has only one programme's own figures to tell."""
        if stem not in self._programmes or self._keywords[stem].who != "own":
            return None
        return next((word for word in programmes if self._owners.get(word) != stem), None)

    def _also(self, stem: str, after: Sequence[str]) -> str | None:
        return next((self._keywords[other].name for other in named(after, self._owners) if other != stem), None)

    def _form(self, stem: str, found: Found, also: str | None) -> Reading:
        keyword = self._keywords[stem]
        if found.form.empty:
            return Reading("command", keyword.name, also=also)
        with_number = stem in self._takes_number
        filled = fill(found.form, self._today(), with_number=with_number)
        if filled.problem:
            problem, fields = filled.problem
            form = f"{keyword.name}{EXAMPLE}{NUMBER_EXAMPLE if with_number else ''}"
            return _malformed(keyword.name, problem, {**fields, "keyword": keyword.name, "form": form})
        return Reading("command", keyword.name, filled.number, filled.arguments, also=also)


def membership_number(numbers: Sequence[tuple[Place, Run]]) -> tuple[str | None, Run | None]:
    """The one number meant, or what is wrong; neither where none was sent.

    Eleven digits that begin 08 may be a phone: they count where the keyword asks for a number, or come first alone.
    """
    asked = next((run for place, run in numbers if place == "argument"), _NO_RUN)
    if asked.problem and asked.length >= LEAST_FAILED:
        return None, asked
    others = [number for place, run in numbers if place != "argument" for number in run.full]
    sure = dict.fromkeys((*asked.full, *(number for number in others if not number.startswith("08"))))
    full = list(sure) or [number for place, run in numbers if place == "lead" for number in run.full][:1]
    if len(full) > 1:
        return None, Run(problem="two_numbers")
    if full or asked.problem:
        return (full[0], None) if full else (None, asked)
    return None, next((run for place, run in numbers if place == "lead" and run.length >= LEAST_LEAD), None)


def without_command(found: Found, folded: str) -> Reading:
    """No keyword: what stands there instead is explained where that is certain, else the menu helps."""
    if folded.isdecimal() and len(folded) <= _LONGEST_CHOICE and int(folded):
        return Reading("unknown", choice=int(folded))
    runs = [run for _, run in found.numbers]
    problems = {run.problem for run in runs}
    if found.foreign or "number_health" in problems:
        return _malformed(None, "number_health", {})
    if "number_nik" in problems:
        return _malformed(None, "number_nik", {"keyword": "JHT"})
    unclear = found.unknown or found.bare or found.programme or len(runs) > 1
    if any(run.full for run in runs) and not unclear:
        return _malformed(None, "number_only", {})
    return Reading("unknown")


def named(words: Sequence[str], owners: Mapping[str, str]) -> Iterator[str]:
    """The keywords that the words name, by their longest phrases."""
    for start in range(len(words)):
        for end in range(min(len(words), start + _PHRASE_WORDS), start, -1):
            if stem := owners.get(" ".join(words[start:end])):
                yield stem
                break


def _malformed(keyword: str | None, problem: str, fields: Mapping[str, object]) -> Reading:
    return Reading("malformed", keyword, problem=problem, fields=fields)
