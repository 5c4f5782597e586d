"""Packs: a package with the three shelves grammar, handlers and templates_sms, and what stands on them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Final, get_args

from smsgw.keywords.shapes import BASE, LANGUAGES, Keyword, Who
from smsgw.keywords.templates import Sections, parse

GROUP: Final = "smsgw.keywords"
"""The entry-point group of packs: a pack's value is the name of its package."""
HELP: Final = "help"
"""The section that every keyword has: its format, for BANTUAN <keyword>."""


@dataclass(frozen=True, slots=True)
class Pack:
    """What one package adds: grammar text by stem, keyword by stem, sections by stem and language."""

    name: str
    grammars: Mapping[str, str]
    keywords: Mapping[str, Keyword]
    templates: Mapping[tuple[str, str], Sections]
    problems: tuple[str, ...]


def installed() -> tuple[str, ...]:
    """The packages of all installed packs, ours among them; sorted, so that every process sees the same order."""
    return tuple(sorted(entry.value for entry in entry_points(group=GROUP)))


def load(name: str) -> Pack:
    """Everything on a pack's shelves. Never raises: what is missing or broken is among its problems."""
    problems: list[str] = []
    grammars = dict(_texts(name, "grammar", ".lark", problems))
    templates: dict[tuple[str, str], Sections] = {}
    for stem, text in _texts(name, "templates_sms", ".txt", problems):
        keyword, _, language = stem.rpartition(".")
        templates[keyword, language], faults = parse(text, f"{name}.templates_sms/{stem}.txt")
        problems += faults
    keywords = {stem: found for stem in _handlers(name, problems) if (found := _keyword(name, stem, problems))}
    stems = {*grammars, *keywords, *(stem for stem, _ in templates)} - {BASE}
    problems += [problem for stem in sorted(stems) for problem in _missing(name, stem, grammars, keywords, templates)]
    return Pack(name, grammars, MappingProxyType(keywords), templates, tuple(problems))


def _shelf(name: str, shelf: str, problems: list[str]) -> list[Traversable]:
    try:
        return sorted(files(f"{name}.{shelf}").iterdir(), key=lambda entry: entry.name)
    except ModuleNotFoundError as error:
        problems.append(f"{name}: has no package {name}.{shelf} ({error})")
        return []


def _texts(name: str, shelf: str, ending: str, problems: list[str]) -> Iterator[tuple[str, str]]:
    for entry in _shelf(name, shelf, problems):
        if entry.name.endswith(ending):
            yield entry.name.removesuffix(ending), entry.read_text(encoding="utf-8")


def _handlers(name: str, problems: list[str]) -> list[str]:
    return [
        entry.name.removesuffix(".py")
        for entry in _shelf(name, "handlers", problems)
        if entry.name.endswith(".py") and not entry.name.startswith("_")
    ]


def _keyword(name: str, stem: str, problems: list[str]) -> Keyword | None:
    where = f"{name}.handlers/{stem}.py"
    try:
        found = getattr(import_module(f"{name}.handlers.{stem}"), "KEYWORD", None)
    except Exception as error:  # noqa: BLE001 - another's module may raise anything; it is told with all other problems
        problems.append(f"{where}: cannot be imported: {type(error).__name__}: {error}")
        return None
    if not isinstance(found, Keyword):
        problems.append(f"{where}: has no KEYWORD, which must be a smsgw.keywords.Keyword")
        return None
    if found.name != stem.upper():
        problems.append(f"{where}: is called {found.name}; name it {stem.upper()}, as its file is")
    if found.who not in get_args(Who):
        problems.append(f"{where}: is for {found.who!r}; `who` is one of {', '.join(get_args(Who))}")
    return found


def _missing(
    name: str,
    stem: str,
    grammars: Mapping[str, str],
    keywords: Mapping[str, Keyword],
    templates: Mapping[tuple[str, str], Sections],
) -> Iterator[str]:
    if stem not in grammars:
        yield f"{name}: the keyword {stem} has no grammar/{stem}.lark"
    if stem not in keywords:
        yield f"{name}: the keyword {stem} has no working handlers/{stem}.py"
    for language in LANGUAGES:
        if (stem, language) not in templates:
            yield f"{name}: the keyword {stem} has no templates_sms/{stem}.{language}.txt"
        elif HELP not in templates[stem, language]:
            yield f"{name}: templates_sms/{stem}.{language}.txt has no section [{HELP}]"
    found = [set(templates.get((stem, language), ())) for language in LANGUAGES]
    different = found[0].union(*found).difference(found[0].intersection(*found))
    if all(found) and different:
        yield f"{name}: the templates of {stem} differ between languages in {', '.join(sorted(different))}"
