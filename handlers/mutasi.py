"""MUTASI: what was paid month by month, the newest first, a page at a time, and the sum on the last one."""

from collections.abc import Sequence

from smsgw.keywords import Ask, Command, Contribution, Keyword, Membership, Offer, Reply, month_pages

MOST = 12
A_PAGE = 5


def answer(ask: Ask) -> Reply:
    """The page asked for of the newest months, as many as the message names, else twelve."""
    membership = ask.membership
    if membership is None:
        return Reply("base", "stranger")
    asked = ask.reading.arguments.get("months", "")
    wanted = min(int(asked), MOST) if asked.isdecimal() and int(asked) else MOST
    months = ask.members.contributions(membership.number, wanted)
    if not months:
        return Reply("MUTASI", "none", {"number": membership.number})
    return _page(ask, membership, months)


def _page(ask: Ask, membership: Membership, months: Sequence[Contribution]) -> Reply:
    pages = month_pages(months, ask.language, ask.today.year, A_PAGE)
    at = min(ask.page, len(pages))
    fields = {
        "number": membership.number,
        "programme": "JHT" if "JHT" in membership.programmes else None,
        "months": pages[at - 1],
        "page": at,
        "pages": len(pages),
        "count": len(months),
        "total": sum(month.amount for month in months),
    }
    if at == len(pages):
        return Reply("MUTASI", "only" if at == 1 else "last", fields)
    following = Command("MUTASI", membership.number, ask.reading.arguments, at + 1)
    return Reply("MUTASI", "first" if at == 1 else "middle", fields, offer=Offer(following=following))


KEYWORD = Keyword(name="MUTASI", who="own", answer=answer, menu="MUTASI", rank=30)
