"""The outside cases: what seven gateways route, what the carrier does, and 410 texts labelled by hand."""

from typing import Any

import pytest

from tests import corpus
from tests.support.corpus import Case, cases, label, reason, report
from tests.support.jsonl import plain, rows
from tests.support.language import read

EXACT = 390
CASES = cases()
UNPLAYED = ("same MessageSid", "(OptOutType")
"""Inputs of sequences that are no texts: what the carrier says beside the text is the gateway's."""


@pytest.fixture(scope="module")
def found() -> list[Case]:
    if not CASES:
        pytest.skip("the outside cases are not beside the project")
    return CASES


def test_every_row_is_read_as_one_of_its_labels_or_as_the_documents_decide(found: list[Case]) -> None:
    wrong = [(case.row["text"], case.label) for case in found if not (case.accepted or case.fair)]
    assert wrong == []


def test_every_row_of_the_core_is_read_exactly(found: list[Case]) -> None:
    assert [(case.row["text"], case.label) for case in found if case.row["tier"] == "core" and not case.exact] == []


def test_nothing_happens_that_must_never(found: list[Case]) -> None:
    sure = [case for case in found if not case.row["ambiguous"]]
    assert [(case.row["text"], case.violations) for case in sure if case.violations] == []


def test_score(found: list[Case]) -> None:
    for name, total, exact, accepted in report(found):
        print(f"{name}: {exact} of {total} exact, {accepted} accepted")  # noqa: T201
    assert sum(case.exact for case in found) >= EXACT


@pytest.mark.parametrize("row", rows("keyword_routing"))
def test_routing(row: Any) -> None:
    if row["must_route"]:
        assert read(row["text"]).keyword == "JHT"


@pytest.mark.parametrize("row", rows("optout"))
def test_opting(row: Any) -> None:
    accept = {*row["accept"], *(("help", "silent") if "none" in row["accept"] else ())}
    assert label(read(row["text"])) in accept


@pytest.mark.parametrize("row", rows("optout_sequences"))
def test_sequences_as_far_as_reading_decides(row: Any) -> None:
    for text, expected in zip(row["inputs"], row["expected"], strict=False):
        if not any(mark in text for mark in UNPLAYED):
            kind = label(read(text)).split(":")[0]
            assert kind in expected or expected in SAME.get(kind, ())


SAME = {"balance": ("no_send", "no_send_or_reply_with_optin_hint"), "optout": ("silent",)}
"""What the gateway makes of a reading that comes after another one."""


def test_all_rows_are_there(found: list[Case]) -> None:
    assert (len(found), len(plain("optout")), len(plain("keyword_routing"))) == (410, 59, 239)


def test_what_is_written_down_is_so(found: list[Case]) -> None:
    text = corpus.PAGE.read_text(encoding="utf-8")
    assert text == corpus.current(text), "docs/language.md is behind: run `python -m tests.corpus write`"


def test_every_other_reading_has_its_rule(found: list[Case]) -> None:
    assert [case.row["text"] for case in found if not case.accepted and not reason(case)] == []
