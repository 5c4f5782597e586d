"""Clusters: texts that were not understood, put together by their shape, which names nobody."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Final

from smsgw.keywords import Registry
from smsgw.messages.log.unread import Text

WRITERS: Final = 3  # phones that have to write a word before it is shown: a name that one person writes is not
HIDDEN: Final = "…"
SHOWN: Final = 15
EXAMPLES: Final = 2
_PARTS: Final = re.compile(r"[^\W\d_]+|\d+")
_LONGEST: Final = 8  # parts of a shape


@dataclass(frozen=True, slots=True)
class Cluster:
    """Texts of one shape: how many, by how many phones, the newest ones. `word`: what finds them in the log."""

    shape: str
    count: int
    phones: int
    examples: tuple[Text, ...]
    word: str | None


def clusters(texts: Sequence[Text], known: Set[str]) -> list[Cluster]:
    """The shapes, the most frequent one first. `known`: words of the language, which may always be shown."""
    words = _shown(texts, known)
    by_shape: dict[tuple[str, ...], list[Text]] = defaultdict(list)
    for text in texts:
        by_shape[shape(text.folded, words)].append(text)
    found = [_cluster(parts, these) for parts, these in by_shape.items()]
    return sorted(found, key=lambda one: (-one.count, -one.phones, one.shape))[:SHOWN]


def shape(folded: str, words: Set[str]) -> tuple[str, ...]:
    """A folded text with 9 for every digit and … for every stretch of words that are not shown."""
    parts = (_part(part, words) for part in _PARTS.findall(folded))
    return tuple(part for part, _ in groupby(parts))[:_LONGEST]


def _part(part: str, words: Set[str]) -> str:
    if part[0].isdigit():
        return "9" * min(len(part), 17)
    return part if part in words else HIDDEN


def _shown(texts: Iterable[Text], known: Set[str]) -> Set[str]:
    writers = Counter(word for word, _ in {(word, text.phone) for text in texts for word in _words(text.folded)})
    return known | {word for word, count in writers.items() if count >= WRITERS}


def _words(folded: str) -> Iterator[str]:
    yield from (part for part in _PARTS.findall(folded) if part[0].isalpha())


def _cluster(parts: tuple[str, ...], texts: Sequence[Text]) -> Cluster:
    said = [part for part in parts if part.isalpha()]
    examples = {text.folded: text for text in reversed(texts)}
    newest = sorted(examples.values(), key=lambda text: -text.id)[:EXAMPLES]
    word = max(said, key=len, default=None)
    return Cluster(" ".join(parts), len(texts), len({text.phone for text in texts}), tuple(newest), word)


@cache
def words_of(registry: Registry) -> Set[str]:
    """Every word of every phrase of the keywords."""
    phrases = (phrase for one in registry.keywords.values() for phrase in (one.name, *one.phrases))
    return frozenset(word for phrase in phrases for word in phrase.split())
