"""Registry: every keyword of every installed pack, checked once when the process starts."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from smsgw.errors import StartupError
from smsgw.keywords import packs
from smsgw.keywords.fold import fold
from smsgw.keywords.grammar import Grammar, compose
from smsgw.keywords.gsm7 import SINGLE
from smsgw.keywords.packs import Pack
from smsgw.keywords.reader import Reader
from smsgw.keywords.shapes import BASE, LANGUAGES, Keyword, Reading, Reply, Rules
from smsgw.keywords.templates import NEXT_VARIANT, Sections, Variant, fill

FALLBACK: Final = "unavailable"
ALSO: Final = "also"
OWN_TEXT: Final = 32
"""Characters of a literal piece by which one of our own texts is known when it comes back."""


class Registry:
    """Reads texts and writes replies. Made by `load_registry`; one a process, shared by its threads."""

    def __init__(
        self, keywords: Mapping[str, Keyword], templates: Mapping[tuple[str, str], Sections], grammar: Grammar
    ) -> None:
        """`keywords` by stem, templates by stem and language."""
        self.keywords: Mapping[str, Keyword] = MappingProxyType({k.name: k for k in keywords.values()})
        self.templates = MappingProxyType(dict(templates))
        stems = {BASE: BASE} | {stem: keyword.name for stem, keyword in keywords.items()}
        self._sections = {(name, lang): templates[stem, lang] for stem, name in stems.items() for lang in LANGUAGES}
        self._reader = Reader(grammar, keywords, tuple(_own_texts(templates)))

    def read(self, text: str, *, sender: str = "", num_media: int = 0, with_tree: bool = False) -> Reading:
        """What a text is read as. Never raises; reads at most 1,600 characters; `with_tree` adds the printed tree.

        A picture has no words: `num_media` changes nothing, and a picture without text is answered with the menu.
        """
        return self._reader.read(text, sender, with_tree=with_tree)

    def tokens(self, folded: str) -> tuple[tuple[str, str], ...]:
        """The tokens of a folded text, each with its kind; those before the place where it fits no rule."""
        return self._reader.tokens(folded)

    def about(self, text: str) -> Keyword | None:
        """The keyword that a folded text names first, or None."""
        return self._reader.about(text)

    def render(self, reply: Reply, language: str, rules: Rules, *, also: str | None = None) -> str:
        """The text of a reply under the rules of its day: one GSM-7 segment, always.

        `also` is a second keyword of the same message: that it waits is said where there is room. A section that is
        missing or does not fit becomes the apology, never a cut or a second segment.
        """
        language = language if language in LANGUAGES else LANGUAGES[0]
        base = self._sections[BASE, language]
        variants = self._sections.get((reply.keyword, language), {}).get(reply.section, ())
        fitting = [(v, text) for v in variants if (text := v.fill(reply.fields, language, rules.rate)) is not None]
        if not fitting:
            return fill(base[FALLBACK], {}, language, rules.rate) or ""
        more = fill(base[ALSO], {"keyword": also}, language, rules.rate) if also else None
        return _with_more(fitting, more) if more else fitting[0][1]

    def rules_named(self) -> Mapping[str, str]:
        """The rules that the templates tell, each with a file that tells it: the rulebook must have them all."""
        return {
            rule: f"templates_sms/{stem}.{language}.txt"
            for stem, language, _, variant, _ in self.variants()
            for rule in variant.rules
        }

    def variants(self) -> Iterator[tuple[str, str, str, Variant, bool]]:
        """Every wording: stem, language, section, the variant, and whether it is the section's last."""
        for (stem, language), sections in sorted(self.templates.items()):
            for section, found in sections.items():
                for variant in found:
                    yield stem, language, section, variant, variant is found[-1]


def _with_more(fitting: Sequence[tuple[Variant, str]], more: str) -> str:
    """The text with `more` behind it; a hint gives way: of the wordings that tell the same, the barest is taken."""
    same = [text for variant, text in fitting if variant.names == fitting[0][0].names]
    ended = (text if text.endswith((".", "?", "!")) else f"{text}." for text in reversed(same))
    return next((both for text in ended if len(both := f"{text} {more}") <= SINGLE), fitting[0][1])


