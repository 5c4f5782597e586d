"""KARTU: the digital card, with the number in full, to the bound phone alone."""

from smsgw.keywords import BASE, Ask, Keyword, Reply


def answer(ask: Ask) -> Reply:
    """The card of the membership that is bound to this phone."""
    membership = ask.membership
    if membership is None or not ask.bound:
        return Reply(BASE, "stranger")
    fields = {
        "number": membership.number,
        "name": membership.name,
        "segment": membership.segment,
        "since": membership.registered_on,
    }
    return Reply("KARTU", "card", fields)


KEYWORD = Keyword(name="KARTU", who="own", answer=answer, menu="KARTU", rank=100)
