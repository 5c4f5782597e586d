"""GSM-7 as the carrier counts it, and what replaces the characters it lacks."""

import unicodedata
from typing import Any

import pytest
from gsm0338 import Codec
from hypothesis import given
from hypothesis import strategies as st

from smsgw.keywords.gsm7 import BASIC, EXTENDED, is_basic, measure, transliterate
from tests.support.jsonl import rows


@pytest.mark.parametrize("row", rows("segments"))
def test_segments(row: Any) -> None:
    expected, found = row["expected"], measure(row["text"])
    assert (found.encoding, found.segments) == (expected["encoding"], expected["segments"])
    assert found.septets == expected["septets"]
    if found.encoding == "UCS-2":
        assert found.units == expected["utf16_units"]


@pytest.mark.parametrize("row", rows("transliteration"))
def test_transliteration(row: Any) -> None:
    found, agreed = transliterate(row["char"]), row["agreed"]
    assert is_basic(found)
    if row["agreed_gsm7"] and is_basic(agreed):
        assert found == agreed


def test_the_tables_are_those_of_the_codec() -> None:
    codec = Codec()
    assert all(len(codec.encode(char)[0]) == 1 for char in BASIC)
    assert all(len(codec.encode(char)[0]) == 2 for char in EXTENDED.replace("\f", ""))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Siti Nurhalizá", "Siti Nurhaliza"),
        ("I Gusti Ngurah", "I Gusti Ngurah"),
        ("Müller-Åström", "Müller-Åström"),
        ("O’Connor “Bob” – €5", 'O\'Connor "Bob" - EUR5'),
        ("ＡＢＣ　１２３", "ABC 123"),
        ("a\u00a0b\u202fc", "a b c"),
        ("[x] {y} ~z|", "(x) (y) -z/"),
        ("陳大文 😀", " "),
        (unicodedata.normalize("NFD", "Agnès Šimić"), "Agnès Simic"),
    ],
)
def test_names_in_gsm7(text: str, folded: str) -> None:
    assert transliterate(text) == folded


@given(st.text())
def test_any_text_becomes_basic(text: str) -> None:
    assert is_basic(transliterate(text))


@given(st.text(max_size=400))
def test_any_text_is_measured(text: str) -> None:
    assert measure(text).segments >= 1