def load_registry() -> Registry:
    """The registry of all installed packs; StartupError lists every missing piece of all of them."""
    return load_packs(packs.installed())


def load_packs(names: Iterable[str]) -> Registry:
    """The registry of the packs in these packages, loaded one like the other."""
    loaded = [packs.load(name) for name in names]
    problems = [problem for pack in loaded for problem in (*pack.problems, *_base(pack))]
    if not any(BASE in pack.grammars for pack in loaded):
        problems.append(f"no pack of the group {packs.GROUP} brings base.lark: install smsgw itself")
    problems += _twice(loaded)
    if problems:
        raise StartupError(problems)
    return _registry(loaded)


def _registry(loaded: Iterable[Pack]) -> Registry:
    grammars = {stem: text for pack in loaded for stem, text in pack.grammars.items()}
    keywords = {stem: keyword for pack in loaded for stem, keyword in pack.keywords.items()}
    templates = {key: sections for pack in loaded for key, sections in pack.templates.items()}
    grammar, problems = compose(grammars.pop(BASE), grammars)
    if grammar is None or problems:
        raise StartupError(problems)
    known = {stem: _known(keyword, stem, grammar) for stem, keyword in keywords.items()}
    phrases = frozenset(phrase for keyword in known.values() for phrase in (keyword.name, *keyword.phrases))
    usable = {key: _usable(sections, phrases) for key, sections in templates.items()}
    problems = [
        f"templates_sms/{stem}.{language}.txt: every variant of [{section}] names a keyword that is not there"
        for (stem, language), sections in usable.items()
        for section, variants in sections.items()
        if not variants
    ]
    problems += _too_long(usable)
    if problems:
        raise StartupError(problems)
    return Registry(known, usable, grammar)


def _too_long(templates: Mapping[tuple[str, str], Sections]) -> Iterator[str]:
    """Sections whose last wording does not fit at its widest: the participant would get the apology instead."""
    for (stem, language), sections in templates.items():
        for section, variants in sections.items():
            widest = len(variants[-1].widest(language)) if variants else 0
            if widest > SINGLE:
                yield (
                    f"templates_sms/{stem}.{language}.txt: the last wording of [{section}] has {widest} septets at its "
                    f"widest, a segment {SINGLE}: shorten it, or put a shorter one behind a line {NEXT_VARIANT}"
                )


def _usable(sections: Sections, phrases: frozenset[str]) -> Sections:
    """The sections without the variants that send a participant to a keyword that is not there."""
    return {
        section: tuple(variant for variant in variants if phrases.issuperset(variant.mentions))
        for section, variants in sections.items()
    }


def _known(keyword: Keyword, stem: str, grammar: Grammar) -> Keyword:
    phrases = tuple(" ".join(words) for words in grammar.phrases[stem].all())
    return replace(keyword, phrases=phrases, takes_number=stem in grammar.takes_number)


def _base(pack: Pack) -> Iterator[str]:
    for language in LANGUAGES:
        sections = pack.templates.get((BASE, language), {})
        if BASE in pack.grammars:
            for section in {FALLBACK, ALSO} - set(sections):
                yield f"{pack.name}: templates_sms/{BASE}.{language}.txt has no [{section}]"
        elif sections:
            yield f"{pack.name}: templates_sms/{BASE}.{language}.txt belongs to the pack of {BASE}.lark"


def _twice(loaded: Iterable[Pack]) -> Iterator[str]:
    stems = Counter(stem for pack in loaded for stem in pack.grammars)
    names = Counter(keyword.name for pack in loaded for keyword in pack.keywords.values())
    yield from (f"two packs bring grammar/{stem}.lark" for stem, times in stems.items() if times > 1)
    yield from (f"two handlers are called {name}" for name, times in names.items() if times > 1)


def _own_texts(templates: Mapping[tuple[str, str], Sections]) -> Iterator[str]:
    for sections in templates.values():
        for variant in (variant for found in sections.values() for variant in found):
            longest = fold(max(variant.literals, key=len))
            if len(longest) >= OWN_TEXT:
                yield longest
