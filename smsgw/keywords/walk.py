"""Walk: what a parsed tree holds: the command, its arguments, the numbers by their place, and words nobody owns."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from lark import Token, Tree

from smsgw.keywords.numbers import Run, read_run
from smsgw.keywords.rules import ALONE, BARE, PHRASE

Place = Literal["lead", "argument", "tail"]
_PHONE_REACH, _EXAMPLE_REACH = 2, 3
"""Words back to which `HP` makes a number a phone's and `CONTOH` makes it an example."""
_NUMBER = "number"


@dataclass(slots=True)
class Found:
    """What the walk finds.

    `rivals` are other programmes named behind the phrase, `after` the words of the tail; `foreign` is a keyword of
    BPJS Kesehatan, `elsewhere` a request of another kind before the phrase, `programme` any programme's name.
    """

    stem: str | None = None
    phrase: str = ""
    bare: bool = False
    numbers: list[tuple[Place, Run]] = field(default_factory=list)
    arguments: dict[str, str] = field(default_factory=dict)
    unknown: list[Token] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    rivals: list[str] = field(default_factory=list)
    foreign: bool = False
    elsewhere: bool = False
    programme: bool = False
    labels: list[str] = field(default_factory=list)


def walk(tree: Tree[Token], text: str, stems: Iterable[str]) -> Found:
    """Go through the tree of `text` once; `stems` are the rules of commands."""
    found = Found()
    for child in tree.children:
        stem = _stem(child, stems)
        if stem is not None and isinstance(child, Tree):
            _command(found, child, stem, text)
        else:
            _item(found, child, "lead" if found.stem is None else "tail")
    return found


def _stem(child: Tree[Token] | Token, stems: Iterable[str]) -> str | None:
    if isinstance(child, Token):
        return None
    name = str(child.data).removesuffix(f"_{ALONE}")
    return name if name in stems else None


def _command(found: Found, tree: Tree[Token], stem: str, text: str) -> None:
    found.stem = stem
    found.labels.clear()
    for child in tree.children:
        kind = str(child.data).removeprefix(f"{stem}_") if isinstance(child, Tree) else ""
        if isinstance(child, Token):
            _item(found, child, "argument")
        elif kind in (PHRASE, BARE):
            found.phrase, found.bare = _covered(child, text), kind == BARE
        elif kind == child.data:
            _item(found, child, "argument")
        else:
            found.arguments[kind] = _covered(child, text)


def _item(found: Found, item: Tree[Token] | Token, place: Place) -> None:
    kind = "word" if isinstance(item, Token) else str(item.data)
    if isinstance(item, Token):
        found.unknown.append(item)
        if place == "tail":
            found.after.append(str(item))
    elif kind == _NUMBER:
        if "phone" not in found.labels[-_PHONE_REACH:] and "example" not in found.labels[-_EXAMPLE_REACH:]:
            found.numbers.append((place, read_run([str(token) for token in item.children])))
    else:
        _other(found, item, kind, place)
    found.labels.append(kind)


def _other(found: Found, item: Tree[Token], kind: str, place: Place) -> None:
    found.foreign |= kind == "foreign"
    found.elsewhere |= kind == "elsewhere" and place == "lead"
    found.programme |= kind == "programme"
    if kind == "programme" and place == "argument":
        found.rivals.append(str(item.children[0]))
    elif kind == "partial" and place == "tail":
        found.after.append(str(item.children[0]))


def _covered(tree: Tree[Token], text: str) -> str:
    """The piece of the text under a tree, with what separates its words."""
    tokens = list(_leaves(tree))
    return text[tokens[0].start_pos : tokens[-1].end_pos] if tokens else ""


def _leaves(tree: Tree[Token]) -> Iterator[Token]:
    for child in tree.children:
        if isinstance(child, Token):
            yield child
        else:
            yield from _leaves(child)
