"""MULAI: the first SMS to a phone that wants to hear from us again."""

from smsgw.keywords import Ask, Keyword, Reply


def answer(ask: Ask) -> Reply:
    """The confirmation."""
    return Reply("MULAI", "done")


KEYWORD = Keyword(name="MULAI", who="anyone", answer=answer)
