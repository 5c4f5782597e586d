"""HAK: the rights and duties of participants."""

from smsgw.keywords import Ask, Keyword, Reply


def answer(ask: Ask) -> Reply:
    """What a participant may expect, what is expected of him and of his employer."""
    return Reply("HAK", "rights")


KEYWORD = Keyword(name="HAK", who="anyone", answer=answer)
