"""HILANG: what to do about a lost card."""

from smsgw.keywords import Ask, Keyword, Reply


def answer(ask: Ask) -> Reply:
    """Where to go and what to bring."""
    return Reply("HILANG", "card")


KEYWORD = Keyword(name="HILANG", who="anyone", answer=answer)
