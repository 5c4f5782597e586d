"""The branch offices: places as people write them, nothing guessed, no invented street, and a bad row named."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from smsgw.cli.offices import command
from smsgw.errors import StartupError
from smsgw.messages.tables import outbound
from smsgw.offices import COLUMNS, load, source
from tests.conftest import KEY
from tests.support import twilio
from tests.support.gateway import gateway

OFFICES = load()
HEAD = ",".join(COLUMNS)
ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("BANDUNG", ["Bandung Suci", "Bandung Lodaya", "Bandung Bojongsoang"]),
        ("BDG", ["Bandung Suci", "Bandung Lodaya", "Bandung Bojongsoang"]),
        ("KOTA BEKASI", ["Bekasi Kota"]),
        ("SOLO", ["Surakarta"]),
        ("JOGJA", ["Yogyakarta"]),
        ("PALANGKA RAYA", ["Palangkaraya"]),
        ("PANGKALPINANG", ["Pangkal Pinang"]),
        ("MEDAN UTARA", ["Medan Utara"]),
        ("MEDAN SUMATERA UTARA", ["Medan Kota", "Medan Utara"]),
        ("BANDUNG LODAYA", ["Bandung Lodaya"]),
        ("LODAYA BANDUNG", ["Bandung Lodaya"]),
        ("TANJUNG PERAK", ["Surabaya Tanjung Perak"]),
        ("MENARA JAMSOSTEK", ["Menara Jamsostek"]),
        ("BANDUNG JAWA BARAT", ["Bandung Suci", "Bandung Lodaya", "Bandung Bojongsoang"]),
        ("MEDAN BINJAI", []),
        ("UTARA", []),
        ("KOTA", []),
        ("BANDNG", []),
        ("", []),
    ],
)
def test_a_place_as_it_is_written(text: str, names: list[str]) -> None:
    assert [office.name for office in OFFICES.at(text)] == names


@pytest.mark.parametrize("text", ["JKT", "DKI JAKARTA", "JAKARTA SELATAN", "JAKSEL", "JAKARTA TIMUR DKI"])
def test_jakarta_is_one_list(text: str) -> None:
    assert OFFICES.at(text) == OFFICES.at("JAKARTA")
    assert len(OFFICES.at(text)) == 15


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("BANDNG", ["BANDUNG"]),
        ("SURABYA", ["SURABAYA"]),
        ("SURABYA TIMUR", ["SURABAYA"]),
        ("YOGJA", ["YOGYAKARTA"]),
        ("PANGKAL PINAN", ["PANGKAL PINANG"]),
        ("LODAYAA", ["BANDUNG LODAYA"]),
        ("MEDAN BINJAI", ["MEDAN", "BINJAI"]),
        ("PALI", ["DENPASAR", "PALU"]),
        ("BDH", []),
        ("ATLANTIS", []),
        ("X" * 1600, []),
        ("", []),
    ],
)
def test_a_near_miss_is_named_and_a_tie_is_left_open(text: str, places: list[str]) -> None:
    assert OFFICES.near(text) == places


def test_every_suggestion_is_found() -> None:
    for office in OFFICES.rows():
        assert office in OFFICES.at(office.city.upper())
        assert office in OFFICES.at(office.name.upper())


def test_an_address_has_a_source() -> None:
    addressed = {row.name: row.source for row in OFFICES.rows() if row.address}
    assert addressed == {"Bukittinggi": "K110", "Kepulauan Seribu": "K109"}
    assert all((row.source == "-") == (row.confidence == "T") for row in OFFICES.rows())


def test_every_source_is_in_the_documentation() -> None:
    page = (ROOT / "docs" / "offices.md").read_text(encoding="utf-8")
    named = {word for row in OFFICES.rows() for word in re.findall(r"\bK\d+b?\b", row.source)}
    assert named == set(re.findall(r"^\| (K\d+b?) \|", page, re.MULTILINE))


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([], "has no office"),
        (["A,B"], "line 2, row: has 2 cells, not 7"),
        ([",Bandung,,,,-,T"], "line 2, name: is empty"),
        (["Bandung Suci,,,,,-,T"], "line 2, city: is empty"),
        (["Bandung Su\u4e2d,Bandung,,,,-,T"], "line 2, name: 'Bandung Su\u4e2d' has a character"),
        ([f"{'B' * 25},Bandung,,,,-,T"], "line 2, name: has 25 characters; the most is 24"),
        (["Bandung Suci,Bandung,bdg,,,-,T"], "line 2, also: 'bdg' is no name"),
        (["Bandung Suci,Bandung,,J1,,-,T"], "line 2, code: 'J1' is no code"),
        ([f"Bandung Suci,Bandung,,,{'J' * 61},-,T"], "line 2, address: has 61 characters; the most is 60"),
        (["Bandung Suci,Bandung,,,,,T"], "line 2, source: is empty"),
        (["Bandung Suci,Bandung,,,,-,X"], "line 2, confidence: 'X' is none of"),
        (["Suci,Bandung,,,,-,T"] * 2, "line 3, name: Suci stands twice"),
        (["Suci,Bandung,KEMBANG,,,-,T", "Solo,Surakarta,KEMBANG,,,-,T"], "line 3, also: KEMBANG is Bandung before"),
        (['"Suci,Bandung'], "line 2: unexpected end of data"),
    ],
)
def test_a_bad_row_refuses_to_start(tmp_path: Path, lines: list[str], problem: str) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("\n".join([HEAD, *lines]), encoding="utf-8")
    with pytest.raises(StartupError) as caught:
        load(file)
    assert str(caught.value).count(f"{file}: {problem}") == 1


@pytest.mark.parametrize(
    ("content", "problem"),
    [(None, "No such file"), (b"\xff", "is not UTF-8"), (b"name,city\n", "line 1: the columns are name,city,also")],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, problem: str) -> None:
    file = tmp_path / "mine.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(StartupError, match=re.escape(problem)):
        load(file)


def test_another_file_is_answered_from(tmp_path: Path, sqlite_url: str, redis_url: str) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(f"{HEAD}\nCabang Uji,Ujung Kulon,UK,,Jl. Contoh No. 1,-,P\n", encoding="utf-8")
    settings = twilio.settings(database_url=sqlite_url, redis_url=redis_url, data_key=KEY.hex(), offices_file=file)
    with gateway(settings) as gate:
        gate.receive("KANTOR UJUNG KULON")
        gate.work.answering(1)
        with gate.services.store.read() as connection:
            reply = connection.execute(select(outbound.c.body)).scalar_one()
    assert reply.startswith("Kantor BPJS TK Cabang Uji: Jl. Contoh No. 1.")


def test_the_command_shows_the_table_and_its_gaps(tmp_path: Path) -> None:
    shown = CliRunner().invoke(command, ["show"], env={"SMSGW_HOME": str(tmp_path)}).output
    assert "Jl. Nawawi No. 5" in shown
    assert "90 offices; 88 without an address" in shown


def test_export_is_the_file(tmp_path: Path) -> None:
    assert CliRunner().invoke(command, ["export"], env={"SMSGW_HOME": str(tmp_path)}).output == source(None)
