"""ZONK: raises."""

from smsgw.keywords import Ask, Keyword, Reply


def answer(ask: Ask) -> Reply:
    """Never one."""
    raise ZeroDivisionError


KEYWORD = Keyword(name="ZONK", who="anyone", answer=answer)
