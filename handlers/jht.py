"""JHT: the balance of the old-age savings, the day it was struck, and the last contribution."""

from smsgw.keywords import Ask, Keyword, Reply


def answer(ask: Ask) -> Reply:
    """The balance of the membership that this phone is entitled to; whoever is not in the programme hears so."""
    membership = ask.membership
    if membership is None or membership.jht_balance is None:
        return Reply("JHT", "none", {"number": membership.number, "name": membership.name} if membership else {})
    fields = {
        "number": membership.number,
        "name": membership.name,
        "balance": membership.jht_balance,
        "on": membership.jht_balance_on,
        "month": membership.last_contribution_month,
        "contribution": membership.last_contribution,
    }
    return Reply("JHT", "balance", fields)


KEYWORD = Keyword(name="JHT", who="own", answer=answer, menu="SALDO", rank=10)
