"""Table: branch offices by the places that people name; what several places could be meant by is never guessed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from smsgw.keywords.nearest import LONG, edits

GENERIC: Final = frozenset(("KOTA", "KAB", "KABUPATEN", "KODYA", "KOTAMADYA"))
"""Words before or behind a place's name that name none: KOTA BEKASI is BEKASI."""
DIRECTIONS: Final = frozenset(("UTARA", "SELATAN", "TIMUR", "BARAT", "PUSAT", "TENGAH"))
"""No office goes by these alone: UTARA is in every city."""
LONGEST: Final = 3
"""Words of a place's name at most."""
SHORTEST: Final = 4
"""Letters of a name below which nothing is near it: abbreviations are as near to one another as to anything."""


@dataclass(frozen=True, slots=True)
class Office:
    """A branch office. `also`: other names of its city; `address`: empty where none is sourced, never an invented one.

    `source` are the K-numbers of docs/offices.md; `confidence` as in the rulebook.
    """

    name: str
    city: str
    also: tuple[str, ...]
    code: str
    address: str
    source: str
    confidence: str

    @property
    def short(self) -> str:
        """The name without its city, where it begins with it: Suci of Bandung Suci."""
        return self.name.removeprefix(f"{self.city} ")


class Offices:
    """Every office of the table. Never changes; one a process."""

    def __init__(self, rows: Iterable[Office] = ()) -> None:
        """`rows` in the order in which a city's offices are told."""
        self._rows = tuple(rows)
        self._places: dict[str, tuple[Office, ...]] = {}
        self._shown: dict[str, str] = {}
        for names, shown, found in (*_cities(self._rows), *_singles(self._rows)):
            for name in names:
                self._places.setdefault(key(name), found)
                self._shown.setdefault(key(name), shown.upper())

    def rows(self) -> Sequence[Office]:
        """Every office, in the order of the table."""
        return self._rows

    def at(self, text: str) -> Sequence[Office]:
        """The offices of the one place that a folded text names: of a city, or one office; none where it is unclear."""
        found = [self._places[place] for place in self._named(text)]
        return [office for office in found[0] if all(office in more for more in found)] if found else ()

    def near(self, text: str) -> Sequence[str]:
        """The places that may be meant where `at` finds none: those that are named, else the nearest by letters.

        In capitals, as they can be sent. Several are for the participant to choose from (keywords.md rule 5).
        """
        places = list(self._named(text)) or self._nearest(key(text)) or self._nearest(text.partition(" ")[0])
        return list(dict.fromkeys(self._shown[place] for place in places))

    def _named(self, text: str) -> Iterator[str]:
        """The keys of the places in a text, the longest at each word."""
        words, at = text.split(), 0
        while at < len(words):
            ends = range(min(at + LONGEST, len(words)), at, -1)
            end = next((end for end in ends if key(" ".join(words[at:end])) in self._places), None)
            if end is not None:
                yield key(" ".join(words[at:end]))
            at = end or at + 1

    def _nearest(self, word: str) -> Sequence[str]:
        most = 2 if len(word) >= LONG else 1
        close = [place for place in self._places if len(place) >= SHORTEST and abs(len(place) - len(word)) <= most]
        far = {place: edits(word, place) for place in close if len(word) >= SHORTEST}
        least = min(far.values(), default=most + 1)
        return [place for place, distance in far.items() if distance == least <= most]


def key(name: str) -> str:
    """What a place is known by: its letters in capitals, without the words that name none."""
    return "".join(word for word in name.upper().split() if word not in GENERIC)


Place = tuple[Sequence[str], str, tuple[Office, ...]]
"""Names, how it is shown, and its offices."""


def _cities(rows: Sequence[Office]) -> Iterator[Place]:
    found: dict[str, list[Office]] = {}
    for office in rows:
        found.setdefault(office.city, []).append(office)
    for city, offices in found.items():
        yield (city, *(name for office in offices for name in office.also)), city, tuple(offices)


def _singles(rows: Sequence[Office]) -> Iterator[Place]:
    names: Mapping[Office, tuple[str, ...]] = {
        office: (office.name, *(() if office.short.upper() in DIRECTIONS | GENERIC else (office.short,)))
        for office in rows
    }
    for office, known in names.items():
        yield known, office.name, (office,)
