"""smsgw members as it is typed: what it prints, what it writes, how it exits."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from smsgw.cli.members import command

HEAD = "number,name,status"
Run = Callable[..., Result]


@pytest.fixture
def run(sqlite_url: str) -> Run:
    environment = {"SMSGW_DATABASE_URL": sqlite_url, "SMSGW_DATA_KEY": bytes(range(64)).hex()}
    return lambda *words: CliRunner().invoke(command, [str(word) for word in words], env=environment)


def test_demo(run: Run) -> None:
    first, again = run("demo", "--count", 20, "--seed", 3), run("demo", "--count", 20, "--seed", 3)
    assert first.exit_code == again.exit_code == 0
    assert first.output.startswith("20 new people with ")
    assert again.output == "0 new people with 0 memberships; 20 people were there already.\n"


def test_demo_of_a_seed_that_shares_identifiers(run: Run) -> None:
    run("demo", "--count", 20, "--seed", 3)
    refused = run("demo", "--count", 20, "--seed", 13)
    assert refused.exit_code == 1
    assert refused.stderr.startswith("Error: The database holds demo people of another seed")


def test_import(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "members.csv"
    file.write_text(f"{HEAD}\n18050012345,SITI RAHAYU,AKTIF\n")
    first, again = run("import", file), run("import", file)
    assert (first.exit_code, first.stdout) == (0, "1 new, 0 changed, 0 unchanged, 0 bad rows.\n")
    assert (again.exit_code, again.stdout) == (0, "0 new, 0 changed, 1 unchanged, 0 bad rows.\n")


def test_bad_rows_are_printed_and_reported(run: Run, tmp_path: Path) -> None:
    file, report = tmp_path / "members.csv", tmp_path / "bad.csv"
    file.write_text(f"{HEAD}\n" + "18050012345,SITI RAHAYU,HIDUP\n" * 25 + "18050012345,SITI RAHAYU,AKTIF\n")
    done = run("import", file, "--report", report)
    assert (done.exit_code, done.stdout) == (1, "1 new, 0 changed, 0 unchanged, 25 bad rows.\n")
    assert done.stderr.splitlines()[0].startswith("line 2: status is none of AKTIF")
    assert done.stderr.splitlines()[-1] == f"… and 5 more; all are in {report}."
    rows = list(csv.DictReader(report.open(encoding="utf-8")))
    assert [row["line"] for row in rows] == [str(line) for line in range(2, 27)]
    assert {row["column"] for row in rows} == {"status"}
    assert not any(value in done.output + report.read_text() for value in ("SITI", "18050012345", "HIDUP"))


def test_a_tabulator_is_named(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "members.csv"
    file.write_text(f"{HEAD}\n18050012345,SITI RAHAYU,AKTIF\n".replace(",", "\t"))
    refused = run("import", file)
    assert (refused.exit_code, refused.stderr) == (
        1,
        "Error: The columns are separated by `TAB`: repeat with --delimiter 'TAB'.\n",
    )
    assert run("import", file, "--delimiter", "TAB").exit_code == 0


@pytest.mark.parametrize("words", [("import", "absent.csv"), ("import", __file__, "--delimiter", "::"), ("demo", "x")])
def test_what_cannot_be_meant_is_refused(run: Run, words: tuple[str, ...]) -> None:
    assert run(*words).exit_code == 2


@pytest.mark.parametrize("words", [(), ("demo",), ("import",)])
def test_every_help_ends_with_an_example(run: Run, words: tuple[str, ...]) -> None:
    assert run(*words, "--help").output.splitlines()[-1].startswith("  Example: smsgw members ")
