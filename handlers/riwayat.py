"""RIWAYAT: the membership's history: employers, segments, from when until when, the newest first."""

from collections.abc import Sequence

from smsgw.keywords import Ask, Command, Employment, Keyword, Membership, Offer, Reply, employment_pages

ENDED = ("NONAKTIF", "PENSIUN", "MENINGGAL", "MENUNGGU")


def answer(ask: Ask) -> Reply:
    """The page asked for of the history."""
    membership = ask.membership
    if membership is None:
        return Reply("base", "stranger")
    pages = employment_pages(_jobs(ask, membership), ask.language)
    if not pages:
        return Reply("RIWAYAT", "none", {"number": membership.number})
    at = min(ask.page, len(pages))
    fields = {"number": membership.number, "jobs": pages[at - 1], "page": at, "pages": len(pages)}
    if at == len(pages):
        return Reply("RIWAYAT", "only" if at == 1 else "last", fields)
    return Reply("RIWAYAT", "more", fields, offer=Offer(following=Command("RIWAYAT", membership.number, page=at + 1)))


def _jobs(ask: Ask, membership: Membership) -> Sequence[Employment]:
    """What is recorded; where nothing is, the membership itself is the one employment, if its days are known."""
    recorded = ask.members.employments(membership.number)
    ended = membership.status in ENDED
    if recorded or membership.registered_on is None or (ended and membership.status_since is None):
        return recorded
    until = membership.status_since if ended else None
    return [Employment(membership.employer, membership.segment, membership.registered_on, until)]


KEYWORD = Keyword(name="RIWAYAT", who="own", answer=answer)
