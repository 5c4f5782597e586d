"""Import of employments and claims: what is taken, what is refused and how it is said, and who hears of a change."""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from smsgw.members.demo import populate
from smsgw.members.import_claims import import_claims
from smsgw.members.import_columns import CLAIMS, HISTORY
from smsgw.members.import_history import import_history
from smsgw.members.import_rows import ImportRefused
from smsgw.members.importing import Counts, Problem
from smsgw.members.reach import StageChange
from smsgw.members.tables import claims, employments, memberships
from smsgw.store import Store

TODAY = date(2026, 11, 24)
SITI, JOKO, TONO = "18050012345", "99090000012", "05JN0012345"
DOCS = Path(__file__).parents[1] / "docs" / "members.md"
JOBS = "number,since,until,employer,segment"
FILED = "claim,number,programme,stage,state,filed_on,changed_on"


class Bring:
    """Imports texts into one store; remembers what was wrong, and what changed, with the last."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.file = store, folder / "file.csv"
        self.problems: list[Problem] = []
        self.moved: list[StageChange] = []

    def history(self, *lines: str) -> Counts:
        self._write(lines)
        return import_history(self.store, self.file, today=TODAY, on_problem=self.problems.append)

    def claims(self, *lines: str) -> Counts:
        self._write(lines)
        return import_claims(self.store, self.file, self._tell, today=TODAY, on_problem=self.problems.append)

    def said(self) -> list[tuple[int, str]]:
        return [(problem.line, problem.column) for problem in self.problems]

    def _write(self, lines: Sequence[str]) -> None:
        self.file.write_text("".join(f"{line}\n" for line in lines))
        self.problems, self.moved = [], []

    def _tell(self, connection: Connection, changes: Sequence[StageChange]) -> None:
        self.moved += changes


@pytest.fixture
def bring(store: Store, tmp_path: Path) -> Bring:
    populate(store, 8, 1)
    return Bring(store, tmp_path)


def jobs(store: Store, number: str) -> list[tuple[object, ...]]:
    chosen = select(employments.c.since, employments.c.until, employments.c.employer, employments.c.segment)
    with store.read() as connection:
        found = chosen.join(memberships).where(memberships.c.number == number).order_by(employments.c.since)
        return [tuple(row) for row in connection.execute(found)]


def filed(store: Store) -> list[tuple[object, ...]]:
    with store.read() as connection:
        chosen = select(claims.c.number, memberships.c.number, claims.c.stage, claims.c.state, claims.c.changed_on)
        return [tuple(row) for row in connection.execute(chosen.join(memberships).order_by(claims.c.number))]


def test_a_history_comes_in_once(bring: Bring) -> None:
    lines = (JOBS, f"{TONO},2005-04-01,31-03-2015,CV ABADI,PU", f"{TONO},2015-04-01,,PT BUMI PERSADA TEKSTIL,pu")
    assert bring.history(*lines) == Counts(new=2)
    assert jobs(bring.store, TONO) == [
        (date(2005, 4, 1), date(2015, 3, 31), "CV ABADI", "PU"),
        (date(2015, 4, 1), None, "PT BUMI PERSADA TEKSTIL", "PU"),
    ]
    assert bring.history(*lines) == Counts(unchanged=2)
    ended = (JOBS, f"{TONO},2015-04-01,2025-12-31,PT BUMI PERSADA TEKSTIL,PU")
    assert bring.history(*ended) == Counts(changed=1)
    assert bring.history("number,since,segment", f"{TONO},2015-04-01,PU") == Counts(unchanged=1)
    assert jobs(bring.store, TONO)[1][1] == date(2025, 12, 31)


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("99000000099,2015-04-01,,CV ABADI,PU", "number"),
        ("180,2015-04-01,,CV ABADI,PU", "number"),
        (f"{TONO},2015-04,,CV ABADI,PU", "since"),
        (f"{TONO},2027-04-01,,CV ABADI,PU", "since"),
        (f"{TONO},2015-04-01,2015-03-31,CV ABADI,PU", "until"),
        (f"{TONO},2015-04-01,,CV ABADI,", "segment"),
        (f"{TONO},2015-04-01,,CV ABADI,XX", "segment"),
    ],
)
def test_a_bad_employment_is_told_without_its_values(bring: Bring, row: str, column: str) -> None:
    good = f"{TONO},2001-01-01,2002-01-01,CV ABADI,PU"
    assert bring.history(JOBS, row, good) == Counts(new=1, bad=1)
    assert bring.said() == [(2, column)]
    assert not any(value in bring.problems[0].reason for value in row.split(",") if value)


def test_one_file_may_not_say_two_things_about_an_employment(bring: Bring) -> None:
    lines = (JOBS, f"{TONO},2005-04-01,,CV ABADI,PU", f"{TONO},2005-04-01,,CV LAIN,PU")
    assert bring.history(*lines) == Counts(new=1, bad=1)
    assert bring.said() == [(3, "since")]


def test_a_claim_comes_in_once_and_a_new_one_is_no_change(bring: Bring) -> None:
    lines = (
        FILED,
        f"K2511-00001,{SITI},JKK,2,open,2025-11-01,2025-11-05",
        f"k2511-00002,{TONO},jht,6,PAID,01-11-2025,05-11-2025",
    )
    assert bring.claims(*lines) == Counts(new=2)
    assert filed(bring.store)[1:] == [
        ("K2511-00001", SITI, 2, "open", date(2025, 11, 5)),
        ("K2511-00002", TONO, 6, "paid", date(2025, 11, 5)),
    ]
    assert bring.moved == []
    assert bring.claims(*lines) == Counts(unchanged=2)
    assert bring.moved == []


@pytest.mark.parametrize(
    ("rest", "counts", "moved"),
    [
        ("4,open,2025-10-02,2025-10-20", Counts(unchanged=1), []),
        ("4,open,2025-10-02,2025-10-21", Counts(changed=1), []),
        ("5,open,2025-10-02,2025-10-21", Counts(changed=1), [(5, "open")]),
        ("4,refused,2025-10-02,2025-10-21", Counts(changed=1), [(4, "refused")]),
        ("6,paid,2025-10-02,2025-10-21", Counts(changed=1), [(6, "paid")]),
    ],
)
def test_a_change_is_one_of_stage_or_state(
    bring: Bring, rest: str, counts: Counts, moved: list[tuple[int, str]]
) -> None:
    assert bring.claims(FILED, f"K2510-00123,{JOKO},JHT,{rest}") == counts
    assert [(change.stage, change.state) for change in bring.moved] == moved
    assert {change.claim for change in bring.moved} <= {"K2510-00123"}


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (f"K251-1,{SITI},JHT,1,open,2025-11-01,2025-11-01", "claim"),
        ("K2511-00009,99000000099,JHT,1,open,2025-11-01,2025-11-01", "number"),
        (f"K2510-00123,{SITI},JHT,5,open,2025-10-02,2025-10-21", "number"),
        (f"K2511-00009,{SITI},JXX,1,open,2025-11-01,2025-11-01", "programme"),
        (f"K2511-00009,{SITI},JHT,7,open,2025-11-01,2025-11-01", "stage"),
        (f"K2511-00009,{SITI},JHT,1,hanging,2025-11-01,2025-11-01", "state"),
        (f"K2511-00009,{SITI},JHT,1,open,2025-11-02,2025-11-01", "changed_on"),
        (f"K2511-00009,{SITI},JHT,1,open,2027-11-02,2027-11-03", "filed_on"),
    ],
)
def test_a_bad_claim_is_told_without_its_values(bring: Bring, row: str, column: str) -> None:
    good = f"K2511-00001,{SITI},JKK,2,open,2025-11-01,2025-11-05"
    counts = bring.claims(FILED, row, good)
    assert (counts.new, counts.bad, bring.moved) == (1, 1, [])
    assert bring.said()[0] == (2, column)
    assert not any(value in problem.reason for problem in bring.problems for value in row.split(",") if len(value) > 4)


def test_a_claim_stands_once_in_a_file(bring: Bring) -> None:
    row = f"K2511-00001,{SITI},JKK,2,open,2025-11-01,2025-11-05"
    assert bring.claims(FILED, row, row.replace(",2,", ",3,")) == Counts(new=1, bad=1)
    assert bring.said() == [(3, "claim")]


@pytest.mark.parametrize(
    "head", ["claim,number", "claim;number;programme;stage;state;filed_on;changed_on", FILED + ",x"]
)
def test_a_file_of_another_kind_is_refused(bring: Bring, head: str) -> None:
    with pytest.raises(ImportRefused):
        bring.claims(head)


def test_the_documented_columns_are_the_programs() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for title, columns in (("## Employments", HISTORY), ("## Claims", CLAIMS)):
        part = text.partition(title)[2].partition("\n## ")[0]
        rows = re.findall(r"^\| `(\w+)` \| (yes)? ?\| (.*) \|$", part, re.MULTILINE)
        assert rows == [(name, "yes" if column.required else "", column.form) for name, column in columns.items()]


def test_the_examples_of_the_documentation(bring: Bring) -> None:
    text = DOCS.read_text(encoding="utf-8")
    found = [block.splitlines() for block in re.findall(r"```csv\n(.*?)```", text, re.DOTALL)]
    history, filed_ = (next(block for block in found if block[0] == head) for head in (JOBS, FILED))
    with bring.store.write() as connection:
        connection.execute(employments.delete())
        connection.execute(claims.delete())
    assert bring.history(*history) == Counts(new=2)
    assert bring.claims(*filed_) == Counts(new=1)
