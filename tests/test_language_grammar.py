"""The composed grammar: shared terminals once, the longest phrase first, and every text is parsed."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lark import Tree

from smsgw.keywords.fold import fold
from smsgw.keywords.grammar import Grammar, compose
from tests.support.language import grammar, read, shelf

BASE, FILES = shelf()
GRAMMAR = grammar()
COMMANDS = {f"{stem}{ending}" for stem in FILES for ending in ("", "_alone", "_first")}
PROMISED = (
    "jht status jkk jkm jp jkp mutasi riwayat lacak simulasi cair kartu daftar lupa lapor info klaim formulir kantor "
    "waktu ubah hilang hak tips jmo bantuan bahasa lanjut ya berhenti putus tolak mulai"
)


def test_every_keyword_that_is_promised_has_its_file() -> None:
    assert set(PROMISED.split()) <= set(FILES)


def test_every_terminal_stands_once() -> None:
    names = Counter(terminal.name for terminal in GRAMMAR.parser.terminals)
    patterns = Counter(terminal.pattern for terminal in GRAMMAR.parser.terminals)
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
        ("SALDO JKP", "jkp"),
        ("SALDO 18050012345", "jht"),
        ("SALDO HARI INI", "jht"),
        ("KARTU HILANG", "hilang"),
        ("KARTU DIGITAL", "kartu"),
        ("KARTU", "kartu_alone"),
        ("KARTU SAYA HILANG", "hilang"),
        ("NO PESERTA", "lupa_alone"),
        ("NO PESERTA 18050012345 JHT", "jht"),
        ("KPJ 18050012345 JHT", "jht"),
        ("KPJ", "kartu_alone"),
        ("LAGI", "lanjut_alone"),
        ("JHT LAGI", "jht"),
        ("LAGI JHT", "jht"),
        ("INFO", "bantuan_alone"),
        ("INFO SALDO", "jht"),
        ("INFO JHT", "info"),
        ("INFO JHT 18050012345", "jht"),
        ("INFO KLAIM JHT", "klaim"),
        ("MANFAAT JHT", "info"),
        ("JHT ITU APA", "info"),
        ("JHT ITU BERAPA", "jht"),
        ("KLAIM JHT", "klaim"),
        ("KLAIM SEBAGIAN", "cair"),
        ("JHT KLAIM", "jht"),
        ("DAFTAR SALDO", "daftar"),
        ("FORMULIR DAFTAR", "formulir"),
        ("RIWAYAT IURAN", "mutasi"),
        ("RIWAYAT", "riwayat"),
        ("LUPA PASSWORD", "jmo"),
        ("LUPA NOMOR", "lupa"),
        ("KAPAN CAIR", "lacak"),
        ("KAPAN KLAIM", "klaim"),
        ("KAPAN JHT SAYA", "jht"),
        ("KAPAN JHT SAYA CAIR", "lacak"),
        ("BERAPA LAMA KLAIM JHT", "waktu"),
        ("BERAPA SALDO", "jht"),
        ("ALAMAT", "kantor_alone"),
        ("ALAMAT BANDUNG", "kantor_first"),
        ("ALAMAT SAYA JHT 18050012345", "jht"),
        ("UBAH ALAMAT", "ubah"),
        ("LAMA", "waktu_alone"),
        ("LAMA JHT", "waktu_first"),
        ("KEHILANGAN PEKERJAAN", "jkp"),
        ("KEHILANGAN KARTU", "hilang"),
        ("YA", "ya_alone"),
        ("YA JHT", "jht"),
        ("18050012345 STATUS", "status"),
        ("HALO NO KARTU", None),
    ],
)
def test_the_longest_phrase_wins(text: str, command: str | None) -> None:
    assert _commands(GRAMMAR, text) == ([command] if command else [])


PHRASES = [(stem, " ".join(words)) for stem, found in sorted(GRAMMAR.phrases.items()) for words in found.all()]


@pytest.mark.parametrize(
    ("stem", "phrase"),
    [(stem, phrase) for stem, phrase in PHRASES if phrase not in ("BERHENTI", "UNREG", "OFF", "MULAI")],
)
def test_every_phrase_is_its_keywords(stem: str, phrase: str) -> None:
    """However it is written, and with politeness where it is no word that counts alone."""
    assert read(phrase.title()).keyword == stem.upper()
    if tuple(phrase.split()) not in GRAMMAR.phrases[stem].alone:
        assert read(f"tolong {phrase.lower()} dong min").keyword == stem.upper()


def test_no_two_keywords_own_the_same_letters() -> None:
    glued = sorted({(phrase.replace(" ", ""), stem) for stem, phrase in PHRASES})
    assert [one for one, other in pairwise(glued) if one[0] == other[0]] == []


@given(
    st.text(max_size=200)
    | st.lists(
        st.sampled_from(sorted({*BASE.split('"'), *(word for _, word in PHRASES), "1805", "01-07-1990"})), max_size=12
    ).map(" ".join)
)
def test_every_folded_text_is_parsed(text: str) -> None:
    folded = fold(text)
    if folded:
        assert GRAMMAR.parse(folded) is not None


NEIGHBOUR = 'antrian: antrian_phrase _word*\nantrian_phrase: "ANTRIAN" | "CEK" "ANTRIAN" | "SALDO" "ANTRIAN"'


def test_a_new_keyword_changes_no_file() -> None:
    larger, problems = compose(BASE, {**FILES, "antrian": NEIGHBOUR})
    assert larger is not None, problems
    assert _commands(larger, "CEK ANTRIAN") == _commands(larger, "SALDO ANTRIAN") == ["antrian"]
    assert (_commands(larger, "SALDO SAYA"), _commands(larger, "CEK")) == (["jht"], ["status"])


def _commands(found: Grammar, text: str) -> list[str]:
    tree = found.parse(text)
    assert tree is not None
    names = [str(child.data) for child in tree.children if isinstance(child, Tree)]
    return [name for name in names if name in {*COMMANDS, "antrian"}]
