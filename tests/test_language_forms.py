"""The forms of DAFTAR and LUPA: fields by shape in any order, days of the calendar, and what is told to be wrong."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsgw.keywords.forms import read_date
from tests.support.language import TODAY, read

NIK, BORN, NUMBER = "9973014107900003", "01-07-1990", "18050012345"
FIELDS = {"nik": NIK, "born": "1990-07-01"}
NAMED = {**FIELDS, "name": "SITI RAHAYU"}
PUBLISHED = [
    ("saldo 18050012345", "JHT", NUMBER, {}, None),
    ("Saldo18050012345", "JHT", NUMBER, {}, None),
    ("SALDO  18050012345 ", "JHT", NUMBER, {}, None),
    ("SALDO#18050012345", "JHT", NUMBER, {}, None),
    ("SALDO.18050012345", "JHT", NUMBER, {}, None),
    ("SALDO*18050012345", "JHT", NUMBER, {}, None),
    ("SALDO (spasi) 18050012345", "JHT", NUMBER, {}, None),
    ("SALDO<spasi>18050012345", "JHT", NUMBER, {}, None),
    ("SALDO spasi 18050012345", "JHT", NUMBER, {}, None),
    ("SALDO nomor peserta 18050012345", "JHT", NUMBER, {}, None),
    ("SALDO 180 5001 2345", "JHT", NUMBER, {}, None),
    ("SALDO 1805-0012-345", "JHT", NUMBER, {}, None),
    ("SALDO 18O5OO12345", "JHT", NUMBER, {}, None),
    ("SALDO 1805001234", "JHT", None, {}, "number_length"),
    ("SALDO 180500123456", "JHT", None, {}, "number_length"),
    ("SALDO 05JN0012345", "JHT", "05JN0012345", {}, None),
    ("SALDO 0001260945809", "JHT", None, {}, "number_health"),
    ("SALDO 9973014107900003", "JHT", None, {}, "number_nik"),
    ("SALDO", "JHT", None, {}, None),
    ("SALDOO 18050012345", "JHT", NUMBER, {}, None),
    ("SLADO 18050012345", "JHT", NUMBER, {}, None),
    ("sldo jht 18050012345", "JHT", NUMBER, {}, None),
    ("cek saldo 18050012345", "JHT", NUMBER, {}, None),
    ("CEK SALDO JHT SAYA 18050012345", "JHT", NUMBER, {}, None),
    ("min mau cek saldo jht dong", "JHT", None, {}, None),
    ("brp saldo jht sy?", "JHT", None, {}, None),
    ("18050012345", None, None, {}, "number_only"),
    ("JHT : 18050012345", "JHT", NUMBER, {}, None),
    ('"SALDO 18050012345"', "JHT", NUMBER, {}, None),
    ("SALDO 18050012345 kirim ke 2757", "JHT", NUMBER, {}, None),
    ("SALDO 18050012345.", "JHT", NUMBER, {}, None),
    (
        "DAFTAR SALDO#9973014107900003#01-07-1990#18050012345#siti@mail.com",
        "DAFTAR",
        NUMBER,
        {**FIELDS, "email": "siti@mail.com"},
        None,
    ),
    ("DAFTAR SALDO#9973014107900003#SITI RAHAYU#01-07-1990#18050012345", "DAFTAR", NUMBER, NAMED, None),
    ("Daftar (spasi) SALDO #9973014107900003#01-07-1990#18050012345#", "DAFTAR", NUMBER, FIELDS, None),
    ("DAFTAR#SALDO#9973014107900003#01-07-1990#18050012345", "DAFTAR", NUMBER, FIELDS, None),
    ("DAFTAR 9973014107900003 01-07-1990 18050012345", "DAFTAR", NUMBER, FIELDS, None),
    ("DAFTAR SALDO#18050012345#9973014107900003#01-07-1990", "DAFTAR", NUMBER, FIELDS, None),
    ("DAFTAR SALDO#9973014107900003#01/07/1990#18050012345", "DAFTAR", NUMBER, FIELDS, None),
    ("DAFTAR SALDO#9973014107900003#01071990#18050012345", "DAFTAR", NUMBER, FIELDS, None),
    ("DAFTAR SALDO#9973014107900003#1-7-90#18050012345", "DAFTAR", NUMBER, FIELDS, None),
    ("DAFTAR SALDO#9973014107900003#1 Juli 1990#18050012345", "DAFTAR", NUMBER, FIELDS, None),
    ("DAFTAR SALDO#9973014107900003#1990-07-01#18050012345", "DAFTAR", NUMBER, FIELDS, None),
    ("DAFTAR SALDO#9973014107900003#07-01-1990#18050012345", "DAFTAR", NUMBER, {**FIELDS, "born": "1990-01-07"}, None),
    ("DAFTAR SALDO#9973014107900003#31-02-1990#18050012345", "DAFTAR", None, {}, "date_invalid"),
    ("DAFTAR SALDO#997301410790003#01-07-1990#18050012345", "DAFTAR", None, {}, "nik_length"),
    ("DAFTAR SALDO#9973014107900003#18050012345", "DAFTAR", None, {}, "date_missing"),
    ("DAFTAR SALDO", "DAFTAR", None, {}, None),
    ("DAFTAR SALDO#NIK#DD-MM-YYYY#NO PESERTA#EMAIL", "DAFTAR", None, {}, None),
    ("DAFTAR SALDO=9973014107900003=01-07-1990=18050012345", "DAFTAR", NUMBER, FIELDS, None),
    (
        "DAFTAR SALDO#9973014107900003#01-07-1990#18050012345#siti at mail",
        "DAFTAR",
        NUMBER,
        {**FIELDS, "name": "SITI AT MAIL"},
        None,
    ),
    ("DAFTAR SALDO#9973014107900003#01-07-1990#18050012345 🙏", "DAFTAR", NUMBER, FIELDS, None),
    ("REG 18050012345", "DAFTAR", None, {}, "nik_missing"),
    ("TAGIHAN 0001260945809", None, None, {}, "number_health"),
    ("NIK 9973014107900003", None, None, {}, "number_nik"),
    ("klaim jht", "KLAIM", None, {"programme": "JHT"}, None),
    ("kapan cair min", "LACAK", None, {}, None),
    ("kantor bandung kota", "KANTOR", None, {"city": "BANDUNG"}, None),
    ("STOP", None, None, {}, "carrier"),
    ("unreg", "BERHENTI", None, {}, "own"),
    ("halo", None, None, {}, None),
    ("", None, None, {}, None),
    ("SALDO 18050012345\nSALDO 18050067890", "JHT", None, {}, "two_numbers"),
    ("SALDO 18050012345; DROP TABLE", "JHT", NUMBER, {}, None),
    ("SALDO ١٨٠٥٠٠١٢٣٤٥", "JHT", NUMBER, {}, None),
]
"""Malformed and odd messages as they reach the real service (domain.md 1.5), in its order."""


@pytest.mark.parametrize(("text", "keyword", "number", "arguments", "problem"), PUBLISHED)
def test_the_published_and_the_odd(
    text: str, keyword: str | None, number: str | None, arguments: dict[str, str], problem: str | None
) -> None:
    reading = read(text)
    assert (reading.keyword, reading.membership_number, reading.problem) == (keyword, number, problem)
    assert reading.arguments == arguments


def test_all_published_rows_are_there() -> None:
    assert len(PUBLISHED) == 64


@pytest.mark.parametrize(
    "text",
    [
        "01-09-1987",
        "1-9-1987",
        "1-9-87",
        "01/09/1987",
        "01.09.1987",
        "01 09 1987",
        "01091987",
        "010987",
        "1 September 1987",
        "1 Sept 87",
        "1 Sep 1987",
        "01-SEP-1987",
        "1september1987",
        "1987-09-01",
        "1987/09/01",
        "19870901",
        "1, 9, 1987",
        "1 / 9 / 1987",
        "O1-O9-1987",
        "tgl 01-09-1987",
        "lahir 1 september 1987",
    ],
)
def test_every_way_to_write_a_day(text: str) -> None:
    for sent in (f"DAFTAR#{NIK}#{text}#{NUMBER}", f"DAFTAR {NUMBER} {NIK} {text}", f"DAFTAR {text} {NUMBER} {NIK}"):
        reading = read(sent)
        assert (reading.arguments.get("born"), reading.membership_number) == ("1987-09-01", NUMBER), sent
    assert read(f"LUPA#{NIK}#{text}").arguments == {"nik": NIK, "born": "1987-09-01"}


MONTHS = (
    *("Januari Jan", "Februari Pebruari Feb Peb", "Maret Mar", "April Apr", "Mei", "Juni Jun", "Juli Jul"),
    *(
        "Agustus Agt Ags Agu Aug",
        "September Sep Sept",
        "Oktober Okt Oct",
        "November Nopember Nov Nop",
        "Desember Des Dec",
    ),
)


@pytest.mark.parametrize(
    ("month", "word"), [(at, word) for at, words in enumerate(MONTHS, 1) for word in words.split()]
)
def test_every_word_for_a_month(month: int, word: str) -> None:
    for text in (f"17 {word} 1990", f"17-{word}-90", f"17{word}1990"):
        assert read(f"LUPA {NIK} {text}").arguments.get("born") == date(1990, month, 17).isoformat()


@pytest.mark.parametrize(
    "text", ["31-02-1990", "31-04-1990", "00-07-1990", "1-13-1990", "32011990", "1-7-2030", "29-02-1991"]
)
def test_what_is_no_day_of_the_calendar_is_named(text: str) -> None:
    reading = read(f"DAFTAR#{NIK}#{text}#{NUMBER}")
    assert (reading.problem, reading.fields["keyword"]) == ("date_invalid", "DAFTAR")


@given(st.dates(date(1900, 1, 1), TODAY))
def test_any_day_is_read(day: date) -> None:
    for text in (f"{day:%d-%m-%Y}", f"{day.day}/{day.month}/{day.year}", f"{day:%d%m%Y}", day.isoformat()):
        assert read(f"LUPA {NIK} {text}").arguments.get("born") == day.isoformat()


@pytest.mark.parametrize(
    ("year", "meant"),
    [("90", 1990), ("46", 1946), ("45", None), ("12", None), ("11", 2011), ("00", 2000), ("99", 1999)],
)
def test_a_short_year_is_of_an_age_between_15_and_80(year: str, meant: int | None) -> None:
    assert read_date(f"01-07-{year}", TODAY) == (date(meant, 7, 1) if meant else None)


@pytest.mark.parametrize(
    ("text", "problem", "fields"),
    [
        ("DAFTAR 997301410790003 01-07-1990 18050012345", "nik_length", {"sent": 15, "wanted": 16}),
        ("DAFTAR 99730141079000031 01-07-1990 18050012345", "nik_length", {"sent": 17, "wanted": 16}),
        ("DAFTAR 01-07-1990 18050012345", "nik_missing", {}),
        ("DAFTAR 9973014107900003 18050012345", "date_missing", {}),
        ("DAFTAR 9973014107900003 01-07-1990", "number_missing", {}),
        ("DAFTAR 9973014107900003 01-07-1990 1805001234", "number_length", {"sent": 10, "wanted": 11}),
        ("DAFTAR SALDO#3523418097870002#ADI SUNARYO#01-09-1987#2345678901", "number_length", {"sent": 10}),
        ("DAFTAR 9973014107900003 01-07-1990 0001260945809", "number_health", {}),
        ("DAFTAR 9973014107900003 01-07-1990 1234S678901", "number_letters", {}),
        ("DAFTAR 9973014107900003 01-07-1990 18050012345 18050067890", "two_numbers", {}),
        ("LUPA 9973014107900003", "date_missing", {}),
        ("LUPA 01-07-1990", "nik_missing", {}),
        ("LUPA 997301410790003 01-07-1990", "nik_length", {"sent": 15}),
        ("LUPA 18050012345", "nik_missing", {}),
    ],
)
def test_what_is_wrong_is_named(text: str, problem: str, fields: dict[str, object]) -> None:
    reading = read(text)
    assert (reading.outcome, reading.problem, reading.membership_number) == ("malformed", problem, None)
    assert {**fields, "keyword": text.split()[0]}.items() <= reading.fields.items()


@pytest.mark.parametrize(
    "text",
    [
        "DAFTAR 9973 0141 0790 0003 01-07-1990 180 5001 2345",
        "DAFTAR 9973O141O79OOOO3 01-07-1990 18O5OO12345",
        "DAFTAR 9973014107900003 01-07-1990 18050012345 HP 08123456789",
        "DAFTAR 9973014107900003 01-07-1990 18050012345 08123456789",
        "DAFTAR 9973014107900003 01-07-1990 18050012345 18050012345",
        "DAFTAR NIK 9973014107900003 TGL LAHIR 01-07-1990 NO PESERTA 18050012345 kirim ke 2757",
        "DAFTAR\n9973014107900003\n01-07-1990\n18050012345\nterima kasih",
        "18050012345 DAFTAR 9973014107900003 01-07-1990",
        "1. DAFTAR 9973014107900003 01-07-1990 18050012345",
        "REG#18050012345#01-07-1990#9973014107900003",
        "registrasi: 9973014107900003, 01-07-1990, 18050012345",
    ],
)
def test_any_order_any_separator(text: str) -> None:
    reading = read(text)
    assert (reading.keyword, reading.membership_number, reading.arguments) == ("DAFTAR", NUMBER, FIELDS)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "DAFTAR",
            "cara daftar bpjs tk gimana",
            "daftar dong min",
            "DAFTAR SITI RAHAYU",
            "DAFTAR kirim ke 2757",
            "REG",
        ),
        *("LUPA", "LUPA NOMOR", "nomor bpjs saya lupa", "LUPA#NIK#DD-MM-YYYY", "DAFTAR#NIK#TGL-BLN-THN#NO PESERTA"),
    ],
)
def test_without_a_field_the_instruction_is_asked_for(text: str) -> None:
    reading = read(text)
    assert (reading.outcome, reading.keyword in ("DAFTAR", "LUPA"), reading.arguments) == ("command", True, {})


@given(st.permutations([NIK, BORN, NUMBER, "SITI RAHAYU", "siti@mail.com"]), st.sampled_from("# *;,\n=|/"))
def test_the_fields_are_known_by_their_shape(fields: list[str], separator: str) -> None:
    reading = read("DAFTAR SALDO" + separator + separator.join(fields))
    assert (reading.membership_number, reading.arguments) == (NUMBER, {**NAMED, "email": "siti@mail.com"})
