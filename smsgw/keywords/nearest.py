"""Nearest: the one step of recognition outside the grammar, a table of the phrases' near misses.

One edit or one swap is forgiven, two in words of six letters or more; a tie is never guessed (keywords.md rule 5).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final

SHORTEST: Final = 3
"""Letters of a word below which nothing is corrected: J is as near to JP as to anything."""
LONG: Final = 6
LONGEST: Final = 20
_SUFFIXES: Final = ("NYA", "KU", "MU")


@dataclass(frozen=True, slots=True)
class Near:
    """A phrase and how far the word is from it; 0: the same letters, glued together or with an ending."""

    phrase: str
    distance: int


class Nearest:
    """The table: every phrase under all its shortened forms."""

    def __init__(self, owners: Mapping[str, str], rivals: Iterable[str]) -> None:
        """`owners` has each phrase's keyword; `rivals` are never the answer, but forbid a guess where as near."""
        self._phrases = {phrase.replace(" ", ""): phrase for phrase in owners}
        self._owners = {phrase.replace(" ", ""): owner for phrase, owner in owners.items()}
        self._table: dict[str, set[str]] = {}
        for key in {*self._phrases, *rivals}:
            for form in _shortened(key, self._most(key)):
                self._table.setdefault(form, set()).add(key)

    def _most(self, key: str) -> int:
        """Edits that are forgiven: of a phrase of several words, which is written as one, only one."""
        return 1 if " " in self._phrases.get(key, key) else _allowed(key)

    def find(self, word: str) -> Near | None:
        """A phrase of the one nearest keyword of an unknown word, or None: nothing near, too short, or a tie."""
        stem = next((word.removesuffix(end) for end in _SUFFIXES if word.removesuffix(end) in self._phrases), word)
        if stem in self._phrases:
            return Near(self._phrases[stem], 0)
        if not SHORTEST <= len(word) <= LONGEST:
            return None
        keys = {key for form in _shortened(word, _allowed(word)) for key in self._table.get(form, ())}
        near = sorted((distance, key) for key in keys if (distance := edits(word, key)) <= self._most(key))
        owners = {self._owners.get(key, key) for distance, key in near if distance == near[0][0]}
        if len(owners) != 1 or near[0][1] not in self._phrases:
            return None
        return Near(self._phrases[near[0][1]], near[0][0])


def edits(one: str, other: str) -> int:
    """Insertions, deletions, replacements and swaps of neighbours between two words (optimal string alignment)."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]


def _allowed(word: str) -> int:
    return 2 if len(word) >= LONG else 1


def _shortened(word: str, most: int) -> Iterator[str]:
    """The word with up to `most` letters left out: two words within that many edits share one of these."""
    for count in range(most + 1):
        for gone in combinations(range(len(word)), count):
            yield "".join(letter for at, letter in enumerate(word) if at not in gone)
