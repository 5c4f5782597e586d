"""The rulebook: the shipped table keeps its own arithmetic, values change on their day, a bad row is named."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsgw.errors import StartupError
from smsgw.rulebook import COLUMNS, Rulebook, load, source

BOOK = load()
HEAD = ",".join(COLUMNS)
FIRST_DAY = date(2025, 3, 1)


def history(name: str) -> list[tuple[date, Decimal]]:
    return sorted((row.since, row.value) for row in BOOK.rows() if row.name == name)


@pytest.mark.parametrize(
    ("name", "day", "value"),
    [
        ("jp_wage_cap", "2025-02-28", 10_042_300),
        ("jp_wage_cap", "2025-03-01", 10_547_400),
        ("jp_wage_cap", "2026-03-01", 11_086_300),
        ("jkp_cash", "2025-02-06", 45),
        ("jkp_cash", "2025-02-07", 60),
        ("jkp_claim_months", "2025-02-06", 3),
        ("jkp_claim_months", "2025-02-07", 6),
        ("jkp_total", "2025-02-06", Decimal("0.46")),
        ("jkp_total", "2025-02-07", Decimal("0.36")),
        ("jht_jmo_limit", "2025-04-30", 10_000_000),
        ("jht_jmo_limit", "2025-05-01", 15_000_000),
        ("pension_age", "2024-12-31", 58),
        ("pension_age", "2025-01-01", 59),
        ("pension_age", "2028-01-01", 60),
        ("pension_age", "2043-01-01", 65),
        ("bpu_transport_discount", "2025-12-31", 0),
        ("bpu_transport_discount", "2027-03-31", 50),
        ("bpu_transport_discount", "2027-04-01", 0),
        ("jkk_stmb_first_months", "2019-12-02", 12),
    ],
)
def test_a_value_changes_on_its_day(name: str, day: str, value: Decimal) -> None:
    assert BOOK.on(date.fromisoformat(day)).rate(name) == value


@pytest.mark.parametrize(
    ("whole", "parts"),
    [
        ("jht_total", ("jht_employer", "jht_worker")),
        ("jp_total", ("jp_employer", "jp_worker")),
        ("worker_total", ("jht_worker", "jp_worker")),
        ("jkp_total", ("jkp_government", "jkp_from_jkk", "jkp_from_jkm")),
        ("bpu_min", ("bpu_jkk_min", "bpu_jkm")),
        ("bpu_with_jht_min", ("bpu_min", "bpu_jht_min")),
        ("pmi_total24", ("pmi_before", "pmi_months24")),
        ("jkm_amount", ("jkm_grant", "jkm_periodic", "jkm_funeral")),
    ],
)
def test_sums_of_the_table(whole: str, parts: tuple[str, ...]) -> None:
    for day in (date(2025, 1, 1), FIRST_DAY):
        rules = BOOK.on(day)
        assert rules.rate(whole) == sum(rules.rate(part) for part in parts)


def test_the_scholarship_is_the_sum_of_its_years() -> None:
    rules = BOOK.on(FIRST_DAY)
    steps = [f"scholarship_{level}" for level in ("primary", "junior", "senior", "university")]
    child = sum(rules.number(step) * rules.number(f"{step}_years") for step in steps)
    assert child == rules.number("scholarship_child") == 87_000_000
    assert child * rules.number("scholarship_children") == rules.number("scholarship_amount")


def test_each_cap_is_the_one_before_grown_with_the_economy() -> None:
    """PP 45/2015: last year's cap times growth, rounded down to 100 rupiah; in force each 1 March."""
    caps = history("jp_wage_cap")
    assert len(caps) == 12
    for (_, before), (since, cap) in pairwise(caps):
        grown = before * (1 + BOOK.on(since).rate("gdp_growth") / 100)
        assert (since.month, since.day) == (3, 1)
        assert (grown / 100).to_integral_value(ROUND_FLOOR) * 100 == cap, since


def test_the_pension_age_rises_by_its_own_step() -> None:
    """PP 45/2015 Art. 15: 57 from 2019, then a year more every three years, to 65."""
    rules = BOOK.on(date(2019, 1, 1))
    for year in range(2019, 2060):
        steps = (year - 2019) // rules.number("pension_age_step")
        age = min(57 + steps, rules.number("pension_age_max"))
        at = BOOK.on(date(year, 12, 31))
        assert at.number("pension_age") == age
        assert at.number("pension_age_until") >= year


@given(st.dates(FIRST_DAY, FIRST_DAY + timedelta(days=40 * 365)))
def test_every_rule_exists_on_every_day_from_now_on(day: date) -> None:
    rules = BOOK.on(day)
    assert all(rules.rate(name) is not None for name in BOOK.names())


def test_a_rule_that_is_not_there() -> None:
    rules = BOOK.on(FIRST_DAY)
    for ask in (rules.number, rules.rate):
        with pytest.raises(KeyError):
            ask("nothing")
    with pytest.raises(KeyError):
        rules.number("jht_total")
    with pytest.raises(KeyError):
        BOOK.on(date(2010, 1, 1)).rate("jkm_amount")


def test_what_no_two_sources_bear_out_is_demo_data() -> None:
    marks = {row.confidence: row.demo for row in BOOK.rows()}
    assert marks == {"C": False, "D": False, "1": True, "T": True, "P": True}
    rates = {row.since.year: row.demo for row in BOOK.rows() if row.name == "jht_rate"}
    assert [year for year, demo in rates.items() if not demo] == [2016]


