"""The composed grammar: shared terminals once, the longest phrase first, parse errors kept inside."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsgw.keywords.fold import fold
from smsgw.keywords.grammar import Grammar, compose

SHELF = Path(__file__).parents[1] / "grammar"
BASE = (SHELF / "base.lark").read_text()
OURS = {file.stem: file.read_text() for file in sorted(SHELF.glob("*.lark")) if file.stem != "base"}
NEIGHBOURS = {
    "lacak": 'lacak: lacak_phrase _word* number?\nlacak_phrase: "LACAK" | ("STATUS" | "CEK") "KLAIM"',
    "jp": 'jp: jp_phrase _word* number?\njp_phrase: "JP" | ("CEK"? "SALDO")? "PENSIUN" | "CEK"? "SALDO" "JP"',
    "kartu": 'kartu: kartu_phrase\nkartu_phrase: "KARTU" "DIGITAL"\nkartu_alone: "KARTU" | "KPJ"',
    "hilang": 'hilang: hilang_phrase\nhilang_phrase: "HILANG" | "KARTU" "HILANG"',
    "lupa": 'lupa: lupa_phrase\nlupa_phrase: "LUPA" | "LUPA" "NOMOR"\nlupa_alone: "NO" "PESERTA"',
    "info": 'info: info_phrase _word* info_topic?\ninfo_phrase: "PROGRAM" | "MANFAAT"\ninfo_topic: "JHT" | "JP"',
    "lanjut": 'lanjut: lanjut_phrase\nlanjut_phrase: "LANJUT"\nlanjut_alone: "LAGI" | "NEXT"',
    "klaim": 'klaim: klaim_phrase _word* klaim_topic?\nklaim_phrase: "KLAIM"\nklaim_topic: "JHT" | "JP"',
}


def composed(more: Mapping[str, str]) -> Grammar:
    grammar, problems = compose(BASE, {**OURS, **more})
    assert grammar is not None, problems
    return grammar


GRAMMAR, LARGER = composed({}), composed(NEIGHBOURS)


def test_every_terminal_stands_once() -> None:
    for grammar in (GRAMMAR, LARGER):
        names = Counter(terminal.name for terminal in grammar.parser.terminals)
        patterns = Counter(terminal.pattern for terminal in grammar.parser.terminals)
        assert {"NUMBER", "CARD", "MIXED", "DIGITS", "WORD", "SEPARATOR"} <= set(names)
        assert set(names.values()) == {1}
        assert set(patterns.values()) == {1}


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("STATUS 18050012345", "status"),
        ("STATUS KLAIM", "lacak"),
        ("CEK KLAIM SAYA", "lacak"),
        ("CEK 18050012345", "status"),
        ("CEK SALDO 18050012345", "jht"),
        ("SALDO JP 18050012345", "jp"),
        ("CEK SALDO PENSIUN", "jp"),
        ("SALDO 18050012345", "jht"),
        ("KARTU HILANG", "hilang"),
        ("KARTU", "kartu_alone"),
        ("KARTU SAYA HILANG", "hilang"),
        ("NO PESERTA", "lupa_alone"),
        ("NO PESERTA 18050012345 JHT", "jht"),
        ("KPJ 18050012345 JHT", "jht"),
        ("KPJ", "kartu_alone"),
        ("LAGI", "lanjut_alone"),
        ("JHT LAGI", "jht"),
        ("LAGI JHT", "jht"),
        ("MANFAAT JHT", "info"),
        ("KLAIM JHT", "klaim"),
        ("JHT KLAIM", "jht"),
        ("DAFTAR SALDO", "jht"),
        ("18050012345 STATUS", "status"),
        ("HALO NO KARTU", None),
    ],
)
def test_the_longest_phrase_wins_and_new_keywords_change_no_file(text: str, command: str | None) -> None:
    tree = LARGER.parse(text)
    assert tree is not None
    found = [str(child.data) for child in tree.children if not isinstance(child, str) and child.data in COMMANDS]
    assert found == ([command] if command else [])


COMMANDS = {*OURS, *NEIGHBOURS, *(f"{stem}_alone" for stem in {*OURS, *NEIGHBOURS})}


@given(
    st.text(max_size=200)
    | st.lists(st.sampled_from(sorted({*BASE.split('"'), "JHT", "1805"})), max_size=12).map(" ".join)
)
def test_every_folded_text_is_parsed(text: str) -> None:
    folded = fold(text)
    if folded and folded != "?":
        assert GRAMMAR.parse(folded) is not None
        assert LARGER.parse(folded) is not None


def test_an_error_of_the_parser_stays_inside() -> None:
    assert GRAMMAR.parse("\x00") is None or GRAMMAR.parse("") is not None
