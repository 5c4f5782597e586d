"""Grammar: the shelves' .lark files become one LALR parser, and each keyword's words are asked of its own rules.

The files are put one behind the other, not imported: Lark renames what a file imports, so a terminal that two
keywords import would stand twice in the composed grammar and the lexer could serve only one of them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from lark import Lark, Token, Tree
from lark.exceptions import LarkError, UnexpectedInput
from lark.grammar import NonTerminal, Rule, Symbol
from lark.lexer import PatternStr

from smsgw.keywords.lexer import WordLexer

PHRASE, BARE, ALONE, PARTIAL = "phrase", "bare", "alone", "partial"
OTHERS, ANYBODYS = ("programme", "foreign", "elsewhere"), ("filler", "phone", "example")
"""The rules of base.lark with words that a keyword may own, and with words that it may not."""
LONGEST_PHRASE = 24
"""Characters of a phrase: replies name it, so it has a widest value."""

Words = tuple[str, ...]
_DEFINED = re.compile(r"^[?!]*(_?[A-Za-z]\w*)(?:\{[^}]*\})?(?:\.-?\d+)?\s*:", re.MULTILINE)
_NEVER = '"\\x00"'
_ALONE_SHAPE = re.compile(r"\W|[A-Z]+")


@dataclass(frozen=True, slots=True)
class Phrases:
    """The words of one keyword: anywhere, only among known words, and only as the whole message."""

    anywhere: tuple[Words, ...]
    bare: tuple[Words, ...]
    alone: tuple[Words, ...]

    def all(self) -> Iterator[Words]:
        """Every phrase, however it may be used."""
        yield from (*self.anywhere, *self.bare, *self.alone)


@dataclass(frozen=True, slots=True)
class Grammar:
    """The composed parser, and what was found in the rules on the way."""

    parser: Lark
    phrases: Mapping[str, Phrases]
    takes_number: frozenset[str]
    rivals: frozenset[str]

    def parse(self, folded: str) -> Tree[Token] | None:
        """The tree of a folded text, or None where it fits no rule; Lark's exceptions stay here."""
        try:
            return self.parser.parse(folded)
        except UnexpectedInput:
            return None


def compose(base: str, files: Mapping[str, str]) -> tuple[Grammar | None, list[str]]:
    """One grammar of base.lark and the keywords' files by stem, or the problems that forbid it."""
    problems = [problem for stem, text in files.items() for problem in _foreign_names(stem, text)]
    if problems:
        return None, problems
    try:
        rules = _Rules(_joined(base, files, {}))
        phrases = {stem: rules.phrases(stem) for stem in files}
        problems = [problem for stem in files for problem in rules.greed(stem)] + _owned_twice(phrases)
        if problems:
            return None, problems
        parser = _lark(_joined(base, files, _begun(phrases, rules.filler)), "lalr")
    except (LarkError, RecursionError) as error:
        return None, [f"the composed grammar does not work: {str(error).strip()}"]
    numbers = frozenset(stem for stem in files if rules.reaches(stem, "number"))
    return Grammar(parser, phrases, numbers, rules.rivals), []


def _lark(text: str, parser: str | None) -> Lark:
    return Lark(
        text,
        parser=parser,
        lexer="contextual" if parser else "basic",
        keep_all_tokens=True,
        maybe_placeholders=False,
        _plugins={"ContextualLexer": WordLexer},
    )


def _joined(base: str, files: Mapping[str, str], begun: Mapping[str, Sequence[Words]]) -> str:
    """All files behind one another, then what only all of them together can say."""
    alone = [f"{stem}_{ALONE}" for stem, text in files.items() if f"{stem}_{ALONE}" in _DEFINED.findall(text)]
    rules = {rule: " | ".join(map(_quoted, found)) for rule, found in begun.items()}
    partial = rules.pop(PARTIAL, "") or _NEVER
    return "\n".join(
        [
            base,
            *files.values(),
            "?command: " + (" | ".join(files) or _NEVER),
            "?alone: " + (" | ".join(alone) or _NEVER),
            f"{PARTIAL}.-2: {partial}",
            *(f"%extend {rule}: {alternatives}" for rule, alternatives in rules.items()),
            "",
        ]
    )


