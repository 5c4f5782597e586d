"""STATUS: whether the membership is active, since when and why not, its segment, employer and programmes."""

from datetime import date

from smsgw.keywords import Ask, Keyword, Membership, Reply, months_later

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
        "claim": _claimable(ask, membership),
    }
    section = SECTIONS.get(membership.status, "inactive")
    saves = "JHT" in membership.programmes
    return Reply("STATUS", "inactive_other" if section == "inactive" and not saves else section, fields)


def _claimable(ask: Ask, membership: Membership) -> date | None:
    """The first day on which whoever has stopped working may claim JHT (Permenaker 4/2022)."""
    if membership.status_since is None or "JHT" not in membership.programmes:
        return None
    return months_later(membership.status_since, ask.rules.number("jht_wait_months"))


KEYWORD = Keyword(name="STATUS", who="own", answer=answer, menu="STATUS", rank=20)
