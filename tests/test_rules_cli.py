"""smsgw rules as it is typed: the table, its marks, the JSON, the file."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from smsgw.cli.rules import command
from smsgw.errors import StartupError
from smsgw.rulebook import load, source

ROOT = Path(__file__).parents[1]


def run(*words: str, file: Path | None = None) -> Result:
    environment = {"SMSGW_RULES_FILE": str(file or ""), "SMSGW_HOME": "/nonexistent"}
    return CliRunner().invoke(command, words, env=environment)


def test_show_has_source_and_mark() -> None:
    shown = run("show", "--on", "2025-03-01").output
    assert "In force on 2025-03-01" in shown
    lines = {
        cells[0]: cells for line in shown.splitlines() if len(cells := re.split(r"\s*│\s*", line.strip(" │"))) >= 6
    }
    assert lines["jp_wage_cap"][:6] == ["jp_wage_cap", "10,547,400", "rupiah", "2025-03-01", "K92 K93", "[C]"]
    assert lines["jht_jmo_limit"][5] == "[1] demo"
    assert "demo data: confirm them" in shown


def test_show_as_json() -> None:
    rows = [json.loads(line) for line in run("show", "--json", "--on", "2025-02-28").output.splitlines()]
    (cap,) = [row for row in rows if row["name"] == "jp_wage_cap"]
    assert (cap["value"], cap["unit"], cap["from"], cap["demo"]) == ("10042300", "rupiah", "2024-03-01", False)
    assert len(rows) == len(load().names())


def test_export_is_the_file(tmp_path: Path) -> None:
    assert run("export").output == source(None)
    mine = tmp_path / "mine.csv"
    mine.write_text(source(None).replace(",42000000,", ",43000000,"))
    assert run("export", file=mine).output == mine.read_text()
    assert "43,000,000" in run("show", file=mine).output


def test_a_bad_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("name\n")
    failed = run("show", file=tmp_path / "bad.csv")
    assert isinstance(failed.exception, StartupError)


def test_every_source_is_in_the_documentation() -> None:
    page = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    named = {word for row in load().rows() for word in re.findall(r"\bK\d+b?\b", row.source)}
    listed = set(re.findall(r"^\| (K\d+b?) \|", page, re.MULTILINE))
    assert named == listed


@pytest.mark.parametrize("confidence", ["C", "1", "T", "D", "P"])
def test_every_mark_is_explained(confidence: str) -> None:
    assert f"| `{confidence}` |" in (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