def _quoted(words: Words) -> str:
    return " ".join(f'"{word}"' for word in words)


def _foreign_names(stem: str, text: str) -> Iterator[str]:
    mine = re.compile(rf"_?{re.escape(stem)}(_\w+)?\Z", re.IGNORECASE)
    names = _DEFINED.findall(text)
    yield from (
        f"grammar/{stem}.lark: `{name}` is not its own; its names begin with `{stem}_`"
        for name in names
        if not mine.match(name)
    )
    for name in {stem, f"{stem}_{PHRASE}"} - set(names):
        yield f"grammar/{stem}.lark: has no rule `{name}`"
    if re.search(r"^%", text, re.MULTILINE):
        yield f"grammar/{stem}.lark: has a line with %; only base.lark imports, ignores and declares"


def _owned_twice(phrases: Mapping[str, Phrases]) -> list[str]:
    owners: dict[Words, list[str]] = {}
    for stem, found in phrases.items():
        for words in found.all():
            owners.setdefault(words, []).append(stem)
    return [
        f"the phrase {' '.join(words)} is owned by {' and '.join(sorted(stems))}"
        for words, stems in owners.items()
        if len(stems) > 1
    ]


def _begun(phrases: Mapping[str, Phrases], filler: frozenset[str]) -> dict[str, list[Words]]:
    """Beginnings of phrases that are not carried through, by the rule that must take them.

    An LALR parser cannot go back: SALDO HARI, begun as SALDO HARI TUA, is still SALDO, and HARI alone is a word like
    any other. So are words that are a keyword only as the whole message.
    """
    complete = {words: f"{stem}_{PHRASE}" for stem, found in phrases.items() for words in found.anywhere}
    complete |= {words: f"{stem}_{BARE}" for stem, found in phrases.items() for words in found.bare}
    every = [words for found in phrases.values() for words in found.all()]
    begun = {words[:end] for words in every for end in range(1, len(words))}
    begun |= {words for found in phrases.values() for words in found.alone if words[0].isalpha()}
    rules: dict[str, list[Words]] = {}
    for words in sorted(begun - set(complete) - {(word,) for word in filler}):
        rule = next((complete[words[:end]] for end in range(len(words), 0, -1) if words[:end] in complete), PARTIAL)
        rules.setdefault(rule, []).append(words)
    return rules


class _Rules:
    """The compiled rules of a grammar text, and questions about them."""

    def __init__(self, text: str) -> None:
        compiled = _lark(text, None)
        self._by_origin: dict[str, list[Rule]] = {}
        for rule in compiled.rules:
            self._by_origin.setdefault(rule.origin.name, []).append(rule)
        self._strings = {t.name: t.pattern.value for t in compiled.terminals if isinstance(t.pattern, PatternStr)}
        self.rivals = frozenset(words[0] for name in OTHERS for words in self._expand(name))
        self.filler = self.rivals | {words[0] for name in ANYBODYS for words in self._expand(name)}

    def phrases(self, stem: str) -> Phrases:
        """What a keyword's three phrase rules can be, word by word."""
        anywhere, bare, alone = (tuple(self._expand(f"{stem}_{kind}")) for kind in (PHRASE, BARE, ALONE))
        return Phrases(anywhere, bare, alone)

    def greed(self, stem: str) -> Iterator[str]:
        """Why this keyword would take messages that are not its own."""
        where, own = f"grammar/{stem}.lark", self.phrases(stem)
        for name in sorted(self._first(stem) | self._first(f"{stem}_{ALONE}")):
            if name not in self._strings:
                yield f"{where}: can start with {name}, not only with words of its own"
        for words in (*own.anywhere, *own.bare):
            if self.filler.issuperset(words) and not self.rivals.intersection(words):
                yield f"{where}: the phrase {' '.join(words)} is made of words that anybody may use"
        for words in own.all():
            if not all(_ALONE_SHAPE.fullmatch(word) for word in words) or len(" ".join(words)) > LONGEST_PHRASE:
                yield f"{where}: the phrase {' '.join(words)} is not of capital letters, or too long"
        if not own.anywhere:
            yield f"{where}: has no phrase"

    def reaches(self, origin: str, wanted: str) -> bool:
        """Whether a rule uses another one, at any depth."""
        seen, waiting = set[str](), [origin]
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
