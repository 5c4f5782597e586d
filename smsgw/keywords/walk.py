"""Walk: what a parsed tree holds: the command, its arguments, the numbers by their place, and words nobody owns."""

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from lark import Token, Tree

from smsgw.keywords.forms import Form
from smsgw.keywords.numbers import Run, read_run
from smsgw.keywords.rules import ALONE, ASIDE, BARE, FIRST, NUMBERED, OPENING, PHRASE

Place = Literal["lead", "argument", "tail"]
PROGRAMME: Final = "programme"
TEXT: Final = "text"
"""The argument that is a participant's own words."""
_REACH: Final = {"phone": 2, "example": 3, "calendar": 2}
"""Words back to which `HP` makes a number a phone's, `CONTOH` an example and `TAHUN` part of a date."""
_NUMBER: Final = "number"
FILLER: Final = "filler"
_ENDING: Final = re.compile(rf"_(?:{ALONE}|{FIRST})\Z")
_TICKETS: Final = ("CLAIM", "REPORT")


@dataclass(slots=True)
class Found:
    """What the walk finds.

    `at` is where the phrase stands; `programmes` are named behind the phrase, `after` are the words behind it;
    `foreign` is a keyword of BPJS Kesehatan, `programme` any programme's name outside the phrase and its arguments.
    """

    stem: str | None = None
    phrase: str = ""
    bare: bool = False
    at: tuple[int, int] = (0, 0)
    numbers: list[tuple[Place, Run]] = field(default_factory=list)
    arguments: dict[str, str] = field(default_factory=dict)
    form: Form = field(default_factory=Form)
    unknown: list[Token] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    programmes: list[str] = field(default_factory=list)
    foreign: bool = False
    programme: bool = False
    labels: list[str] = field(default_factory=list)

    @property
    def has_number(self) -> bool:
        """Whether a full membership number is in the text."""
        return any(run.full for _, run in self.numbers)

    @property
    def complains(self) -> bool:
        """Whether the message begins with a keyword that takes whatever is written."""
        return self.at[0] == 0 and TEXT in self.arguments


def walk(tree: Tree[Token], stems: Container[str]) -> Found:
    """Go through a tree once; `stems` are the rules of commands."""
    found = Found()
    for child in tree.children:
        stem = _stem(child, stems)
        if stem is not None and isinstance(child, Tree):
            _command(found, child, stem)
        else:
            _item(found, child, "lead" if found.stem is None else "tail")
    return found


def _stem(child: Tree[Token] | Token, stems: Container[str]) -> str | None:
    if isinstance(child, Token):
        return None
    name = _ENDING.sub("", str(child.data))
    return name if name in stems else None


def _command(found: Found, tree: Tree[Token], stem: str) -> None:
    found.stem = stem
    found.labels.clear()
    for child in tree.children:
        if isinstance(child, Token) or child.data in _ITEMS or child.data == f"{stem}_{FILLER}":
            _item(found, child, "argument")
        elif child.data in _FIELDS:
            _field(found.form, child, str(child.data))
        elif (kind := str(child.data).removeprefix(f"{stem}_")) in (PHRASE, BARE, OPENING, NUMBERED):
            _phrase(found, child, stem, kind)
        else:
            _argument(found, child, kind)


def _phrase(found: Found, tree: Tree[Token], stem: str, kind: str) -> None:
    tokens = list(_leaves(tree))
    found.phrase = " ".join(tokens)
    found.bare, found.at = kind == BARE, (tokens[0].start_pos or 0, tokens[-1].end_pos or 0)
    for child in tree.children:
        if isinstance(child, Tree):
            _argument(found, child, str(child.data).removeprefix(f"{stem}_"))


def _argument(found: Found, tree: Tree[Token], kind: str) -> None:
    """What a rule's name or its words give; words in several places are put behind one another."""
    found.labels.append("argument")
    name, _, value = kind.partition("_")
    if value:
        found.arguments[name] = value.upper()
    else:
        words = [_ticket(token) if token.type in _TICKETS else str(token) for token in _leaves(tree)]
        found.arguments[name] = " ".join((*found.arguments.get(name, "").split(), *words))


def _ticket(token: Token) -> str:
    """K2510-00123, however it was separated."""
    plain = "".join(char for char in token if char.isalnum())
    return f"{plain[:5]}-{plain[5:]}"


def _field(form: Form, tree: Tree[Token], kind: str) -> None:
    text = str(tree.children[0])
    {"nik": form.niks, "born": form.dates, "email": form.emails}[kind].append(text)


def _item(found: Found, item: Tree[Token] | Token, place: Place) -> None:
    kind = "word" if isinstance(item, Token) else str(item.data)
    if isinstance(item, Token):
        found.unknown.append(item)
        if place == "argument":
            found.form.names.append(str(item))
            found.after.append(str(item))
    elif kind in (_NUMBER, ASIDE):
        _number(found, item, place)
    else:
        _other(found, item, kind, place)
    if place == "tail":
        found.after += map(str, _leaves(item) if isinstance(item, Tree) else [item])
    found.labels.append(kind)


def _number(found: Found, item: Tree[Token], place: Place) -> None:
    groups = [str(token) for token in _leaves(item)]
    run = read_run(groups)
    labels = {label for label, reach in _REACH.items() if label in found.labels[-reach:]}
    if labels - {"calendar"} or (labels and not run.full):
        return
    found.numbers.append((place, run))
    if place != "tail":
        found.form.groups.append(groups)


def _other(found: Found, item: Tree[Token], kind: str, place: Place) -> None:
    found.foreign |= kind == "foreign"
    found.programme |= kind == PROGRAMME
    if kind == PROGRAMME and place == "argument":
        found.programmes.append(str(item.children[0]))


def _leaves(tree: Tree[Token]) -> Iterator[Token]:
    for child in tree.children:
        if isinstance(child, Token):
            yield child
        else:
            yield from _leaves(child)


_FIELDS: Final = frozenset(("nik", "born", "email"))
_ITEMS: Final = frozenset((_NUMBER, ASIDE, PROGRAMME, FILLER, "phone", "example", "calendar", "foreign", "partial"))
