"""JKP: cash after dismissal: how much a month, for how long, and until when to claim it."""

from datetime import date, timedelta
from decimal import Decimal

from smsgw.keywords import Ask, Keyword, Membership, Reply, Rules, months_later, reported_wage, standing


def answer(ask: Ask) -> Reply:
    """One's own cover with an estimate, or the programme's text; who has stopped working hears until when to claim."""
    found, member = standing(ask.membership, "JKP"), ask.membership
    if member is None or found == "general":
        return Reply("JKP", "general")
    if found == "inactive":
        return _stopped(ask, member)
    section = "ended" if found in ("retired", "deceased") else found
    return Reply("JKP", section, {"number": member.number, "cash": _cash_of(member, ask.rules)})


def cash(wage: int, rules: Rules) -> int:
    """Rupiah a month in the first months: a share of the last wage up to the cap (PP 6/2025)."""
    return int(rules.rate("jkp_cash") * min(wage, rules.number("jkp_wage_cap")) / Decimal(100))


def _stopped(ask: Ask, member: Membership) -> Reply:
    fields: dict[str, object] = {"number": member.number, "cash": _cash_of(member, ask.rules)}
    if member.status_since is None:
        return Reply("JKP", "undated", fields)
    last = _last_day(member.status_since, ask.rules)
    return Reply("JKP", "inactive" if ask.today <= last else "late", fields | {"last": last})


def _last_day(since: date, rules: Rules) -> date:
    """The last day to apply; in a month that is too short its own last day, never a day too late."""
    last = months_later(since, rules.number("jkp_claim_months"))
    return last if last.day == since.day else last - timedelta(days=1)


def _cash_of(member: Membership, rules: Rules) -> int | None:
    wage = reported_wage(member, rules)
    return None if wage is None else cash(wage, rules)


KEYWORD = Keyword(name="JKP", who="own_or_general", answer=answer, menu="JKP", rank=70)
