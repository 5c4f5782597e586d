"""Rules: what the compiled rules of a grammar say about each keyword: its phrases, and whether it takes too much."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from lark import Lark
from lark.grammar import NonTerminal, Rule, Symbol
from lark.lexer import PatternStr

PHRASE, BARE, ALONE, FIRST, OPENING, NUMBERED = "phrase", "bare", "alone", "first", "opening", "numbered"
ASIDE: Final = "aside"
OTHERS, ANYBODYS = ("programme", "foreign"), ("filler", "phone", "example", "calendar")
"""The rules of base.lark with words that a keyword may own, and with words that it may not."""
_CLASSES: Final = frozenset(OTHERS + ANYBODYS)
LONGEST_PHRASE: Final = 24
"""Characters of a phrase: replies name it, so it has a widest value."""

Words = tuple[str, ...]
_SHAPE: Final = re.compile(r"\W|[A-Z]+")


@dataclass(frozen=True, slots=True)
class Phrases:
    """The words of one keyword: anywhere, only among known words, only as the whole message, only with a number."""

    anywhere: tuple[Words, ...]
    bare: tuple[Words, ...]
    alone: tuple[Words, ...]
    numbered: tuple[Words, ...] = ()

    def all(self) -> Iterator[Words]:
        """Every phrase that is the keyword's by itself."""
        yield from (*self.anywhere, *self.bare, *self.alone)


class Rules:
    """The compiled rules of a grammar text, and questions about them."""

    def __init__(self, compiled: Lark) -> None:
        """`compiled` holds base.lark and the keywords' files; it need not be able to parse."""
        self._by_origin: dict[str, list[Rule]] = {}
        for rule in compiled.rules:
            self._by_origin.setdefault(rule.origin.name, []).append(rule)
        self._strings = {t.name: t.pattern.value for t in compiled.terminals if isinstance(t.pattern, PatternStr)}
        self._words = frozenset(self._strings.values())
        self.classes = {words[0]: name.upper() for name in OTHERS + ANYBODYS for words in self._expand(name)}
        self.rivals = frozenset(words[0] for name in OTHERS for words in self._expand(name))

    def phrases(self, stem: str) -> Phrases:
        """What a keyword's phrase rules can be, word by word."""
        return Phrases(*(tuple(self._expand(f"{stem}_{kind}")) for kind in (PHRASE, BARE, ALONE, NUMBERED)))

    def own(self, begun: Mapping[str, Sequence[Words]]) -> dict[str, str]:
        """The terminal of each keyword's word: one for all words that stand in the very same places.

        Lark's tables grow with every terminal. `begun` are sequences of words that rules are to be extended by.
        """
        places: dict[str, set[str]] = {}
        for rule in (rule for name, found in self._by_origin.items() if name not in _CLASSES for rule in found):
            names = [self._strings.get(symbol.name, symbol.name) for symbol in rule.expansion]
            _place(places, f"{rule.origin.name} {rule.alias}", names)
        for origin, sequences in begun.items():
            for words in sequences:
                _place(places, origin, words)
        first: dict[frozenset[str], str] = {}
        return {
            word: f"OWN_{first.setdefault(frozenset(found), word)}"
            for word, found in sorted(places.items())
            if word.isalnum() and word in self._words
        }

    def greed(self, stem: str) -> Iterator[str]:
        """Why this keyword would take messages that are not its own."""
        where, own = f"grammar/{stem}.lark", self.phrases(stem)
        for name in sorted(set().union(*(self._first(rule) for rule in (stem, f"{stem}_{FIRST}", f"{stem}_{ALONE}")))):
            if name not in self._strings:
                yield f"{where}: can start with {name}, not only with words of its own"
        for words in (*own.anywhere, *own.bare):
            if self.classes.keys() >= set(words) and not self.rivals.intersection(words):
                yield f"{where}: the phrase {' '.join(words)} is made of words that anybody may use"
        for words in own.all():
            if not all(_SHAPE.fullmatch(word) for word in words) or len(" ".join(words)) > LONGEST_PHRASE:
                yield f"{where}: the phrase {' '.join(words)} is not of capital letters, or too long"
        if not any(own.all()):
            yield f"{where}: has no phrase"

    def reaches(self, origin: str, wanted: str) -> bool:
        """Whether a rule uses another one, at any depth, but not aside."""
        seen, waiting = {ASIDE}, [origin]
        while waiting:
            name = waiting.pop()
            if name == wanted:
                return True
            if name not in seen:
                seen.add(name)
                waiting += [s.name for rule in self._by_origin.get(name, ()) for s in rule.expansion if not s.is_term]
        return False

    def _expand(self, origin: str) -> Iterator[Words]:
        """Every sequence of words that a rule of phrases can be; what is no word is left to `greed`."""
        for rule in self._by_origin.get(origin, ()):
            for parts in product(*(self._symbol(symbol) for symbol in rule.expansion)):
                yield tuple(word for part in parts for word in part)

    def _symbol(self, symbol: Symbol) -> Sequence[Words]:
        if isinstance(symbol, NonTerminal):
            return tuple(self._expand(symbol.name))
        return ((self._strings.get(symbol.name, symbol.name),),)

    def _first(self, origin: str) -> set[str]:
        """The terminals that a rule can start with."""
        found, seen, waiting = set[str](), set[str](), [origin]
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            for rule in self._by_origin.get(name, ()):
                first = rule.expansion[0] if rule.expansion else None
                if first is None:
                    found.add("nothing")
                elif first.is_term:
                    found.add(first.name)
                else:
                    waiting.append(first.name)
        return found


def _place(places: dict[str, set[str]], rule: str, names: Sequence[str]) -> None:
    for at, name in enumerate(names):
        places.setdefault(name, set()).add(f"{rule}: {' '.join(names[:at])} _ {' '.join(names[at + 1 :])}")
