"""PUTUS: takes this phone off a membership, after YA."""

from smsgw.keywords import BASE, Ask, Command, Keyword, Offer, Reply, Unbind


def answer(ask: Ask) -> Reply:
    """The question, then, once it is answered by YA, the end of the binding: one SMS alone undoes nothing."""
    if ask.membership is None or not ask.bound:
        return Reply(BASE, "stranger")
    number = ask.membership.number
    if ask.confirmed:
        return Reply("PUTUS", "done", {"number": number}, effects=(Unbind(number),))
    return Reply("PUTUS", "ask", {"number": number}, offer=Offer(yes=Command("PUTUS", number)))


KEYWORD = Keyword(name="PUTUS", who="own", answer=answer)
