"""Senders as E.164: the outside cases, and the quick way against the library's own."""

import json
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsgw.phones import is_mobile_id, to_e164

TRUTH = Path(__file__).resolve().parents[2] / "shared" / "truth" / "phones.jsonl"


def cases() -> list[object]:
    if not TRUTH.exists():
        return [pytest.param("", None, marks=pytest.mark.skip(reason="../shared/truth/phones.jsonl is absent"))]
    rows = [json.loads(line) for line in TRUTH.read_text(encoding="utf-8").splitlines()]
    return [
        pytest.param(r["input"], r["expected"]["e164"] if r["expected"]["valid"] else None, id=r["id"]) for r in rows
    ]


@pytest.mark.parametrize(("text", "e164"), cases())
def test_truth(text: str, e164: str | None) -> None:
    assert to_e164(text) == e164


@given(st.from_regex(r"\+62[0-9]{6,14}", fullmatch=True))
def test_the_quick_way_agrees_with_the_library(text: str) -> None:
    number = phonenumbers.parse(text, "ID")
    mobile = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    written_so = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == text
    assert is_mobile_id(text) == (mobile and written_so)


@given(st.text(max_size=60))
def test_no_text_crashes_and_what_comes_out_is_stable(text: str) -> None:
    e164 = to_e164(text)
    assert e164 is None or to_e164(e164) == e164


@pytest.mark.parametrize(
    "text", ["", "TELKOMSEL", "2757", "+62", "0" * 1000, "081234567890 ext 12", "08123456789\n081"]
)
def test_what_is_no_phone(text: str) -> None:
    assert to_e164(text) is None


def test_an_indonesian_landline_is_a_phone_but_no_mobile() -> None:
    assert to_e164("021 4129173") == "+62214129173"
    assert not is_mobile_id("+62214129173")
