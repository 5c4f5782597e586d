"""What replies work out: projections, pensions, cash, shares, waiting times; each with an example worked by hand."""

import ast
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsgw.keywords import full_months, load_registry, months_later, reported_wage, standing
from smsgw.rulebook import load
from tests.support.transcript import RULES, Member

ROOT = Path(__file__).parents[1]
BOOK = load()
STEMS = ("cair", "formulir", "info", "jkk", "jkm", "jkp", "jp", "klaim", "simulasi", "status", "waktu")


def function(stem: str, name: str) -> Callable[..., Any]:
    """A computation of a handler, taken from where the registry takes it."""
    found: Callable[..., Any] = getattr(import_module(f"smsgw.handlers.{stem}"), name)
    return found


@pytest.mark.parametrize(
    ("balance", "contribution", "months", "rate", "total"),
    [
        (10_000_000, 285_000, 12, "5.5", 14_071_622),
        (23_451_200, 285_000, 120, "5.5", 86_055_480),
        (10_000_000, 285_000, 1, "5.5", 10_330_833),
        (10_000_000, 0, 12, "0", 10_000_000),
        (0, 285_000, 12, "0", 3_420_000),
        (0, 0, 540, "5.5", 0),
    ],
)
def test_projection(balance: int, contribution: int, months: int, rate: str, total: int) -> None:
    assert function("simulasi", "project")(balance, contribution, months, Decimal(rate)) == total


@pytest.mark.parametrize(
    ("months", "wage", "amount"),
    [
        (180, 5_000_000, 750_000),
        (240, 5_000_000, 1_000_000),
        (180, 10_547_400, 1_582_110),
        (180, 1_000_000, 399_700),  # the least
        (600, 10_547_400, 4_792_300),  # the most
    ],
)
def test_pension(months: int, wage: int, amount: int) -> None:
    assert function("simulasi", "pension")(months, wage, RULES) == amount


@pytest.mark.parametrize(
    ("day", "wage", "amount"),
    [
        ("2025-11-24", 5_000_000, 3_000_000),
        ("2025-11-24", 20_000_000, 3_000_000),
        ("2025-11-24", 3_500_000, 2_100_000),
        ("2025-02-06", 5_000_000, 2_250_000),
    ],
)
def test_cash_after_dismissal(day: str, wage: int, amount: int) -> None:
    assert function("jkp", "cash")(wage, BOOK.on(date.fromisoformat(day))) == amount


def test_all_the_cash_there_is() -> None:
    assert function("jkp", "cash")(9_000_000, RULES) * RULES.number("jkp_cash_months") == 18_000_000


@pytest.mark.parametrize(("part", "amount"), [("house", 7_035_360), ("pension", 2_345_120)])
def test_the_most_that_may_be_taken(part: str, amount: int) -> None:
    assert function("cair", "most")(23_451_200, part, RULES) == amount


@pytest.mark.parametrize(
    ("since", "until", "months"),
    [
        ("2018-05-02", "2025-11-24", 90),
        ("2018-05-24", "2025-11-24", 90),
        ("2018-05-25", "2025-11-24", 89),
        ("2024-02-29", "2025-02-28", 11),
        ("2025-11-24", "2025-11-23", -1),
    ],
)
def test_full_months(since: str, until: str, months: int) -> None:
    assert full_months(date.fromisoformat(since), date.fromisoformat(until)) == months


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2018-05-02", 120, "2028-05-02"),
        ("2025-08-31", 1, "2025-10-01"),
        ("2025-10-31", 1, "2025-12-01"),
        ("2024-02-29", 12, "2025-03-01"),
        ("2025-12-15", 1, "2026-01-15"),
    ],
)
def test_months_later(day: str, months: int, later: str) -> None:
    assert months_later(date.fromisoformat(day), months) == date.fromisoformat(later)


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(0, 600))
def test_so_many_months_later_so_many_months_are_full(day: date, months: int) -> None:
    later = months_later(day, months)
    assert full_months(day, later) == months
    assert full_months(day, later - timedelta(days=1)) == months - 1


