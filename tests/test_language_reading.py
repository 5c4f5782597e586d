"""What texts are read as: the rules of the language one by one, then anything at all."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsgw.keywords.fold import LONGEST, fold
from smsgw.keywords.nearest import edits
from smsgw.keywords.numbers import as_number, read_run
from tests.support.language import read, shelf

OUTCOMES = {"command", "malformed", "suggest", "unknown", "silent", "opt_out", "opt_in"}
WORDS = sorted(set("".join(char if char.isalnum() else " " for char in "".join(shelf()[1].values())).upper().split()))


@pytest.mark.parametrize(
    ("text", "keyword", "number"),
    [
        ("JHT 18050012345", "JHT", "18050012345"),
        ("JHT.05JN0012345", "JHT", "05JN0012345"),
        ("jht o5jnoo12345", "JHT", "05JN0012345"),
        ("JHT 18O50012345", "JHT", "18050012345"),
        ("08123456789 JHT", "JHT", "08123456789"),
        ("JHT 18050012345 (HP 08123456789)", "JHT", "18050012345"),
        ("JHT hp 08123456789", "JHT", None),
        ("JHT TERIMAKASIH", "JHT", None),
        ("JHT 18050012345 tahun 2025", "JHT", "18050012345"),
        ("JHT 2025 18050012345", "JHT", "18050012345"),
        ("1. JHT 18050012345", "JHT", "18050012345"),
        ("JHT 18050012345 JHT 18050012345", "JHT", "18050012345"),
        ("J.H.T 18050012345", "JHT", "18050012345"),
        ("saldonya berapa", "JHT", None),
        ("saldo hari ini 18050012345", "JHT", "18050012345"),
        ("jaminan hari tua 18050012345", "JHT", "18050012345"),
        ("STATUS 18050012345 lalu JHT", "STATUS", "18050012345"),
        ("JHT\u200b 180\u00a05001\u202f2345 🙏", "JHT", "18050012345"),
        ("JHT １８０５００１２３４５", "JHT", "18050012345"),
    ],
)
def test_commands(text: str, keyword: str, number: str | None) -> None:
    reading = read(text)
    assert (reading.outcome, reading.keyword, reading.membership_number) == ("command", keyword, number)


@pytest.mark.parametrize(
    ("text", "problem", "fields"),
    [
        ("JHT 1805001234", "number_length", {"sent": 10}),
        ("JHT 1805001234 5", "number_length", {"sent": 10}),
        ("JHT 1234 5678 90", "number_length", {"sent": 10}),
        ("JHT 18050012345678", "number_length", {"sent": 14}),
        ("JHT 9973 0141 0790 0003", "number_nik", {}),
        ("JHT 0001260945809", "number_health", {}),
        ("JHT 0812 3456 7890 1", "number_health", {}),
        ("JHT 1234S678901", "number_letters", {}),
        ("JHT 1e10", "number_letters", {}),
        ("JHT 18050012345 dan 18050067890", "two_numbers", {}),
        ("JHT JP 18050012345", "other_programme", {"programme": "JP"}),
        ("TAGIHAN 0001260945809", "number_health", {}),
        ("18050012345", "number_only", {}),
    ],
)
def test_problems_are_named(text: str, problem: str, fields: dict[str, object]) -> None:
    reading = read(text)
    assert (reading.outcome, reading.problem, reading.membership_number) == ("malformed", problem, None)
    assert fields.items() <= reading.fields.items()


@pytest.mark.parametrize(
    ("text", "outcome", "keyword"),
    [
        ("JTH 18050012345", "command", "JHT"),
        ("STTUS 18050012345", "command", "STATUS"),
        ("JTH", "suggest", "JHT"),
        ("SALDDO", "suggest", "JHT"),
        ("STATSU", "suggest", "STATUS"),
        ("MUTSI", "suggest", "MUTASI"),
        ("DAFTR", "suggest", "DAFTAR"),
        ("DAFTR#9973014107900003#01-07-1990#18050012345", "command", "DAFTAR"),
        ("BANTUN", "command", "BANTUAN"),
        ("BHASA EN", "command", "BAHASA"),
        ("FRMULIR", "command", "FORMULIR"),
        ("KANTR BANDUNG", "command", "KANTOR"),
        ("KLAM JHT", "command", "KLAIM"),
        ("FORMULR JKK", "command", "FORMULIR"),
        ("LAPR gaji saya dipotong", "suggest", "LAPOR"),
        ("JKT 18050012345", "unknown", None),
        ("JT 18050012345", "unknown", None),
        ("J 18050012345", "unknown", None),
        ("cek sldo jth 18050012345", "command", "JHT"),
        ("Maaf saya sedang rapat, nanti saya telp.", "unknown", None),
    ],
)
def test_typos(text: str, outcome: str, keyword: str | None) -> None:
    reading = read(text)
    assert (reading.outcome, reading.keyword) == (outcome, keyword)


@pytest.mark.parametrize(
    "text", ["stoop", "STIP", "S T O P", "BERHNTI", "ERHENTI", "MULAII", "UNREGG", "ST0P", "Endang"]
)
def test_opt_out_words_are_never_guessed(text: str) -> None:
    assert read(text).outcome == "unknown"


@pytest.mark.parametrize(
    ("text", "outcome", "keyword", "problem"),
    [
        ("STOP", "opt_out", None, "carrier"),
        ("start", "opt_in", None, "carrier"),
        ("berhenti.", "opt_out", "BERHENTI", "own"),
        ("UNREG", "opt_out", "BERHENTI", "own"),
        ("off", "opt_out", "BERHENTI", "own"),
        ("MULAI", "opt_in", "MULAI", "own"),
        ("berhenti dong", "unknown", None, None),
        ("saya berhenti kerja JHT 18050012345", "command", "JHT", None),
        ("stop iuran saya kenapa", "command", "MUTASI", None),
    ],
)
def test_opt_out_words_count_only_as_the_whole_message(
    text: str, outcome: str, keyword: str | None, problem: str | None
) -> None:
    reading = read(text)
    assert (reading.outcome, reading.keyword, reading.problem) == (outcome, keyword, problem)


@pytest.mark.parametrize(
    ("text", "choice"), [("1", 1), ("2.", 2), ("#12#", 12), ("99", 99), ("0", None), ("100", None), ("1 2", None)]
)
def test_a_small_number_is_an_answer_to_a_list(text: str, choice: int | None) -> None:
    reading = read(text)
    assert (reading.outcome, reading.choice) == ("unknown", choice)


@pytest.mark.parametrize(
    ("text", "also"),
    [
        ("STATUS 18050012345 lalu JHT", "JHT"),
        ("JHT 18050012345 STATUS 18050012345", "STATUS"),
        ("KLAIM JHT KANTOR BANDUNG", "KANTOR"),
        ("JHT 18050012345 JHT 18050012345", None),
        ("JHT 18050012345 cek klaim", "LACAK"),
        ("JHT KLAIM", "KLAIM"),
        ("perusahaan saya tidak bayar iuran mau lapor", "LAPOR"),
        ("KLAIM JHT", None),
        ("CAIR SEBAGIAN JHT", None),
        ("JHT 18050012345 terima kasih", None),
    ],
)
def test_the_second_command_is_named(text: str, also: str | None) -> None:
    assert read(text).also == also


@pytest.mark.parametrize(
    ("text", "silent"),
    [
        ("Kode OTP Anda 482913. JANGAN BERIKAN kepada siapapun.", True),
        ("Pembayaran iuran JHT 18050012345 periode 05/2026 BERHASIL. Ref 778812", True),
        ("LAPOR pembayaran iuran gagal, transfer Rp 100.000 tidak masuk", False),
        ("JHT 180*****345 SITI R*: saldo Rp23.451.200 per 31-10-2025.", True),
    ],
)
def test_machines_texts_hear_nothing_and_complaints_are_none(text: str, silent: bool) -> None:
    assert (read(text).outcome == "silent") is silent


@pytest.mark.parametrize("sender", ["TELKOMSEL", "3636", "BPJSTK", "XL-Axiata"])
def test_machine_senders_hear_nothing(sender: str) -> None:
    assert read("JHT 18050012345", sender=sender).problem == "machine_sender"
    assert read("JHT 18050012345", sender="+62 812-1805-0012").outcome == "command"


@settings(max_examples=20 * settings().max_examples)
@given(
    st.text(max_size=400)
    | st.text("JHTSALDOCEKSTATUS 0123456789OIL.#-\n", max_size=200)
    | st.lists(st.sampled_from([*WORDS, "9973014107900003", "01-07-1990", "18050012345", "#", "?"]), max_size=12).map(
        " ".join
    )
)
def test_any_text_is_read(text: str) -> None:
    reading = read(text)
    assert reading.outcome in OUTCOMES
    assert reading.membership_number is None or len(reading.membership_number) == 11
    assert (reading.problem is not None) == (reading.outcome in ("malformed", "silent", "opt_out", "opt_in"))


@given(st.text("0123456789OIL -.", min_size=1, max_size=40))
def test_a_number_is_never_padded_cut_or_joined_across_words(digits: str) -> None:
    number = read(f"JHT {digits}").membership_number
    if number is not None:
        assert len(number) == 11
        assert number in "".join(
            filter(None, map(as_number, fold(f"X {digits}")[1:].replace(".", " ").replace("-", " ").split()))
        )


@pytest.mark.parametrize(
    "text",
    ["9" * 100_000, "A1" * 50_000, "JHT " * 25_000, "(" * 100_000, "\ufdfa" * 160, "OIL" * 30_000, "A " * 50_000],
)
def test_a_flood_is_cut(text: str) -> None:
    assert len(read(text).folded) <= LONGEST


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  jht\t١٨ ", "JHT 18"),
        ("J\u200bH\u00adT\x00", "JHT"),
        ("1\ufe0f\u20e39\ufe0f\u20e3", "19"),
        ("“Saldó” – 5", "SALDO” – 5".replace("”", " ").replace("–", " ").replace("   ", " ").replace("  ", " ")),
        ("???", "?"),
        ("#JHT#1#", "JHT#1"),
        ("🙏", ""),
        ("ЈНТ", "ЈНТ"),
    ],
)
def test_folds(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("one", "other", "distance"), [("JHT", "JTH", 1), ("SALDO", "SLDO", 1), ("STATUS", "SATATUS", 1), ("JKT", "JP", 2)]
)
def test_edits(one: str, other: str, distance: int) -> None:
    assert edits(one, other) == edits(other, one) == distance


@pytest.mark.parametrize(
    ("groups", "full", "problem"),
    [
        (["18050012345"], ("18050012345",), None),
        (["180", "5001", "2345"], ("18050012345",), None),
        (["18050012345", "18050067890"], ("18050012345", "18050067890"), None),
        (["05JN0012345"], ("05JN0012345",), None),
        (["00000000001"], ("00000000001",), None),
        (["TERIMAKASIH"], (), "number_letters"),
        (["1805001234", "5"], (), "number_length"),
    ],
)
def test_runs(groups: list[str], full: tuple[str, ...], problem: str | None) -> None:
    run = read_run(groups)
    assert (run.full, run.problem) == (full, problem)
