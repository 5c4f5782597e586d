"""Long answers in pages: every piece once and in order, each page within its width, none cut."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsgw.keywords import (
    LANGUAGES,
    Contribution,
    Employment,
    claim_piece,
    employment_pages,
    month_pages,
    word_pages,
)
from smsgw.keywords.kinds import ITEMS, KINDS, LISTED, MONTHS
from smsgw.keywords.lists import pages
from smsgw.keywords.shapes import Claim

MONTH = st.builds(Contribution, st.dates(), st.integers(0, 10**13), st.booleans())
JOB = st.builds(
    Employment, st.text("ABC ", max_size=60), st.sampled_from(["PU", "JAKON"]), st.dates(), st.none() | st.dates()
)


@given(pieces=st.lists(st.text("abc", min_size=1, max_size=20), max_size=30), most=st.integers(1, 6))
def test_pages_hold_every_piece_once_and_fit(pieces: list[str], most: int) -> None:
    found = pages(pieces, lambda piece, _: piece, 40, between=2, most=most)
    assert [piece for page in found for piece in page] == pieces
    assert all(0 < len(page) <= most and len(", ".join(page)) <= 40 for page in found)


@pytest.mark.parametrize("language", LANGUAGES)
@given(months=st.lists(MONTH, max_size=12))
def test_months_fit_their_kind_whole(language: str, months: list[Contribution]) -> None:
    found = month_pages(months, language, 2025, 5)
    assert sum(map(len, found)) == len(months)
    for page in found:
        written = KINDS["months"].write(page, language)
        assert len(written) <= MONTHS
        assert all(piece in written for piece in page)


@pytest.mark.parametrize("language", LANGUAGES)
@given(jobs=st.lists(JOB, max_size=12))
def test_employments_fit_their_kind_whole(language: str, jobs: list[Employment]) -> None:
    found = employment_pages(jobs, language)
    assert sum(map(len, found)) == len(jobs)
    for page in found:
        written = KINDS["listed"].write(page, language)
        assert len(written) <= LISTED
        assert all(piece.rstrip() in written for piece in page)


@given(text=st.text(max_size=400))
def test_words_fit_their_kind(text: str) -> None:
    for page in word_pages(text):
        assert len(KINDS["listed"].write(page, "id")) <= LISTED


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", ["open", "paid", "refused"])
def test_four_claims_fit_the_list_that_is_chosen_from(language: str, state: str) -> None:
    claim = Claim("K2510-00123", "JHT", 6, state, date(2025, 10, 2), date(2025, 10, 2))
    pieces = [claim_piece(at, claim, language) for at in range(1, 5)]
    assert len(", ".join(pieces)) <= ITEMS


@pytest.mark.parametrize(
    ("months", "shown"),
    [
        ([(2025, 1), (2024, 12), (2024, 11)], ["Jan 1", "Des 2024 1", "Nov 1"]),
        ([(2024, 12), (2024, 11)], ["Des 2024 1", "Nov 1"]),
        ([(2025, 9), (2025, 8)], ["Sep 1", "Agt 1"]),
        ([(2026, 1)], ["Jan 2026 1"]),
    ],
)
def test_the_year_is_told_where_it_is_not_plain(months: list[tuple[int, int]], shown: list[str]) -> None:
    told = [Contribution(date(year, month, 1), 1, paid=True) for year, month in months]
    assert [list(page) for page in month_pages(told, "id", 2025, 5)] == [shown]
