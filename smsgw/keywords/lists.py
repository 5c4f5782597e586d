"""Lists: how the pieces of a long answer are written, and how many of them make a page."""

from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from smsgw.keywords.gsm7 import transliterate
from smsgw.keywords.kinds import LISTED, MONTHS, employer, month, monthyear, rupiah
from smsgw.keywords.shapes import Claim, Contribution, Employment

T = TypeVar("T")
Page = tuple[str, ...]

NOT_REPORTED: Final = {"id": "tak dilaporkan", "en": "not reported"}
UNTIL: Final = {"id": "s.d.", "en": "to"}
NOW: Final = {"id": "kini", "en": "now"}
STATES: Final = {
    "id": {"paid": "dibayar", "refused": "ditolak"},
    "en": {"paid": "paid", "refused": "refused"},
}
LAST_STAGE: Final = 6
ENDS: Final = (".", "!", "?")


def pages(
    values: Iterable[T], write: Callable[[T, T | None], str], width: int, *, between: int = 1, most: int = 1000
) -> list[Page]:
    """Pages of as many pieces as fit into `width` characters, at most `most`; no piece is ever cut.

    `write` gets a value and the one before it on the same page, None where the page begins. `between`: characters
    that stand between two pieces.
    """
    found: list[Page] = []
    page: list[str] = []
    before: T | None = None
    for value in values:
        piece = write(value, before)
        if page and (len(page) == most or sum(map(len, page)) + len(page) * between + len(piece) > width):
            found.append(tuple(page))
            page, piece = [], write(value, None)
        page.append(piece)
        before = value
    return [*found, tuple(page)] if page else found


def month_pages(months: Iterable[Contribution], language: str, this_year: int, most: int) -> list[Page]:
    """Months with their amounts: Sep 285.000, Jun 0 (tak dilaporkan).

    The year is told where a page begins in another than this one, and where it changes.
    """

    def write(one: Contribution, before: Contribution | None) -> str:
        name, _, year = month(one.month, language).partition(" ")
        told = one.month.year != (before.month.year if before else this_year)
        amount = rupiah(one.amount, language).removeprefix("Rp")
        note = "" if one.paid else f" ({NOT_REPORTED[language]})"
        return f"{name} {year} {amount}{note}" if told else f"{name} {amount}{note}"

    return pages(months, write, MONTHS, between=2, most=most)


def employment_pages(jobs: Iterable[Employment], language: str) -> list[Page]:
    """Employments numbered through: 1) PT MAJU J* PU 05-2018 s.d. kini."""

    def write(numbered: tuple[int, Employment], _: object) -> str:
        at, job = numbered
        until = monthyear(job.until, language) if job.until else NOW[language]
        parts = employer(job.employer, language), job.segment, monthyear(job.since, language), UNTIL[language], until
        return f"{at}) " + " ".join(part for part in parts if part)

    return pages(enumerate(jobs, 1), write, LISTED)


def claim_piece(at: int, claim: Claim, language: str) -> str:
    """A claim in a list: 1) JHT K2510-00123 4/6, or what became of it."""
    state = STATES[language].get(claim.state) or f"{claim.stage}/{LAST_STAGE}"
    return f"{at}) {claim.programme} {claim.number} {state}"


def word_pages(text: str) -> list[Page]:
    """Somebody else's words, such as a branch's answer, in pages of whole words; the last one ends a sentence."""
    words = transliterate(text).split()
    if words and not words[-1].endswith(ENDS):
        words[-1] += "."
    return pages(words, lambda word, _: word, LISTED)
