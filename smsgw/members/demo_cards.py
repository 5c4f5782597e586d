"""What a demo membership went through: segment, status, programmes, contributions and a balance that adds up.

Proportions: domain 3.7 (2023). Everything is told as of 31 October 2025, whenever it is made.
"""

from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random

from smsgw.members import demo_names

AS_OF = date(2025, 10, 31)
LAST = 2025 * 12 + 8  # September 2025, counted in months
_RATE, _RAISE = 0.055, 1.06  # return and raise of wages in a year: figures of the demo
_SEGMENTS = ("PU", "BPU", "JAKON", "PMI")
_SEGMENT_STEPS = (0.597, 0.816, 0.992)
_STATUS_STEPS = {  # MENUNGGU, MENUNGGAK, MENINGGAL, NONAKTIF; the rest is AKTIF
    "PU": (0.010, 0.010, 0.020, 0.280),
    "BPU": (0.010, 0.080, 0.090, 0.270),
    "JAKON": (0.0, 0.0, 0.010, 0.270),
    "PMI": (0.0, 0.0, 0.010, 0.250),
}
_STATUSES = ("MENUNGGU", "MENUNGGAK", "MENINGGAL", "NONAKTIF", "AKTIF")
_LEAVING = ("berhenti kerja", "PHK", "kontrak habis", "pindah kerja")
_REASONS = {
    "MENUNGGU": "masa tunggu 1 bulan",
    "MENUNGGAK": "iuran belum dibayar",
    "MENINGGAL": "meninggal dunia",
    "PENSIUN": "usia pensiun",
}
_PROGRAMMES = {
    "PU": ((0.54, "JHT JKK JKM JP JKP"), (0.58, "JHT JKK JKM JP"), (0.70, "JHT JKK JKM"), (1.0, "JKK JKM")),
    "BPU": ((0.15, "JHT JKK JKM"), (1.0, "JKK JKM")),
    "JAKON": ((1.0, "JKK JKM"),),
    "PMI": ((0.10, "JHT JKK JKM"), (1.0, "JKK JKM")),
}
_WITHOUT_JHT = {"BPU": 16_800, "JAKON": 13_500, "PMI": 370_000}
_SHARE = {"PU": 0.057, "BPU": 0.02, "PMI": 0.02}  # JHT's part of the wage or of the income told


Employed = tuple[date, date | None, str, str]
"""Since, until (None: still), employer, segment."""
Filed = tuple[str, str, int, str, date, date]
"""Number, programme, stage, state, filed on, changed on."""


@dataclass(frozen=True, slots=True)
class Card:
    """One membership with its history. Months are (first day, amount, paid); movements (day, kind, amount)."""

    number: str
    status: str
    status_since: date
    status_reason: str
    segment: str
    employer: str
    registered_on: date
    programmes: str
    jht_balance: int | None
    last_contribution_month: date
    last_contribution: int
    months: tuple[tuple[date, int, bool], ...]
    movements: tuple[tuple[date, str, int], ...]
    jobs: tuple[Employed, ...] = ()
    claims: tuple[Filed, ...] = ()


@dataclass(frozen=True, slots=True)
class _Career:
    """Months from `first` to `last`, the last one at `amount`; `gap` months before the last nothing was reported."""

    amount: int
    first: int
    last: int
    gap: int
    claimed: bool

    @property
    def count(self) -> int:
        return self.last - self.first + 1


