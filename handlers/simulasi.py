"""SIMULASI: what the JHT balance may grow to, and what the pension may be; estimates, and called so."""

from decimal import Decimal
from itertools import repeat

from smsgw.keywords import Ask, Keyword, Membership, Reply, Rules, full_months, reported_wage, standing

PROJECTED = ("JHT", "JP")


def answer(ask: Ask) -> Reply:
    """An estimate for so many years, or until an age; whoever is not in the programme hears so."""
    programme = ask.reading.arguments.get("programme", "JHT")
    member, found = ask.membership, standing(ask.membership, programme)
    if member is None:
        return Reply("base", "stranger")
    if programme not in PROJECTED:
        return Reply("SIMULASI", "other")
    if found in ("outside", "retired", "deceased"):
        section = "outside" if found == "outside" else "ended"
        return Reply("SIMULASI", section, {"number": member.number, "programme": programme})
    years = _whole(ask, "years")
    if (years or 0) > ask.rules.number("simulation_years_max"):
        return Reply("SIMULASI", "too_long")
    return _pension(ask, member, years) if programme == "JP" else _balance(ask, member, years)


def project(balance: int, contribution: int, months: int, rate: Decimal) -> int:
    """Rupiah after so many months: each month the balance grows by a twelfth of `rate` percent, then is paid into."""
    growth = 1 + rate / 1200
    total = Decimal(balance)
    for paid in repeat(contribution, months):
        total = total * growth + paid
    return round(total)


def pension(months: int, wage: int, rules: Rules) -> int:
    """Rupiah a month in the first year: 1 % of the wage for each year paid, within limits (PP 45/2015 Art. 15)."""
    amount = int(rules.rate("jp_accrual") * months * wage / 1200)
    return min(max(amount, rules.number("jp_min_benefit")), rules.number("jp_max_benefit"))


def _whole(ask: Ask, argument: str) -> int | None:
    text = ask.reading.arguments.get(argument)
    return int(text) if text else None


def _months(ask: Ask, member: Membership, years: int | None, age: int | None) -> int | None:
    """The months to look ahead; None where an age is asked for and the birth date is not known."""
    if age is None:
        return 12 * (years or ask.rules.number("simulation_years"))
    born = ask.members.birth_date(member.number)
    return None if born is None else age * 12 - full_months(born, ask.today)


def _balance(ask: Ask, member: Membership, years: int | None) -> Reply:
    age = _whole(ask, "age")
    months = _months(ask, member, years, age)
    if months is None or months < 1:
        return Reply("SIMULASI", "no_birth" if months is None else "age_past")
    if months > 12 * ask.rules.number("simulation_years_max"):
        return Reply("SIMULASI", "too_long")
    paid = (member.last_contribution or 0) if member.status == "AKTIF" else 0
    balance = member.jht_balance or 0
    fields = {
        "age": age,
        "years": months // 12,
        "months": months % 12,
        "balance": balance,
        "contribution": paid,
        "total": project(balance, paid, months, ask.rules.rate("simulation_rate")),
    }
    if not balance and not paid:
        return Reply("SIMULASI", "nothing")
    section = "balance" if paid else "growth"
    return Reply("SIMULASI", f"{section}_age" if age else section, fields)


def _pension(ask: Ask, member: Membership, years: int | None) -> Reply:
    needed, done = ask.rules.number("jp_months"), ask.members.months_paid(member.number, "JP")
    wage = reported_wage(member, ask.rules)
    months = done + 12 * years if years else max(done, needed)
    counted = None if wage is None else min(wage, ask.rules.number("jp_wage_cap"))
    fields: dict[str, object] = {"done": done, "months": months, "wage": counted}
    if months < needed:
        return Reply("SIMULASI", "pension_short", fields | {"missing": needed - months})
    if counted is None:
        return Reply("SIMULASI", "no_wage", fields)
    return Reply("SIMULASI", "pension", fields | {"pension": pension(months, counted, ask.rules)})


KEYWORD = Keyword(name="SIMULASI", who="own", answer=answer, menu="SIMULASI", rank=90)
