"""What several keywords work out about one membership: how it stands in a programme, its wage, its months."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from smsgw.keywords.shapes import Membership, Rules

Standing = Literal["general", "outside", "active", "arrears", "inactive", "retired", "deceased"]
_STANDINGS: Final[dict[str, Standing]] = {
    "AKTIF": "active",
    "MENUNGGAK": "arrears",
    "PENSIUN": "retired",
    "MENINGGAL": "deceased",
}


def standing(membership: Membership | None, programme: str) -> Standing:
    """How a membership stands in a programme; `general` where there is none: then the programme's text is told."""
    if membership is None:
        return "general"
    if programme not in membership.programmes:
        return "outside"
    return _STANDINGS.get(membership.status, "inactive")


def reported_wage(membership: Membership, rules: Rules) -> int | None:
    """The monthly wage in rupiah that the last JHT contribution of a wage earner stands for, or None (PP 46/2015)."""
    earner = membership.segment == "PU" and "JHT" in membership.programmes
    if not earner or not membership.last_contribution:
        return None
    return int(membership.last_contribution * 100 / rules.rate("jht_total"))


def full_months(since: date, until: date) -> int:
    """The whole months from one day to another; negative where `until` comes first."""
    return (until.year - since.year) * 12 + until.month - since.month - (until.day < since.day)


def months_later(day: date, months: int) -> date:
    """The same day so many months later; the first of the month after where that month is too short."""
    years, month = divmod(day.month - 1 + months, 12)
    first = date(day.year + years, month + 1, 1)
    later = first + timedelta(days=day.day - 1)
    return later if later.month == first.month else later.replace(day=1)
