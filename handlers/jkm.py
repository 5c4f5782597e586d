"""JKM: the death benefit, of one's own membership or the programme's."""

from smsgw.keywords import Ask, Keyword, Reply, standing


def answer(ask: Ask) -> Reply:
    """What the heirs of this member receive, or of any member; a family that writes from the phone hears its way."""
    found, member = standing(ask.membership, "JKM"), ask.membership
    section = "inactive" if found == "retired" else found
    return Reply("JKM", section, {"number": member.number, "since": member.status_since} if member else {})


KEYWORD = Keyword(name="JKM", who="own_or_general", answer=answer, menu="JKM", rank=50)
