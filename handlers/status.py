"""STATUS: whether the membership is active, since when and why not, its segment, employer and programmes."""

from smsgw.keywords import Ask, Keyword, Reply

SECTIONS = {
    "AKTIF": "active",
    "NONAKTIF": "inactive",
    "MENUNGGAK": "arrears",
    "MENUNGGU": "waiting",
    "PENSIUN": "retired",
    "MENINGGAL": "deceased",
}


def answer(ask: Ask) -> Reply:
    """The status of the membership that this phone is entitled to, in the words of that status."""
    membership = ask.membership
    if membership is None:
        return Reply("base", "stranger")
    fields = {
        "number": membership.number,
        "name": membership.name,
        "segment": membership.segment,
        "employer": membership.employer or None,
        "programmes": " ".join(membership.programmes) or None,
        "month": membership.last_contribution_month,
        "since": membership.status_since,
        "reason": membership.status_reason or None,
    }
    return Reply("STATUS", SECTIONS.get(membership.status, "inactive"), fields)


KEYWORD = Keyword(name="STATUS", who="own", answer=answer, menu="STATUS", rank=20)
