"""Reader: a text becomes a Reading. Fold, parse, walk the tree; where no phrase is found, one step for a typo."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from lark import Token

from smsgw.keywords.fold import fold
from smsgw.keywords.forms import fill
from smsgw.keywords.grammar import Grammar
from smsgw.keywords.nearest import Near, Nearest
from smsgw.keywords.numbers import LENGTH, Run
from smsgw.keywords.outside import CARRIER_WORDS, OWN_WORDS, is_machine_sender, is_machine_text, is_own_text
from smsgw.keywords.shapes import Keyword, Reading
from smsgw.keywords.walk import TEXT, Found, Place, walk

LEAST_LEAD: Final = 5
"""Digits before the keyword below which they are no failed membership number: `1. JHT`, `3x`, `10.30`."""
LEAST_FAILED: Final = 9
"""Digits of a wrong number that the message is about even where a right one follows."""
SPELLED: Final = 3
"""Single letters that may be one word taken apart: J H T."""
LOOKED_UP: Final = 6
"""Unknown words that are looked up: a sentence of them is no mistyped keyword."""
_NO_RUN: Final = Run()
_EMPTY: Final = Found()
_LONGEST_CHOICE: Final = 2
_BARE_WORDS: Final = 3
"""Words of that kind that one message may begin with and still be read on."""
_PHRASE_WORDS: Final = 4


def _today() -> date:
    """The day in Jakarta."""
    return (datetime.now(UTC) + timedelta(hours=7)).date()


class Reader:
    """Reads texts with one composed grammar; never raises."""

    def __init__(
        self,
        grammar: Grammar,
        keywords: Mapping[str, Keyword],
        own_texts: tuple[str, ...],
        today: Callable[[], date] = _today,
    ) -> None:
        """`keywords` by stem; `own_texts` are folded pieces of our own replies."""
        self._grammar = grammar
        self._keywords = keywords
        self._own_texts = own_texts
        self._today = today
        self._owners = {" ".join(words): stem for stem, found in grammar.phrases.items() for words in found.anywhere}
        self._phrases = {" ".join(words): stem for stem, found in grammar.phrases.items() for words in found.all()}
        self._programmes = {self._owners[word] for word in grammar.rivals if word in self._owners}
        self._confirming = {
            word: keyword.name for keyword in keywords.values() for word in keyword.phrases if word in OWN_WORDS
        }
        self._nearest = Nearest(self._owners, {*grammar.rivals, *CARRIER_WORDS, *OWN_WORDS})

    def read(self, text: str, sender: str = "", *, with_tree: bool = False) -> Reading:
        """What the text is read as; the printable tree costs extra and comes only when asked for."""
        folded = fold(text)
        reading = self._outside(folded, sender) or self._inside(folded)
        tree = self._grammar.parse(folded) if with_tree and folded else None
        return replace(reading, folded=folded, tree=tree.pretty() if tree is not None else None)

    def about(self, text: str) -> Keyword | None:
        """The keyword that a text names first, by its longest phrase; None where it names none."""
        return next((self._keywords[stem] for stem in _named(text.split(), self._phrases)), None)

    def _outside(self, folded: str, sender: str) -> Reading | None:
        if is_machine_sender(sender):
            return Reading("silent", problem="machine_sender")
        if folded in CARRIER_WORDS:
            return Reading(CARRIER_WORDS[folded], problem="carrier")
        if folded in OWN_WORDS:
            return Reading(OWN_WORDS[folded], self._confirming.get(folded), problem="own")
        return Reading("silent", problem="machine_text") if is_own_text(folded, self._own_texts) else None

    def _inside(self, folded: str) -> Reading:
        found = self._found(folded)
        if not found.complains and is_machine_text(folded):
            return Reading("silent", problem="machine_text")
        if found.stem is None:
            return self._typo(folded, found) or _without_command(found, folded)
        reading = self._command(self._keywords[found.stem], found)
        return self._instead(folded, found) or reading

    def _found(self, folded: str) -> Found:
        """What the grammar finds. A bare word beside others it does not know is no command: it is read on without."""
        tree = self._grammar.parse(folded) if folded else None
        found = original = walk(tree, self._keywords) if tree is not None else _EMPTY
        for _ in range(_BARE_WORDS):
            if not (found.bare and (found.unknown or found.programme)):
                return found if found.stem else original
            start, end = found.at
            folded = folded[:start] + " " * (end - start) + folded[end:]
            tree = self._grammar.parse(folded)
            found = walk(tree, self._keywords) if tree is not None else _EMPTY
            original.stem = None
        return original

    def _command(self, keyword: Keyword, found: Found) -> Reading:
        stem = found.stem or ""
        also = self._also(stem, found.after)
        if stem in self._grammar.forms:
            return self._form(keyword, found, also)
        if stem not in self._grammar.takes_number:
            return Reading("command", keyword.name, arguments=found.arguments, also=also)
        rivals = [word for word in found.programmes if self._owners.get(word) != stem]
        if rivals and stem in self._programmes:
            return _malformed(keyword.name, "other_programme", {"programme": rivals[0]})
        number, failed = membership_number(found.numbers)
        if failed is not None and failed.problem:
            fields = {"sent": failed.length, "wanted": LENGTH, "keyword": keyword.name}
            return _malformed(keyword.name, failed.problem, fields)
        return Reading("command", keyword.name, number, found.arguments, also=also)

    def _also(self, stem: str, after: Sequence[str]) -> str | None:
        return next((self._keywords[other].name for other in _named(after, self._owners) if other != stem), None)

    def _form(self, keyword: Keyword, found: Found, also: str | None) -> Reading:
        if found.form.empty:
            return Reading("command", keyword.name, also=also)
        filled = fill(found.form, self._today(), with_number=found.stem in self._grammar.takes_number)
        if filled.problem:
            problem, fields = filled.problem
            return _malformed(keyword.name, problem, {**fields, "keyword": keyword.name})
        return Reading("command", keyword.name, filled.number, filled.arguments, also=also)

    def _typo(self, folded: str, found: Found) -> Reading | None:
        """The message with one unknown word replaced by its nearest phrase, read again; None: no guess.

        Among several unknown words a mistyped one counts where it comes first and its argument is complete.
        """
        near, start, end = self._near(found.unknown)
        if near is None:
            return None
        again = self._found(f"{folded[:start]} {near.phrase} {folded[end:]}")
        if again.stem is None:
            return None
        keyword = self._keywords[again.stem]
        meant = self._command(keyword, again)
        first = bool(meant.arguments) and start == found.unknown[0].start_pos
        certain = len(found.unknown) == 1 or near.distance == 0 or meant.membership_number or first
        return _sure(keyword, meant, near) if certain else None

    def _instead(self, folded: str, found: Found) -> Reading | None:
        """KLAM JHT, where a mistyped keyword has the phrase that was found for its argument."""
        before = [token for token in found.unknown if (token.end_pos or 0) <= found.at[0]]
        if not before or any(run.full for _, run in found.numbers):
            return None
        reading = self._typo(folded, replace(found, unknown=before[:1]))
        return reading if reading and reading.outcome == "command" and reading.arguments else None

    def _near(self, unknown: Sequence[Token]) -> tuple[Near | None, int, int]:
        """The phrase that is meant, and what it replaces: the unknown words must point to one keyword only."""
        if len(unknown) >= SPELLED and all(len(token) == 1 for token in unknown):
            return self._nearest.find("".join(unknown)), unknown[0].start_pos or 0, unknown[-1].end_pos or 0
        found = [(near, token) for token in unknown[:LOOKED_UP] if (near := self._nearest.find(str(token)))]
        if len({self._owners[near.phrase] for near, _ in found}) != 1:
            return None, 0, 0
        near, token = found[0]
        return near, token.start_pos or 0, token.end_pos or 0


def _named(words: Sequence[str], owners: Mapping[str, str]) -> Iterator[str]:
    """The keywords that the words name, by their longest phrases."""
    for start in range(len(words)):
        for end in range(min(len(words), start + _PHRASE_WORDS), start, -1):
            if stem := owners.get(" ".join(words[start:end])):
                yield stem
                break


def _sure(keyword: Keyword, reading: Reading, near: Near) -> Reading:
    """Answered when nothing was guessed, no number is needed, or a full number came with it; else suggested.

    Nobody's words are filed as a complaint by a guess.
    """
    complete = reading.membership_number or (not keyword.takes_number and TEXT not in reading.arguments)
    if (complete and reading.outcome == "command") or near.distance == 0:
        return reading
    return Reading("suggest", keyword.name, fields={"phrase": near.phrase})


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


def _without_command(found: Found, folded: str) -> Reading:
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


def _malformed(keyword: str | None, problem: str, fields: Mapping[str, object]) -> Reading:
    return Reading("malformed", keyword, problem=problem, fields=fields)
