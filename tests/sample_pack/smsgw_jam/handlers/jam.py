"""JAM: when somebody can be reached."""

from smsgw.keywords import Ask, Keyword, Reply


def answer(ask: Ask) -> Reply:
    return Reply("JAM", "hours")


KEYWORD = Keyword(name="JAM", who="anyone", answer=answer)
