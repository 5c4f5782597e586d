"""Grammar: the shelves' .lark files become one LALR parser, and each keyword's words are asked of its own rules.

The files are put one behind the other, not imported: Lark renames what a file imports, so a terminal that two
keywords import would stand twice in the composed grammar and the lexer could serve only one of them.
"""

import gc
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final

from lark import Lark, Token, Tree
from lark.exceptions import LarkError, UnexpectedInput

from smsgw.keywords.lexer import WordLexer
from smsgw.keywords.rules import ALONE, BARE, FIRST, PHRASE, Phrases, Rules, Words

PARTIAL: Final = "partial"
_DEFINED: Final = re.compile(r"^[?!]*(_?[A-Za-z]\w*)(?:\{[^}]*\})?(?:\.-?\d+)?\s*:", re.MULTILINE)
_QUOTED: Final = re.compile(r'"([A-Z]+|[0-9]+)"')
_NEVER: Final = '"\\x00"'
"""No folded text holds this character: what stands for a rule without alternatives."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """The composed parser, and what was found in the rules on the way."""

    parser: Lark
    phrases: Mapping[str, Phrases]
    takes_number: frozenset[str]
    forms: frozenset[str]
    rivals: frozenset[str]

    def owners(self) -> dict[str, str]:
        """The stem of each phrase that counts anywhere."""
        return {" ".join(words): stem for stem, found in self.phrases.items() for words in found.anywhere}

    def parse(self, folded: str) -> Tree[Token] | None:
        """The tree of a folded text, or None where it fits no rule; Lark's exceptions stay here."""
        try:
            return self.parser.parse(folded)
        except UnexpectedInput:
            return None

    def tokens(self, folded: str) -> Iterator[Token]:
        """The tokens as the parser takes them, up to the first that it does not take."""
        with suppress(UnexpectedInput):
            yield from self.parser.parse_interactive(folded).iter_parse()


@contextmanager
def _without_collection() -> Iterator[None]:
    """Lark makes a million objects that stay: looking for garbage among them takes a fifth of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def compose(base: str, files: Mapping[str, str]) -> tuple[Grammar | None, list[str]]:
    """One grammar of base.lark and the keywords' files by stem, or the problems that forbid it.

    It takes half a second, and depends on these texts alone: in one process the same texts are composed once.
    """
    grammar, problems = _composed(base, tuple(files.items()))
    return grammar, [*problems]


@lru_cache(maxsize=4)
@_without_collection()
def _composed(base: str, by_stem: tuple[tuple[str, str], ...]) -> tuple[Grammar | None, list[str]]:
    files = dict(by_stem)
    problems = [problem for stem, text in files.items() for problem in _foreign_names(stem, text)]
    if problems:
        return None, problems
    try:
        rules = Rules(_lark(_joined(base, files, {}), None))
        phrases = {stem: rules.phrases(stem) for stem in files}
        problems = [problem for stem in files for problem in rules.greed(stem)] + _owned_twice(phrases)
        if problems:
            return None, problems
        begun = _begun(phrases)
        own = rules.own(begun)
        text = _worded(_joined(base, files, begun), own) + _classed(rules.classes.values(), own.values())
        parser = _lark(text, "lalr", _terminals(own, rules.classes))
    except (LarkError, RecursionError) as error:
        return None, [f"the composed grammar does not work: {str(error).strip()}"]
    numbers, forms = (frozenset(stem for stem in files if rules.reaches(stem, rule)) for rule in ("number", "born"))
    return Grammar(parser, phrases, numbers, forms, rules.rivals), []


def _lark(text: str, parser: str | None, words: Mapping[str, Sequence[str]] | None = None) -> Lark:
    return Lark(
        text,
        parser=parser,
        lexer="contextual" if parser else "basic",
        keep_all_tokens=True,
        maybe_placeholders=False,
        _plugins={"ContextualLexer": partial(WordLexer, words or {})},
    )


def _joined(base: str, files: Mapping[str, str], begun: Mapping[str, Sequence[Words]]) -> str:
    """All files behind one another, then what only all of them together can say."""
    rules = {rule: " | ".join(map(_quoted, found)) for rule, found in begun.items()}
    begun_only = rules.pop(PARTIAL, "") or _NEVER
    return "\n".join(
        [
            base,
            *files.values(),
            "?command: " + _having(files, ""),
            "?first: " + _having(files, f"_{FIRST}"),
            "?alone: " + _having(files, f"_{ALONE}"),
            f"{PARTIAL}.-2: {begun_only}",
            *(f"%extend {rule}: {alternatives}" for rule, alternatives in rules.items()),
            "",
        ]
    )


def _having(files: Mapping[str, str], ending: str) -> str:
    """The keywords' rules of this ending, as alternatives."""
    return " | ".join(f"{stem}{ending}" for stem, text in files.items() if f"{stem}{ending}" in _named(text)) or _NEVER


