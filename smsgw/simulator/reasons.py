"""Why this reply: a message read anew, step by step, beside what the log tells of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from smsgw.keywords import Reading, Registry
from smsgw.keywords.templates import Variant
from smsgw.messages.story import Story, Told
from smsgw.simulator.bubble import clock_time
from smsgw.simulator.words import words


@dataclass(frozen=True, slots=True)
class Wording:
    """One variant of a template: its pattern, its septets at its widest, and what became of it."""

    pattern: str
    widest: int
    fate: Literal["taken", "passed", "untried"]


@dataclass(frozen=True, slots=True)
class Moment:
    """One step on the way. `since`: milliseconds since the message came in."""

    step: str
    cause: str
    time: str
    since: int


@dataclass(frozen=True, slots=True)
class Why:
    """What a message was read as, token by token, and who answered it."""

    reading: Reading
    tokens: tuple[tuple[str, str], ...]
    handler: str
    who: str


def read_again(registry: Registry, told: Story) -> Why:
    """The reading of the message's text, and the keyword that the log says answered it."""
    reading = registry.read(told.body or "", sender=told.phone, num_media=told.num_media, with_tree=True)
    keyword = registry.keywords.get(told.keyword or reading.keyword or "")
    handler = keyword.answer.__module__ if keyword else ""
    return Why(reading, registry.tokens(reading.folded), handler, keyword.who if keyword else "")


def wordings(registry: Registry, sent: Told) -> list[Wording]:
    """The variants of the template that a reply was written with, in the order in which they are tried."""
    variants = _variants(registry, sent)
    taken = next((at for more in (r"\Z", r"\.? ") for at, one in enumerate(variants) if _wrote(one, more, sent)), None)
    return [
        Wording(_spelled(variant), len(variant.widest(sent.language)), _fate(at, taken))
        for at, variant in enumerate(variants)
    ]


def moments(told: Story, language: str) -> list[Moment]:
    """Every step from the first byte to the last callback, in the order of time."""
    return [
        Moment(step, cause, clock_time(at, exact=True), at - told.received_at)
        for at, step, cause in sorted(_happened(told, language), key=lambda one: one[0])
    ]


def _happened(told: Story, language: str) -> Iterator[tuple[int, str, str]]:
    said = words(language)

    def state(name: str) -> str:
        return said.get(f"out_{name}", name)

    yield told.received_at, said["why_came" if told.source == "webhook" else "why_came_list"], told.source
    if told.answered_at is not None:
        yield told.answered_at, said.get(f"in_{told.state}", told.state), told.reason or told.keyword or ""
    for sent in told.told:
        yield sent.created_at, said["why_answered"], sent.template or sent.kind
        for step in sent.steps:
            again = f" ×{step.repeats + 1}" if step.repeats else ""
            reported = " ".join(filter(None, (step.cause, step.error_code)))
            yield step.at, f"{state(step.before)} → {state(step.after)}", f"{reported}{again}"


def _variants(registry: Registry, sent: Told) -> tuple[Variant, ...]:
    stem, _, section = (sent.template or "").partition(".")
    return registry.templates.get((stem, sent.language), {}).get(section, ())


def _wrote(variant: Variant, more: str, sent: Told) -> bool:
    """Whether a text can be this variant's. `more`: nothing follows, or that another keyword waits is said behind."""
    pattern = ".*?".join(re.escape(literal) for literal in variant.literals)
    return re.match(pattern + more, sent.body or "", re.DOTALL) is not None


def _spelled(variant: Variant) -> str:
    names = iter(f"{{{name}:{kind}}}" for name, kind, _ in variant.fields)
    return "".join(literal + next(names, "") for literal in variant.literals)


def _fate(at: int, taken: int | None) -> Literal["taken", "passed", "untried"]:
    if taken is None or at > taken:
        return "untried"
    return "taken" if at == taken else "passed"
