"""Import: what is taken, what is refused and how it is said, and that the same file twice changes nothing."""

import csv
import io
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select

from smsgw.members.directory import Directory, Membership
from smsgw.members.import_columns import COLUMNS
from smsgw.members.importing import Counts, ImportRefused, Problem, import_members
from smsgw.members.tables import bindings, memberships, people, phones_on_record
from smsgw.store import Store
from tests.support.truth import FOLDER

TODAY = date(2026, 11, 24)
SITI, JOKO = "+6281218050012", "+6281298000012"
HEAD = "number,name,status,nik,phone"
DOCS = Path(__file__).parents[1] / "docs" / "members.md"


class Importer:
    """Imports texts into one store and remembers what was wrong with the last."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.file = folder / "members.csv"
        self.problems: list[Problem] = []
        self.read: list[int] = []

    def __call__(self, *lines: str, delimiter: str = ",") -> Counts:
        return self.bytes("".join(f"{line}\n" for line in lines).encode(), delimiter)

    def bytes(self, data: bytes, delimiter: str = ",") -> Counts:
        self.file.write_bytes(data)
        self.problems, self.read = [], []
        return import_members(
            self.store,
            self.file,
            today=TODAY,
            on_problem=self.problems.append,
            delimiter=delimiter,
            tick=self.read.append,
        )

    def said(self) -> list[tuple[int, str]]:
        return [(problem.line, problem.column) for problem in self.problems]

    def hears(self, phone: str, number: str) -> Sequence[Membership]:
        return Directory(self.store).entitled([(phone, number)])[0].memberships


@pytest.fixture
def bring(store: Store, tmp_path: Path) -> Importer:
    return Importer(store, tmp_path)


@pytest.fixture
def bring_one(sqlite_store: Store, tmp_path: Path) -> Importer:
    return Importer(sqlite_store, tmp_path)


def example() -> list[str]:
    """The example of the documentation."""
    found = re.search(r"```csv\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1].splitlines()


def test_the_example_of_the_documentation(bring: Importer) -> None:
    assert bring(*example()) == Counts(new=2)
    (siti,) = bring.hears(SITI, "18050012345")
    assert (siti.name, siti.jht_balance, siti.jht_balance_on) == ("SITI RAHAYU", 23_451_200, date(2025, 10, 31))
    assert (siti.last_contribution_month, siti.last_contribution) == (date(2025, 9, 1), 285_000)
    (tono,) = bring.hears("+6281198000056", "05JN0012345")
    assert (tono.status, tono.employer, tono.programmes) == ("NONAKTIF", "", ("JHT", "JKK", "JKM"))


def test_the_documented_columns_are_the_programs() -> None:
    memberships_only = DOCS.read_text(encoding="utf-8").partition("## Employments")[0]
    rows = re.findall(r"^\| `(\w+)` \| (yes)? ?\| (.*) \|$", memberships_only, re.MULTILINE)
    assert rows == [(name, "yes" if column.required else "", column.form) for name, column in COLUMNS.items()]


def test_the_same_file_twice_changes_nothing(bring: Importer) -> None:
    lines = example()
    bring(*lines)
    before = stored(bring.store)
    assert bring(*lines) == Counts(unchanged=2)
    assert stored(bring.store) == before
    assert bring.read == [bring.file.stat().st_size]


def stored(store: Store) -> list[list[tuple[object, ...]]]:
    with store.read() as connection:
        tables = (people, memberships, phones_on_record)
        return [sorted((tuple(row) for row in connection.execute(select(table))), key=repr) for table in tables]


def test_what_differs_is_brought_up_to_date(bring: Importer) -> None:
    head, siti, tono = example()
    bring(head, siti, tono)
    assert bring(head, siti.replace("23451200", "23736200"), tono.replace("TONO", "TONO WIJAYA")) == Counts(changed=2)
    assert bring.hears(SITI, "18050012345")[0].jht_balance == 23_736_200
    assert bring.hears("+6281198000056", "05JN0012345")[0].name == "TONO WIJAYA"


def test_a_record_keeps_when_it_was_written(bring: Importer) -> None:
    head, siti, tono = example()
    bring(head, siti, tono)
    with bring.store.write() as connection:
        connection.execute(memberships.update().values(written_at=1))
    bring(head, siti, tono.replace("TONO", "TONO WIJAYA"))
    with bring.store.read() as connection:
        found = connection.execute(select(memberships.c.number, memberships.c.written_at)).all()
    assert {number for number, at in found if at != 1} == {"05JN0012345"}


def test_columns_that_are_not_there_keep_what_is_stored(bring: Importer) -> None:
    bring(*example())
    before = bring.hears(SITI, "18050012345")
    assert bring("number,name,status", "18050012345,SITI RAHAYU,AKTIF") == Counts(unchanged=1)
    assert bring.hears(SITI, "18050012345") == before
    lines = ("number,name,status,jht_balance,jht_balance_on", "18050012345,SITI RAHAYU,AKTIF,1,2025-12-31")
    assert bring(*lines) == Counts(changed=1)
    assert bring.hears(SITI, "18050012345")[0].programmes == before[0].programmes


def test_an_empty_cell_takes_away_all_but_who_it_is(bring: Importer) -> None:
    bring(*example())
    head = "number,name,status,nik,birth_date,segment,employer,phone,jht_balance,jht_balance_on"
    assert bring(head, "18050012345,SITI RAHAYU,AKTIF,,,,,+6281218050012,,") == Counts(changed=1)
    (siti,) = bring.hears(SITI, "18050012345")
    assert (siti.employer, siti.jht_balance, siti.segment) == ("", None, "PU")
    with bring.store.read() as connection:
        niks = connection.execute(select(people.c.nik, people.c.birth_date).order_by(people.c.id)).all()
    assert niks[0] == ("9973014107900003", "1990-07-01")


def test_the_phones_of_a_record_are_those_of_the_cell(bring: Importer) -> None:
    bring(HEAD, f"99000000001,X,AKTIF,,{SITI} / 0812-9800-0012")
    (one,) = bring.hears(JOKO, "99000000001")
    with bring.store.write() as connection:
        times = {"bound_at": 1, "used_at": 1, "changed_at": 1}
        connection.execute(insert(bindings).values(membership_id=one.id, phone=SITI, state="active", **times))
    assert bring(HEAD, f"99000000001,X,AKTIF,,{JOKO}") == Counts(changed=1)
    assert bring.hears(SITI, "99000000001") == ()  # off the record and no longer bound
    assert bring.hears(JOKO, "99000000001") == (one,)


def test_memberships_of_one_nik_are_one_persons(bring: Importer) -> None:
    siti = "9973014107900003"
    bring(HEAD, f"99000000001,SITI,AKTIF,{siti},", "99000000002,TONO,AKTIF,,", f"99000000003,SITI,AKTIF,{siti},")
    assert len(stored(bring.store)[0]) == 2
    assert bring(HEAD, f"99000000002,SITI,AKTIF,{siti},") == Counts(changed=1)
    assert len(stored(bring.store)[0]) == 1  # nobody is kept who has no membership
    assert bring(HEAD, "99000000003,SITI R,AKTIF,,") == Counts(changed=1)
    assert {one[2] for one in stored(bring.store)[0]} == {"SITI R"}


def test_a_nik_that_becomes_known_is_taken_over(bring: Importer) -> None:
    bring(HEAD, "99000000001,SITI,AKTIF,,")
    lines = (HEAD, "99000000001,SITI,AKTIF,9973014107900003,", "99000000002,SITI,AKTIF,9973014107900003,")
    assert bring(*lines) == Counts(new=1, changed=1)
    assert len(stored(bring.store)[0]) == 1
    assert bring(*lines) == Counts(unchanged=2)
    assert bring(HEAD, "99000000002,SITI,AKTIF,9973014107900004,") == Counts(changed=1)
    assert len(stored(bring.store)[0]) == 2


def test_one_file_may_not_say_two_things(bring: Importer) -> None:
    nik = "9973014107900003"
    lines = (
        HEAD,
        f"99000000001,SITI,AKTIF,{nik},",
        "99000000001,SITI,NONAKTIF,,",
        f"99000000002,TONO,AKTIF,{nik},",
        "99000000003,TONO,AKTIF,,",
    )
    assert bring(*lines) == Counts(new=2, bad=2)
    assert bring.said() == [(3, "number"), (4, "name")]
    assert bring(*lines) == Counts(unchanged=2, bad=2)


def test_rows_over_many_chunks(bring: Importer) -> None:
    rows = [f"99{at:09d},NAMA {at % 700},AKTIF,99730141079{at % 700:05d},0812980{at:05d}" for at in range(2_500)]
    bad = [f"98{at:09d},X,HIDUP,," for at in range(1_200)]
    assert bring(HEAD, *rows, *bad, rows[0]) == Counts(new=2_500, bad=1_201)
    assert bring.said()[-1] == (3_702, "number")
    assert len(stored(bring.store)[0]) == 700
    assert bring(HEAD, *rows) == Counts(unchanged=2_500)
    assert bring.read == sorted(bring.read)
    assert bring.read[-1] == bring.file.stat().st_size


BAD = [
    ("number", "1805001234", "10 characters, a membership number has 11; did a spreadsheet drop leading zeros"),
    ("number", "180500123456", "12 characters"),
    ("number", "TERIMAKASIH", "neither"),
    ("number", "1805001234٥", "neither"),
    ("number", "05JNKL12345", "neither"),
    ("name", "", "empty"),
    ("name", "SITI\x07RAHAYU", "cannot be printed"),
    ("name", "S" * 101, "101 characters"),
    ("status", "", "empty"),
    ("status", "HIDUP", "none of AKTIF"),
    ("nik", "997301410790000", "15 digits"),
    ("nik", "99730141079OOOO3", "other than digits"),
    ("birth_date", "31-02-1990", "calendar"),
    ("birth_date", "07/01/1990", "written"),
    ("birth_date", "2030-01-01", "future"),
    ("birth_date", "0990-01-01", "before 1900"),
    ("phone", "08123", "no valid phone"),
    ("phone", "081298000012 / x", "phone 2 of 2"),
    ("segment", "PEKERJA", "none of PU"),
    ("programmes", "JHT JPK", "none of JHT"),
    ("jht_balance", "23.451.200", "digits alone"),
    ("jht_balance", "-5", "digits alone"),
    ("jht_balance", "9" * 13, "more than 12 digits"),
    ("registered_on", "2026-11-25", "future"),
    ("last_contribution_month", "13-2025", "calendar"),
    ("last_contribution_month", "2025-09-01", "written YYYY-MM"),
    ("last_contribution", "285000", "go together"),
    ("jht_balance_on", "", "there is a balance"),
]


@pytest.mark.parametrize(("column", "value", "why"), BAD)
def test_a_bad_cell_is_told_without_its_value(bring_one: Importer, column: str, value: str, why: str) -> None:
    cells = {"number": "99000000001", "name": "SITI", "status": "AKTIF"} | {column: value}
    if column == "jht_balance_on":
        cells["jht_balance"] = "100"
    if column == "jht_balance":
        cells["jht_balance_on"] = "2025-10-31"
    assert bring_one(",".join(cells), ",".join(cells.values())) == Counts(bad=1)
    (problem,) = bring_one.problems
    assert (problem.line, problem.column) == (2, column)
    assert why in problem.reason
    assert len(value) < 3 or value not in problem.reason


def test_a_balance_without_jht(bring_one: Importer) -> None:
    head = "number,name,status,programmes,jht_balance,jht_balance_on"
    assert bring_one(head, "99000000001,SITI,AKTIF,JKK JKM,5,2025-10-31") == Counts(bad=1)
    assert bring_one.said() == [(2, "programmes")]


def test_all_that_is_wrong_with_a_row_is_said(bring_one: Importer) -> None:
    assert bring_one(HEAD, "1,,HIDUP,1,1", "", "99000000001,SITI,AKTIF,,") == Counts(new=1, bad=1)
    assert bring_one.said() == [(2, "number"), (2, "name"), (2, "status"), (2, "nik"), (2, "phone")]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ('99000000001,"SITI,AKTIF,,', "not closed"),
        ('99000000001,"SI"TI,AKTIF,,', "not closed"),
        ("99000000001,SITI", "2 cells, but the header has 5"),
        ("99000000001,SITI,AKTIF,,,", "6 cells"),
        ("9" * 20_000, "longer than"),
    ],
)
def test_a_row_that_is_no_row_spoils_no_other(bring_one: Importer, row: str, why: str) -> None:
    assert bring_one(HEAD, row, "99000000002,TONO,AKTIF,,") == Counts(new=1, bad=1)
    assert bring_one.said() == [(2, "")]
    assert why in bring_one.problems[0].reason


ROW = "99000000001,SITI,AKTIF,,"
REFUSED: list[tuple[bytes, str]] = [
    (b"", "must name the columns; number, name, status is missing"),
    (f"{ROW}\n".encode(), "must name the columns"),
    (f"{HEAD}\n{ROW}\n".replace(",", ";").encode(), "separated by `;`"),
    (f"{HEAD}\n{ROW}\n".replace(",", "\t").encode(), "separated by `TAB`"),
    (f"{HEAD}\n{ROW}\n".encode("utf-16"), "UTF-16"),
    (f"{HEAD}\n{ROW}\n99000000002,RENÉE,AKTIF,,\n".encode("latin-1"), "Line 3 is not UTF-8"),
    (f"{HEAD},balance\n{ROW},\n".encode(), "unknown: 'balance'"),
    (f"{HEAD},name\n{ROW},\n".encode(), "named twice: name"),
    (b"PK\x03\x04\x14\x00\x06\x00\xff\xfe", "Line 1 is not UTF-8"),
]


@pytest.mark.parametrize(("data", "why"), REFUSED)
def test_a_file_that_is_refused_writes_nothing(bring_one: Importer, data: bytes, why: str) -> None:
    with pytest.raises(ImportRefused, match=re.escape(why)):
        bring_one.bytes(data)
    assert stored(bring_one.store) == [[], [], []]


@pytest.mark.parametrize(
    ("data", "delimiter"),
    [
        (f"{HEAD}\r\n{ROW}\r\n".encode("utf-8-sig"), ","),
        (f"{HEAD}\n{ROW}".replace(",", ";").encode(), ";"),
        (b'"Number", NAME ,status,nik,phone\n"99000000001"," SITI ",aktif,,\n', ","),
    ],
)
def test_ways_of_writing_the_same_file(bring_one: Importer, data: bytes, delimiter: str) -> None:
    assert bring_one.bytes(data, delimiter) == Counts(new=1)
    assert bring_one(HEAD, ROW) == Counts(unchanged=1)


@given(st.text(max_size=60), st.sampled_from(sorted(COLUMNS)))
def test_no_cell_crashes_and_none_is_told(cell: str, column: str) -> None:
    assert "§" not in reason(column, f"{cell}§")


def reason(column: str, cell: str) -> str:
    try:
        COLUMNS[column].read(cell, TODAY)
    except ValueError as error:
        return str(error)
    return ""


@pytest.mark.skipif(not FOLDER.exists(), reason=f"{FOLDER} is absent")
def test_expected_rows_get_their_balances_and_decoys_never(bring: Importer) -> None:
    with (FOLDER / "members.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert bring.bytes(converted(rows)) == Counts(new=len(rows))
    expected = {row["number"]: int(row["jht_balance_idr"]) for row in rows if row["role"] == "expected"}
    found = Directory(bring.store).entitled([(SITI, number) for number in expected])
    assert [[one.number for one in entitlement.memberships] for entitlement in found] == [[n] for n in expected]
    assert {one.memberships[0].number: one.memberships[0].jht_balance for one in found} == expected
    decoys = {int(row["jht_balance_idr"]) for row in rows if row["role"] == "decoy"}
    assert not decoys & {one.memberships[0].jht_balance for one in found}
    near = [(SITI, changed) for number in expected for changed in (number[1:], f"0{number}", number[:-1], f"{number}0")]
    assert all(not one.memberships and one.known for one in Directory(bring.store).entitled(near))


def converted(rows: Sequence[dict[str, str]]) -> bytes:
    """The set's columns as ours, with one sender's phone on every row's record."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("number", "name", "status", "jht_balance", "jht_balance_on", "phone"))
    for row in rows:
        told = [row[name] for name in ("number", "name", "status", "jht_balance_idr", "jht_as_of")]
        writer.writerow((*told, SITI))
    return text.getvalue().encode()
