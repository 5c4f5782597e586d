"""What texts are read as: the rules of the language one by one, then anything at all."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsgw.keywords import LANGUAGES, Reading, Reply, load_registry, measure
from smsgw.keywords.fold import LONGEST, fold
from smsgw.keywords.nearest import edits
from smsgw.keywords.numbers import as_number, read_run
from tests.support.jsonl import plain, rows
from tests.support.transcript import RULES

REGISTRY = load_registry()
LABELS = {"JHT": "balance", "STATUS": "status"}
OTHERWISE = {"malformed": "format", "silent": "silent", "opt_out": "optout", "opt_in": "optin"}
EXISTING = ("balance", "status", "format", "help", "silent", "optout", "optin")


def label(reading: Reading) -> str:
    """A reading in the words of the outside cases: a keyword without its number counts as `format`."""
    if reading.outcome == "command" and reading.keyword in LABELS:
        number = reading.membership_number
        return f"{LABELS[reading.keyword]}:{number}" if number else "format"
    return OTHERWISE.get(reading.outcome, "help")


@pytest.mark.parametrize("row", rows("inbound_corpus"))
def test_corpus(row: Any) -> None:
    reading = REGISTRY.read(row["text"], sender=row.get("from") or "", num_media=row.get("num_media") or 0)
    assert label(reading) in row["accept"]


def test_corpus_score() -> None:
    """How many rows are read as their best label; printed, since a row that is only tolerable is no failure."""
    exact: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for row in plain("inbound_corpus"):
        best = row["accept"][0]
        total[best.split(":")[0]] += 1
        exact[best.split(":")[0]] += label(REGISTRY.read(row["text"], sender=row.get("from") or "")) == best
    for name in EXISTING:
        print(f"{name}: {exact[name]} of {total[name]} exact")  # noqa: T201
    assert exact["balance"] >= 0.98 * total["balance"]


@pytest.mark.parametrize("row", rows("keyword_routing"))
def test_routing(row: Any) -> None:
    if row["must_route"]:
        assert REGISTRY.read(row["text"]).keyword == "JHT"


@pytest.mark.parametrize("row", rows("optout"))
def test_opting(row: Any) -> None:
    accept = {*row["accept"], *(("help", "silent") if "none" in row["accept"] else ())}
    assert label(REGISTRY.read(row["text"])) in accept


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
    reading = REGISTRY.read(text)
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
        ("SALDO PENSIUN 18050012345", "other_programme", {"programme": "PENSIUN"}),
        ("TAGIHAN 0001260945809", "number_health", {}),
        ("18050012345", "number_only", {}),
    ],
)
def test_problems_are_named(text: str, problem: str, fields: dict[str, object]) -> None:
    reading = REGISTRY.read(text)
    assert (reading.outcome, reading.problem, reading.membership_number) == ("malformed", problem, None)
    assert fields.items() <= reading.fields.items()
    assert problem in REGISTRY.templates["base", "id"]


@pytest.mark.parametrize(
    ("text", "outcome", "keyword"),
    [
        ("JTH 18050012345", "command", "JHT"),
        ("STTUS 18050012345", "command", "STATUS"),
        ("JTH", "suggest", "JHT"),
        ("STATSU", "suggest", "STATUS"),
        ("BANTUN", "command", "BANTUAN"),
        ("BHASA EN", "command", "BAHASA"),
        ("JKT 18050012345", "unknown", None),
        ("JT 18050012345", "unknown", None),
        ("J 18050012345", "unknown", None),
        ("cek sldo jth 18050012345", "command", "JHT"),
        ("stoop", "unknown", None),
        ("DAFTAR SALDO#9973014107900003#01-07-1990#18050012345", "unknown", None),
    ],
)
def test_typos(text: str, outcome: str, keyword: str | None) -> None:
    reading = REGISTRY.read(text)
    assert (reading.outcome, reading.keyword) == (outcome, keyword)


@pytest.mark.parametrize("sender", ["TELKOMSEL", "3636", "BPJSTK", "XL-Axiata"])
def test_machine_senders_hear_nothing(sender: str) -> None:
    assert REGISTRY.read("JHT 18050012345", sender=sender).problem == "machine_sender"
    assert REGISTRY.read("JHT 18050012345", sender="+62 812-1805-0012").outcome == "command"


@pytest.mark.parametrize("language", LANGUAGES)
def test_our_own_texts_hear_nothing(language: str) -> None:
    for (stem, lang), sections in REGISTRY.templates.items():
        for section, variants in sections.items():
            text = variants[-1].widest(language)
            literal = max(len(fold(piece)) for piece in variants[-1].literals)
            if lang == language and literal > 32:
                assert REGISTRY.read(text).outcome == "silent", f"{stem}.{section}"


@given(st.text(max_size=400) | st.text("JHTSALDOCEKSTATUS 0123456789OIL.#-\n", max_size=200))
def test_any_text_is_read_and_answered_in_one_segment(text: str) -> None:
    reading = REGISTRY.read(text, with_tree=True)
    reply = Reply("base", reading.problem or reading.outcome, reading.fields)
    for language in LANGUAGES:
        found = measure(REGISTRY.render(reply, language, RULES, also=reading.also))
        assert (found.encoding, found.segments) == ("GSM-7", 1)


@given(st.text("0123456789OIL -.", min_size=1, max_size=40))
def test_a_number_is_never_padded_cut_or_joined_across_words(digits: str) -> None:
    number = REGISTRY.read(f"JHT {digits}").membership_number
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
    assert len(REGISTRY.read(text).folded) <= LONGEST


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
