"""Why this reply: a message read anew, step by step, beside what the log tells of it."""

import re
from dataclasses import dataclass
from typing import Literal

from smsgw.keywords import Reading, Registry
from smsgw.keywords.templates import Variant
from smsgw.messages.log.entry import Reply
from smsgw.messages.log.timeline import Event, Received, Thread
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


def read_again(registry: Registry, came: Received) -> Why:
    """The reading of the message's text, and the keyword that the log says answered it."""
    reading = registry.read(came.body or "", sender=came.phone, num_media=came.num_media, with_tree=True)
    keyword = registry.keywords.get(came.keyword or reading.keyword or "")
    handler = keyword.answer.__module__ if keyword else ""
    return Why(reading, registry.tokens(reading.folded), handler, keyword.who if keyword else "")


def wordings(registry: Registry, sent: Reply) -> list[Wording]:
    """The variants of the template that a reply was written with, in the order in which they are tried."""
    variants = _variants(registry, sent)
    taken = next((at for more in (r"\Z", r"\.? ") for at, one in enumerate(variants) if _wrote(one, more, sent)), None)
    return [
        Wording(_spelled(variant), len(variant.widest(sent.language)), _fate(at, taken))
        for at, variant in enumerate(variants)
    ]


def moments(found: Thread, language: str) -> list[Moment]:
    """Every step from the first byte to the last callback, in the order of time."""
    first = found.events[0].at
    return [
        Moment(_step(event, language), _cause(event), clock_time(event.at, exact=True), event.at - first)
        for event in found.events
    ]


def _step(event: Event, language: str) -> str:
    said, fields = words(language), event.fields
    if "after" in fields:
        return " → ".join(said.get(f"out_{fields[at]}", str(fields[at])) for at in ("before", "after"))
    if event.what == "received":
        return said["why_came" if event.actor == "webhook" else "why_came_list"]
    return said["why_answered"] if event.what == "queued" else said.get(f"in_{event.what}", event.what)


def _cause(event: Event) -> str:
    """What the log tells beside the step: who, which word or keyword, which error, how often."""
    names = ("word", "template", "keyword", "reason", "error_code")
    told = [event.actor, *(str(value) for name in names if (value := event.fields.get(name)))]
    again = event.fields.get("repeats")
    return " ".join([*told, f"×{again + 1}"] if again else told)


def _variants(registry: Registry, sent: Reply) -> tuple[Variant, ...]:
    stem, _, section = (sent.template or "").partition(".")
    return registry.templates.get((stem, sent.language), {}).get(section, ())


def _wrote(variant: Variant, more: str, sent: Reply) -> bool:
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