@pytest.fixture
def loaded(tmp_path: Path) -> Callable[..., Rulebook]:
    def of(text: str, today: date | None = None) -> Rulebook:
        file = tmp_path / "rules.csv"
        file.write_text(text, encoding="utf-8")
        return load(file, today)

    return of


GOOD = "jht_total,2015-07-01,5.7,percent,K31,C,"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("JHT,2015-07-01,5.7,percent,K31,C,", "line 2, name: 'JHT' is no name"),
        (",2015-07-01,5.7,percent,K31,C,", "line 2, name: '' is no name"),
        ("a,01-07-2015,5.7,percent,K31,C,", "line 2, from: '01-07-2015' is no day written YYYY-MM-DD"),
        ("a,2015-02-30,5.7,percent,K31,C,", "line 2, from: '2015-02-30' is a day that the calendar does not have"),
        ("a,20150701,5.7,percent,K31,C,", "line 2, from: '20150701' is no day"),
        ('a,2015-07-01,"5,7",percent,K31,C,', "line 2, value: '5,7' is no percentage"),
        ("a,2015-07-01,,percent,K31,C,", "line 2, value: '' is no percentage"),
        ("a,2015-07-01,NaN,percent,K31,C,", "line 2, value: 'NaN' is no percentage"),
        ("a,2015-07-01,5.123,percent,K31,C,", "line 2, value: '5.123' is no percentage"),
        ("a,2015-07-01,101,percent,K31,C,", "line 2, value: 101 is not between -100 and 100"),
        ("a,2015-07-01,Rp5.000,rupiah,K31,C,", "line 2, value: 'Rp5.000' is no whole number"),
        ("a,2015-07-01,-5,rupiah,K31,C,", "line 2, value: '-5' is no whole number"),
        ("a,2015-07-01,٥,months,K31,C,", "line 2, value: '٥' is no whole number"),
        ("a,2015-07-01,9999999999999,rupiah,K31,C,", "line 2, value: '9999999999999' is no whole number"),
        ("a,2015-07-01,5,euro,K31,C,", "line 2, unit: 'euro' is none of rupiah, percent"),
        ("a,2015-07-01,5,months, ,C,", "line 2, source: is empty"),
        ("a,2015-07-01,5,months,K31,X,", "line 2, confidence: 'X' is none of C, 1, T, D, P"),
        ("a,2015-07-01,5,months,K31,C", "line 2, row: has 6 cells, not 7"),
        (f"{GOOD}\n{GOOD}", "line 3, from: jht_total has this day on line 2 already"),
        (f"{GOOD}\njht_total,2016-07-01,5,years,K31,C,", "line 3, unit: jht_total is in percent before"),
        ('a,2015-07-01,"5', "line 2: unexpected end of data"),
        (GOOD, "jp_total is missing; `smsgw rules export` prints a complete file"),
    ],
)
def test_a_bad_row_is_named(loaded: Callable[..., Rulebook], row: str, told: str) -> None:
    with pytest.raises(StartupError) as refused:
        loaded(f"{HEAD}\n{row}\n")
    assert any(told in problem for problem in refused.value.problems), refused.value.problems


def test_all_bad_rows_are_named_at_once(loaded: Callable[..., Rulebook]) -> None:
    with pytest.raises(StartupError) as refused:
        loaded(f"{HEAD}\nA,2015-07-01,x,percent,K31,C,\n\nb,,5,months,K31,Q,\n")
    lines = [problem.partition(": ")[2].partition(":")[0] for problem in refused.value.problems]
    assert lines == ["line 2, name", "line 2, value", "line 4, from", "line 4, confidence"]


@pytest.mark.parametrize("head", ["", "name,from,value", HEAD.replace("from", "since")])
def test_the_columns_are_told(loaded: Callable[..., Rulebook], head: str) -> None:
    with pytest.raises(StartupError, match="line 1: the columns are name,from,value,unit"):
        loaded(f"{head}\n{GOOD}\n")


@given(st.text(max_size=200))
def test_no_text_does_more_than_refuse(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.mktemp("any") / "rules.csv"
    file.write_text(f"{HEAD}\n{text}", encoding="utf-8", errors="replace")
    with pytest.raises(StartupError):
        load(file)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match="No such file or directory"):
        load(tmp_path / "nowhere.csv")
    (tmp_path / "latin.csv").write_bytes(b"\xff\xfe\xe9")
    with pytest.raises(StartupError, match="is not UTF-8"):
        load(tmp_path / "latin.csv")


def test_a_file_in_place_of_ours(loaded: Callable[..., Rulebook]) -> None:
    text = source(None).replace("jkm_amount,2019-12-02,42000000", "jkm_amount,2019-12-02,43000000")
    assert loaded("\ufeff" + text.replace("\n", "\r\n")).on(FIRST_DAY).number("jkm_amount") == 43_000_000
    later = source(None).replace("jkm_amount,2019-12-02", "jkm_amount,2030-01-01")
    assert loaded(later).names() == BOOK.names()
    with pytest.raises(StartupError, match="jkm_amount has no value before 2030-01-01"):
        loaded(later, FIRST_DAY)
    with pytest.raises(StartupError, match="jht_age must be in age, not years"):
        loaded(source(None).replace("jht_age,2015-07-01,56,age", "jht_age,2015-07-01,56,years"))
