"""JP: the pension: months paid of those needed, the pension age, and what comes of fewer months."""

from smsgw.keywords import Ask, Keyword, Membership, Reply, standing


def answer(ask: Ask) -> Reply:
    """One's own months where the phone is entitled to a membership in the programme, else the programme's text."""
    found, member = standing(ask.membership, "JP"), ask.membership
    if member is None or found in ("general", "outside"):
        return Reply("JP", found, {"number": member.number} if member else {})
    months = ask.members.months_paid(member.number, "JP")
    return Reply("JP", _section(ask, member, months), {"number": member.number, "months": months})


def _section(ask: Ask, member: Membership, months: int) -> str:
    section = {"PENSIUN": "retired", "MENINGGAL": "deceased"}.get(member.status, "")
    return section or ("enough" if months >= ask.rules.number("jp_months") else "months")


KEYWORD = Keyword(name="JP", who="own_or_general", answer=answer, menu="JP", rank=60)