def _named(text: str) -> frozenset[str]:
    return frozenset(_DEFINED.findall(text))


def _worded(text: str, own: Mapping[str, str]) -> str:
    """The rules with their terminals in place of the keywords' words."""
    return _QUOTED.sub(lambda found: own.get(found[1], found[0]), text)


def _classed(classes: Iterable[str], own: Iterable[str]) -> str:
    """The terminals of words, which the lexer finds in a dictionary, and the rules of anybody's words."""
    names = sorted(set(classes))
    declared = [f"%declare {name}" for name in sorted({*names, *own})]
    return "\n".join([*declared, *(f"%override {name.lower()}.-2: {name}" for name in names), ""])


def _terminals(own: Mapping[str, str], classes: Mapping[str, str]) -> Mapping[str, Sequence[str]]:
    """What a word may be, the keyword's own first."""
    words = sorted({*own, *classes})
    return {word: tuple(found[word] for found in (own, classes) if word in found) for word in words}


def _quoted(words: Words) -> str:
    return " ".join(f'"{word}"' for word in words)


def _foreign_names(stem: str, text: str) -> Iterator[str]:
    mine = re.compile(rf"_?{re.escape(stem)}(_\w+)?\Z", re.IGNORECASE)
    names = _named(text)
    yield from (
        f"grammar/{stem}.lark: `{name}` is not its own; its names begin with `{stem}_`"
        for name in sorted(names)
        if not mine.match(name)
    )
    if not names.intersection({f"{stem}_{kind}" for kind in (PHRASE, BARE, ALONE)}):
        yield f"grammar/{stem}.lark: has no rule `{stem}_{PHRASE}`"
    elif stem not in names and f"{stem}_{ALONE}" not in names:
        yield f"grammar/{stem}.lark: has no rule `{stem}`"
    if re.search(r"^%", text, re.MULTILINE):
        yield f"grammar/{stem}.lark: has a line with %; only base.lark imports, ignores and declares"


def _owned_twice(phrases: Mapping[str, Phrases]) -> list[str]:
    owners: dict[Words, list[str]] = {}
    for stem, found in phrases.items():
        for words in found.all():
            owners.setdefault(words, []).append(stem)
    return [
        f"the phrase {' '.join(words)} is owned by {' and '.join(sorted(stems))}: take it out of all but one"
        for words, stems in owners.items()
        if len(stems) > 1
    ]


def _begun(phrases: Mapping[str, Phrases]) -> dict[str, list[Words]]:
    """Beginnings of phrases that are not carried through, by the rule that must take them.

    An LALR parser cannot go back: SALDO HARI, begun as SALDO HARI TUA, is still SALDO, and HARI alone is a word like
    any other. So are words that are a keyword only as the whole message. KAPAN KLAIM, begun as KAPAN KLAIM CAIR, is
    KLAIM.
    """
    complete = {words: f"{stem}_{PHRASE}" for stem, found in phrases.items() for words in found.anywhere}
    complete |= {words: f"{stem}_{BARE}" for stem, found in phrases.items() for words in found.bare}
    every = [words for found in phrases.values() for words in found.all()]
    begun = {words[:end] for words in every for end in range(1, len(words))}
    begun |= {words for found in phrases.values() for words in found.alone if words[0].isalpha()}
    rules: dict[str, list[Words]] = {}
    for words in sorted(begun - set(complete)):
        inside = (words[start:end] for start in range(len(words)) for end in range(len(words), start, -1))
        rule = next((complete[part] for part in inside if part in complete), PARTIAL)
        rules.setdefault(rule, []).append(words)
    return rules
