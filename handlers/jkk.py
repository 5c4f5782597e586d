"""JKK: accident cover, one's own or the programme's."""

from smsgw.keywords import Ask, Keyword, Reply, standing


def answer(ask: Ask) -> Reply:
    """Own cover where the phone is entitled to a membership, else what the programme gives."""
    found, member = standing(ask.membership, "JKK"), ask.membership
    section = "inactive" if found == "retired" else found
    return Reply("JKK", section, {"number": member.number, "since": member.status_since} if member else {})


KEYWORD = Keyword(name="JKK", who="own_or_general", answer=answer, menu="JKK", rank=40)