def test_the_last_day_to_apply_is_never_a_day_too_late() -> None:
    last_day = function("jkp", "_last_day")
    assert last_day(date(2025, 5, 24), RULES) == date(2025, 11, 24)
    assert last_day(date(2025, 10, 31), RULES) == date(2026, 4, 30)
    assert last_day(date(2025, 8, 31), RULES) == date(2026, 2, 28)


@pytest.mark.parametrize(
    ("changes", "wage"),
    [
        ({}, 5_000_000),
        ({"last_contribution": 299_250}, 5_250_000),
        ({"last_contribution": None}, None),
        ({"last_contribution": 0}, None),
        ({"segment": "BPU"}, None),
        ({"programmes": ("JKK", "JKM")}, None),
    ],
)
def test_the_wage_behind_a_contribution(changes: dict[str, Any], wage: int | None) -> None:
    assert reported_wage(replace(Member(), **changes), RULES) == wage


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("AKTIF", "active"),
        ("MENUNGGAK", "arrears"),
        ("NONAKTIF", "inactive"),
        ("MENUNGGU", "inactive"),
        ("PENSIUN", "retired"),
        ("MENINGGAL", "deceased"),
    ],
)
def test_standing(status: str, expected: str) -> None:
    member = Member(status=status, programmes=("JHT", "JKK"))
    assert standing(member, "JKK") == expected
    assert standing(member, "JP") == "outside"
    assert standing(None, "JKK") == "general"


REGISTRY = load_registry()
TOLD = sorted({name for _, _, _, variant, _ in REGISTRY.variants() for name in variant.rules})


@pytest.mark.parametrize("name", TOLD)
def test_every_rule_that_a_text_tells_exists_on_every_day(name: str) -> None:
    days = {row.since for row in BOOK.rows()} | {date(2025, 3, 1), date(2099, 12, 31)}
    assert all(BOOK.on(day).rate(name) is not None for day in days if day >= date(2025, 3, 1))


UNITS = {
    "rupiah": {"rupiah", "short"},
    "percent": {"percent"},
    "times": {"times", "count"},
    "days": {"count"},
    "months": {"count"},
    "years": {"count"},
    "age": {"count"},
    "year": {"count"},
    "count": {"count"},
}


def test_every_rule_is_written_as_its_unit_asks() -> None:
    units = {row.name: row.unit for row in BOOK.rows()}
    for stem, language, section, variant, _ in REGISTRY.variants():
        for name, kind, _ in variant.fields:
            if name.startswith("="):
                assert kind in UNITS[units[name[1:]]], f"{stem}.{language} [{section}] writes {name} as {kind}"


# What is no fact: our numbers and hours, the example, shapes of numbers, names of forms, list marks, hours of a day.
NO_FACT = re.compile(
    r"\{[^}]*\}|18050012345|\b175\b|06\.00.22\.00"
    r"|\b3[ab]? KK[123]\b|\bF\d\b|\b\d\) |\b11 (angka|digits)|x24 (jam|hours)"
)


@pytest.mark.parametrize("stem", STEMS)
@pytest.mark.parametrize("language", ["id", "en"])
def test_no_text_holds_a_fact(stem: str, language: str) -> None:
    text = (ROOT / "templates_sms" / f"{stem}.{language}.txt").read_text(encoding="utf-8")
    assert re.findall(r"\S*\d\S*", NO_FACT.sub("", text)) == []


ARITHMETIC = {1, 12, 100, 1200}
"""Months of a year, percent, and both; a page."""


@pytest.mark.parametrize("stem", STEMS)
def test_no_handler_holds_a_fact(stem: str) -> None:
    tree = ast.parse((ROOT / "handlers" / f"{stem}.py").read_text(encoding="utf-8"))
    ranks = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg in ("rank", "page")
    }
    numbers = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and id(node) not in ranks
    }
    assert {number for number in numbers if not isinstance(number, bool)} - {0} <= ARITHMETIC
