"""Readings beside the texts of the replies: every problem has its text, and what we say is never answered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsgw.keywords import LANGUAGES, Registry, Reply, load_registry, measure
from smsgw.keywords.fold import fold
from tests.support.transcript import RULES


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


PROBLEMS = (
    *("number_length", "number_nik", "number_health", "number_letters", "number_only", "number_missing"),
    *("nik_length", "nik_missing", "date_invalid", "date_missing", "two_numbers", "other_programme"),
)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_problem_has_its_text(registry: Registry, problem: str) -> None:
    assert problem in registry.templates["base", "id"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_our_own_texts_hear_nothing(registry: Registry, language: str) -> None:
    for (stem, lang), sections in registry.templates.items():
        for section, variants in sections.items():
            text = variants[-1].widest(language)
            literal = max(len(fold(piece)) for piece in variants[-1].literals)
            if lang == language and literal > 32:
                assert registry.read(text).outcome == "silent", f"{stem}.{section}"


@given(st.text(max_size=400) | st.text("JHTSALDOCEKSTATUS 0123456789OIL.#-\n", max_size=200))
def test_any_text_is_read_and_answered_in_one_segment(registry: Registry, text: str) -> None:
    reading = registry.read(text, with_tree=True)
    reply = Reply("base", reading.problem or reading.outcome, reading.fields)
    for language in LANGUAGES:
        found = measure(registry.render(reply, language, RULES, also=reading.also))
        assert (found.encoding, found.segments) == ("GSM-7", 1)