def first_day(month: int) -> date:
    """The first day of a month that is counted from year 0."""
    return date(month // 12, month % 12 + 1, 1)


def card(dice: Random, number: str, birth_year: int, shown: int, former: bool, old: bool) -> Card:
    """One membership. `shown`: months of history to keep; `former`: of an earlier employer; `old`: before 2008.

    The balance does not depend on `shown`: what is not kept is in the opening balance.
    """
    segment = "PU" if former or old else _SEGMENTS[bisect(_SEGMENT_STEPS, dice.random())]
    status = "NONAKTIF" if former else _status(dice, segment, birth_year)
    roll = dice.random()
    programmes = next(words for step, words in _PROGRAMMES[segment] if roll < step)
    jht = "JHT" in programmes
    first, last = _span(dice, birth_year, status, former, old)
    gap = 3 if last - first > 12 and dice.random() < 0.1 else 0
    claimed = status in ("NONAKTIF", "PENSIUN", "MENINGGAL") and dice.random() < 0.15
    career = _Career(_amount(dice, segment, jht), first, last, gap, claimed)
    return Card(
        number=number,
        status=status,
        status_since=first_day(first if status == "AKTIF" else last + 1),
        status_reason=_reason(dice, status),
        segment=segment,
        employer=demo_names.employer(dice) if segment in ("PU", "JAKON") else "",
        registered_on=first_day(first),
        programmes=programmes,
        jht_balance=_balance(career) if jht else None,
        last_contribution_month=first_day(last),
        last_contribution=career.amount,
        months=(*_months(career, shown), *(_arrears(career, shown) if status == "MENUNGGAK" else ())),
        movements=_movements(career, shown) if jht else (),
    )


def _status(dice: Random, segment: str, birth_year: int) -> str:
    if birth_year <= AS_OF.year - 59 and segment in ("PU", "BPU") and dice.random() < 0.7:  # pension age in 2025
        return "PENSIUN"
    return _STATUSES[bisect(_STATUS_STEPS[segment], dice.random())]


def _reason(dice: Random, status: str) -> str:
    if status == "NONAKTIF":
        return _LEAVING[int(dice.random() * len(_LEAVING))]
    return _REASONS.get(status, "")


def _span(dice: Random, birth_year: int, status: str, former: bool, old: bool) -> tuple[int, int]:
    """The first and the last month with a contribution."""
    grown = max(birth_year + 18, 1985 if old else 2000) * 12
    newest = min(LAST - 2, 2008 * 12) if old else LAST - 2
    first = grown + int(dice.random() * max(1, (LAST - 60 if former else newest) - grown))
    first = min(first, LAST - 2)
    if status in ("AKTIF", "MENUNGGU"):
        return first, LAST - (status == "MENUNGGU")
    if status == "PENSIUN":
        return first, max(first, min((birth_year + 56) * 12 + int(dice.random() * 36), LAST - 1))
    length = 1 + int(dice.random() * (LAST - first - 1))
    return first, first + min(length, 72 if former else length)


def _amount(dice: Random, segment: str, jht: bool) -> int:
    """The last contribution in rupiah: JHT's part of an invented wage, else the whole."""
    wage = 2_000_000 + int(dice.random() ** 3 * 260) * 50_000
    if jht:
        return round(wage * _SHARE[segment] / 100) * 100
    return _WITHOUT_JHT.get(segment, wage // 100_000 * 540)


def _in_year(amount: int, years_ago: int) -> int:
    return int(amount / _RAISE**years_ago) // 100 * 100 if years_ago else amount


def _total(career: _Career, count: int) -> int:
    """What the newest `count` months came to."""
    years, rest = divmod(count, 12)
    whole = 12 * sum(_in_year(career.amount, year) for year in range(years))
    missed = career.amount if 0 < career.gap < count else 0
    return whole + rest * _in_year(career.amount, years) - missed


def _earned(career: _Career, total: int) -> int:
    return int(total * _RATE * career.count / 24)


def _balance(career: _Career) -> int:
    total = _total(career, career.count)
    return 0 if career.claimed else total + _earned(career, total)


def _movements(career: _Career, shown: int) -> tuple[tuple[date, str, int], ...]:
    """What moved the balance besides the contributions of the months shown."""
    kept, total = min(shown, career.count), _total(career, career.count)
    earned = _earned(career, total)
    recent = earned * kept // career.count
    before = total - _total(career, kept) + earned - recent
    opening = ((first_day(career.last + 1 - kept), "SALDO_AWAL", before),) if kept < career.count else ()
    claim = ((AS_OF, "KLAIM", -total - earned),) if career.claimed else ()
    return (*opening, (AS_OF, "HASIL", recent), *claim)


def _months(career: _Career, shown: int) -> Iterator[tuple[date, int, bool]]:
    for month in range(max(career.first, career.last + 1 - shown), career.last + 1):
        missed = career.gap > 0 and month == career.last - career.gap
        amount = 0 if missed else _in_year(career.amount, (career.last - month) // 12)
        yield first_day(month), amount, not missed


def _arrears(career: _Career, shown: int) -> Iterator[tuple[date, int, bool]]:
    for month in range(max(career.last, LAST - shown) + 1, LAST + 1):
        yield first_day(month), career.amount, False
