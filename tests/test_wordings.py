"""The wordings of all templates: one spelling a word, only official addresses, no fact that belongs to the rulebook."""

import re
from collections.abc import Iterator

import pytest

from smsgw.keywords import load_registry
from smsgw.keywords.gsm7 import is_basic
from smsgw.offices import load as load_offices

REGISTRY = load_registry()
OFFICIAL = {
    "bpjsketenagakerjaan.go.id",
    "www.bpjsketenagakerjaan.go.id",
    "sso.bpjsketenagakerjaan.go.id",
    "lapakasik.bpjsketenagakerjaan.go.id",
    "siapkerja.kemnaker.go.id",
}
HOST = re.compile(r"\b[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}\b|\w+://\S*")
# The one spelling, and what is written elsewhere in its place.
LEXICON = {
    "id": {
        "utk": r"untuk|u/|utuk",
        "dgn": r"dengan|dg",
        "tgl": r"tanggal|tggl",
        "krn": r"karena|krna",
        "maks": r"maksimal|max",
        "min": r"minimal",
        "s.d.": r"s/d|sampai dengan|sd\.?",
        "no, nomor": r"nomer|nmr|no\.",
        "HP": r"(?-i:hp|Hp)|hape|handphone|ponsel",
        "telepon": r"telpon|telfon|telp|tlp",
        "tidak, tak": r"tdk|gak|nggak|ga",
        "sudah": r"sdh|udah",
        "belum": r"blm",
        "call center": r"call centre|(?-i:Call Center)|callcenter",
        "BPJS TK, BPJS Ketenagakerjaan": r"bpjstk|bpjamsostek|jamsostek(?! Mobile)",
        "kantor cabang": r"kancab|kacab|kantor cab",
        "Balas angkanya": r"balas nomornya|balas nomor",
        "SMS, KTP, KK, NIK": r"(?-i:sms|Sms|ktp|Ktp|kk|nik|Nik)",
        "Rp": r"(?-i:Rp\.|Rp |IDR|rupiah)",
    },
    "en": {
        "call centre": r"call center|(?-i:Call Centre)",
        "programme": r"programs?",
        "member number": r"membership number|participant number|member no\.",
        "phone": r"mobile (?:phone|number)|cell ?phone|hp|handphone",
        "KTP": r"id card|identity card",
        "branch office": r"branch bureau|agency office",
        "Reply with the digit": r"reply with (?:the figure|a number|the number)",
        "SMS, NIK": r"(?-i:sms|Sms|nik|Nik)|text messages?",
        "Rp": r"(?-i:Rp\.|Rp |IDR|rupiah)",
        "words in full": r"pls|yrs?|mths?|info\.",
    },
}
FIELD = "~"
"""Stands for a field: no text of ours has it, since it is not basic GSM-7."""
KEYWORDS_OWN = re.compile(r"\b[A-Z]{2,}(?:[ #-][A-Z]{2,})*\b")
"""Words in capitals are what is typed, not what is told: DAFTAR#NIK#TGL LAHIR."""
FACT = re.compile(
    r"Rp ?\d|\d ?(?:juta|jt|rb|ribu|million|%|persen|percent)\b|\d+ ?(?:hari|days?|th|tahun|years?|x upah|times)\b",
    re.I,
)
EXACT = {
    "stranger": "HP ini belum terdaftar. Ketik: DAFTAR#NIK#TGL LAHIR#NO PESERTA "
    "contoh DAFTAR#9973014107900003#01-07-1990#18050012345 lalu kirim SALDO",
    "unavailable": "Maaf, data belum bisa diambil. Kirim lagi nanti. Mendesak: call center 175 jam 06.00-22.00 WIB",
    "locked": "Terlalu banyak percobaan gagal. Coba lagi besok atau datang ke kantor cabang bawa KTP dan kartu "
    "peserta. Call center 175 jam 06.00-22.00 WIB",
}


def texts() -> Iterator[tuple[str, str, str]]:
    """Where it stands, the language, and the words of every wording, a sign in the place of each field."""
    for stem, language, section, variant, _ in REGISTRY.variants():
        yield f"{stem}.{language} [{section}]", language, FIELD.join(variant.literals)


ALL = list(texts())
IDS = [where for where, _, _ in ALL]


@pytest.mark.parametrize(("where", "language", "text"), ALL, ids=IDS)
def test_a_text_links_to_official_addresses_only(where: str, language: str, text: str) -> None:
    assert set(HOST.findall(text)) <= OFFICIAL
    assert all(host.endswith(".go.id") for host in OFFICIAL)


def test_no_office_brings_an_address_of_another_kind() -> None:
    assert [row.name for row in load_offices().rows() if HOST.search(f"{row.name} {row.city} {row.address}")] == []


@pytest.mark.parametrize(("where", "language", "text"), ALL, ids=IDS)
def test_a_word_is_always_spelled_the_same(where: str, language: str, text: str) -> None:
    told = KEYWORDS_OWN.sub(" ", text)
    strange = {
        right: found.group()
        for right, wrong in LEXICON[language].items()
        if (found := re.search(rf"(?<!\w)(?:{wrong})(?!\w)", told, re.I))
    }
    assert strange == {}, f"{where}: write the word as the lexicon does"


@pytest.mark.parametrize(("where", "language", "text"), ALL, ids=IDS)
def test_a_fact_that_changes_comes_from_the_rulebook(where: str, language: str, text: str) -> None:
    assert FACT.findall(text) == [], f"{where}: write {{=rule:kind}}"


@pytest.mark.parametrize(("where", "language", "text"), ALL, ids=IDS)
def test_a_text_is_written_with_care(where: str, language: str, text: str) -> None:
    assert is_basic(text.replace(FIELD, ""))
    assert re.findall(r" [,:;?!)]| \.(?!\.)|\( |  ", text) == []
    assert not text[0].islower()


@pytest.mark.parametrize(("section", "text"), EXACT.items(), ids=EXACT)
def test_the_texts_that_are_promised_word_for_word(section: str, text: str) -> None:
    (variant,) = REGISTRY.templates["base", "id"][section]
    assert (variant.pattern, variant.fields) == (text, ())
