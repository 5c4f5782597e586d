"""CAIR: taking a part of the JHT balance while still a member: the rule, and whether one may."""

from datetime import date

from smsgw.keywords import Ask, Keyword, Membership, Reply, Rules, full_months, months_later, standing

PARTS = {"30": "house", "10": "pension"}
"""What people ask for by its percentage, and the rule of it; the percentage itself is the rulebook's."""


def answer(ask: Ask) -> Reply:
    """The rule, and for an entitled phone how much may be taken, or from which month on (PP 46/2015 Art. 22)."""
    member, found = ask.membership, standing(ask.membership, "JHT")
    if member is None or found in ("general", "outside"):
        return Reply("CAIR", found, {"number": member.number} if member else {})
    if found not in ("active", "arrears"):
        return _whole(ask, member) if found == "inactive" else Reply("CAIR", "ended", {"number": member.number})
    if member.registered_on is None:
        return Reply("CAIR", "general")
    return _told(ask, member, member.registered_on)


def _told(ask: Ask, member: Membership, registered_on: date) -> Reply:
    needed = ask.rules.number("jht_partial_years") * 12
    months = full_months(registered_on, ask.today)
    fields: dict[str, object] = {"number": member.number, "years": months // 12, "months": months % 12}
    if months < needed:
        return Reply("CAIR", "not_yet", fields | {"from": months_later(registered_on, needed)})
    if not member.jht_balance:
        return Reply("CAIR", "general")
    part = PARTS.get(ask.reading.arguments.get("part", ""))
    amounts = {name: most(member.jht_balance, name, ask.rules) for name in PARTS.values()}
    return Reply("CAIR", f"may_{part}" if part else "may", fields | amounts)


def _whole(ask: Ask, member: Membership) -> Reply:
    """Whoever has stopped working takes all of it, once the waiting time is over (Permenaker 4/2022)."""
    fields: dict[str, object] = {"number": member.number, "balance": member.jht_balance or 0}
    since = member.status_since or date.min
    begins = months_later(since, ask.rules.number("jht_wait_months"))
    return Reply("CAIR", "whole" if begins <= ask.today else "whole_from", fields | {"from": begins})


def most(balance: int, part: str, rules: Rules) -> int:
    """The most in rupiah that may be taken for a house or for the pension, rounded down."""
    return int(balance * rules.rate(f"jht_partial_{part}") / 100)


KEYWORD = Keyword(name="CAIR", who="own_or_general", answer=answer)
