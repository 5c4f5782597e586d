"""The commands parse, measure and templates, as scripts use them."""

import json
from typing import Any

from click.testing import CliRunner

from smsgw.cli import measure, parse, templates
from smsgw.cli.templates import Row


def lines(command: Any, text: str) -> list[dict[str, Any]]:
    result = CliRunner().invoke(command, ["--jsonl"], input=text)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]


def test_parse_shows_the_tree() -> None:
    result = CliRunner().invoke(parse.command, ["tolong JHT 18050012345"])
    assert result.exit_code == 0
    assert "jht_phrase" in result.output
    assert '"membership_number": "18050012345"' in result.output


def test_parse_reads_lines_in_order() -> None:
    first, second, third, fourth = lines(
        parse.command,
        '{"text": "JHT 18050012345"}\n\n{"text": "BAHASA EN", "num_media": 1}\n'
        '{"text": "SALDO", "sender": "TELKOMSEL"}\n{"text": "JHT 1\u2028"}\n',
    )
    assert (first["outcome"], first["keyword"], first["membership_number"]) == ("command", "JHT", "18050012345")
    assert second["arguments"] == {"code": "EN"}
    assert (third["outcome"], third["problem"]) == ("silent", "machine_sender")
    assert (fourth["outcome"], fourth["problem"]) == ("malformed", "number_length")


def test_a_bad_line_costs_nobody_elses_answer() -> None:
    found = lines(parse.command, 'x\n[]\n{"text": 5}\n{"text": "JHT"}\n')
    assert [row.get("error") for row in found] == ["no JSON", "no object", "no text", None]


def test_measure() -> None:
    result = CliRunner().invoke(measure.command, ["Rp1 €"])
    assert json.loads(result.output) == {"encoding": "GSM-7", "septets": 6, "segments": 1}
    emoji, bad = lines(measure.command, '{"text": "😀"}\n{"x": 1}\n')
    assert emoji == {"encoding": "UCS-2", "units": 2, "segments": 1}
    assert bad == {"error": "no text"}


def test_either_a_text_or_lines() -> None:
    for command in (parse.command, measure.command):
        assert CliRunner().invoke(command, []).exit_code == 2
        assert CliRunner().invoke(command, ["x", "--jsonl"]).exit_code == 2


def test_templates_check() -> None:
    result = CliRunner().invoke(templates.command, ["check"])
    assert result.exit_code == 0, result.output
    assert "jht.id balance" in result.output
    assert "jht.en balance" in result.output
    assert "0 of them wrong" in result.output


def test_templates_check_of_one_language() -> None:
    result = CliRunner().invoke(templates.command, ["check", "--language", "en"])
    assert "jht.en balance" in result.output
    assert "jht.id" not in result.output


def test_what_is_wrong_is_said() -> None:
    assert Row("x", "y", "id", 1, last=True, septets=161, text="a" * 161).fault == "1 over"
    assert Row("x", "y", "id", 1, last=False, septets=161, text="a" * 161).fault == ""
    assert Row("x", "y", "id", 1, last=False, septets=4, text="€").fault == "not basic GSM-7"
