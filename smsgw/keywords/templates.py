"""Templates: a file of `[sections]` becomes texts with typed fields, of which the first that fits is taken.

    # a comment
    [balance]
    JHT {number:number} {name:name}: saldo {balance:rupiah}
    per {on:day}. Ketik MUTASI utk rincian.
    --
    Saldo JHT {number:number}: {balance:rupiah}.

Lines of a variant are joined by a space; `--` begins a shorter variant, for when the longer one does not fit in one
segment or has a field without a value. `{name:kind}`: kinds.py has the kinds. `{=name:kind}`: the rule of that name
in force on the day (smsgw.rulebook), so that no text holds an amount. `{@MUTASI}` is the word MUTASI, and its
variant is used only where a keyword answers to that word: no reply sends anybody to a keyword that is not there.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from smsgw.keywords.gsm7 import SINGLE, is_basic
from smsgw.keywords.kinds import KINDS, Kind

NEXT_VARIANT: Final = "--"
_SECTION: Final = re.compile(r"\[([a-z][a-z0-9_]*)\]")
_MENTION: Final = re.compile(r"\{@([A-Z ]+)\}")
_FIELD: Final = re.compile(r"\{(=?[a-z][a-z0-9_]*):([a-z_]+)\}")
RULE: Final = "="
"""What a field's name begins with when a rule of that name gives its value."""
Rule = Callable[[str], object]
"""A rule's name to its value on the day."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One wording: a pattern for str.format, its fields in order, its literal pieces, and the phrases it names."""

    pattern: str
    fields: tuple[tuple[str, str, Kind], ...]
    literals: tuple[str, ...]
    mentions: tuple[str, ...]

    @property
    def names(self) -> frozenset[str]:
        """The names of its fields."""
        return frozenset(name for name, _, _ in self.fields)

    @property
    def rules(self) -> tuple[str, ...]:
        """The names of the rules that it tells."""
        return tuple(name.removeprefix(RULE) for name, _, _ in self.fields if name.startswith(RULE))

    def fill(self, values: Mapping[str, object], language: str, rule: Rule) -> str | None:
        """The text, or None where a field has no value or the text is longer than a segment."""
        written = []
        for name, _, kind in self.fields:
            value = rule(name[1:]) if name[0] == RULE else values.get(name)
            if value is None:
                return None
            written.append(kind.write(value, language))
        text = self.pattern.format(*written)
        return text if len(text) <= SINGLE else None

    def widest(self, language: str) -> str:
        """The text with the widest value of every field, however long it becomes."""
        return self.pattern.format(*(kind.widest[language] for _, _, kind in self.fields))


Sections = Mapping[str, tuple[Variant, ...]]


def fill(variants: tuple[Variant, ...], values: Mapping[str, object], language: str, rule: Rule) -> str | None:
    """The first wording that has all its values and fits in one segment."""
    return next((text for variant in variants if (text := variant.fill(values, language, rule)) is not None), None)


def parse(text: str, where: str) -> tuple[Sections, list[str]]:
    """The sections of a template file, and what is wrong with it, each problem beginning with `where`."""
    sections: dict[str, tuple[Variant, ...]] = {}
    problems: list[str] = []
    for name, body in _sections(text):
        wordings = [" ".join(part.split()) for part in re.split(rf"(?m)^{NEXT_VARIANT}$", body)]
        faults = [fault for wording in wordings for fault in _faults(wording)]
        if name in sections:
            faults.append("stands twice")
        if not name:
            faults.append("has text before it: the file begins with a [section]")
        problems += [f"{where}: [{name}] {fault}" for fault in faults]
        if not faults:
            sections[name] = tuple(_variant(wording) for wording in wordings)
    if not sections and not problems:
        problems.append(f"{where}: has no [section]")
    return sections, problems


def _sections(text: str) -> Iterator[tuple[str, str]]:
    name, lines = "", list[str]()
    for line in [*text.splitlines(), "[end]"]:
        header = _SECTION.fullmatch(line.strip())
        if header is None:
            lines += [] if line.startswith("#") else [line.strip()]
            continue
        if name or any(lines):
            yield name, "\n".join(lines)
        name, lines = header[1], []


def _faults(wording: str) -> Iterator[str]:
    if not wording:
        yield "has an empty variant"
    for name, kind in _FIELD.findall(wording):
        if kind not in KINDS:
            yield f"names the kind {kind} of {{{name}}}, which is none of {', '.join(KINDS)}"
    literal = _MENTION.sub(r"\1", _FIELD.sub("", wording))
    if "{" in literal or "}" in literal:
        yield "has a brace that is no {field:kind}"
    if not is_basic(literal):
        yield f"has characters outside the basic GSM-7 table: {' '.join(c for c in literal if not is_basic(c))}"


def _variant(wording: str) -> Variant:
    text = _MENTION.sub(r"\1", wording)
    fields = tuple((name, kind, KINDS[kind]) for name, kind in _FIELD.findall(text))
    literals = tuple(_FIELD.sub("\0", text).split("\0"))
    return Variant(_FIELD.sub("{}", text), fields, literals, tuple(_MENTION.findall(wording)))
