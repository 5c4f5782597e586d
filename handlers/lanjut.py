"""LANJUT: the next page of the last answer; the gateway puts that page in its place where one is open."""

from smsgw.keywords import Ask, Keyword, Reply


def answer(ask: Ask) -> Reply:
    """That nothing is open to be continued."""
    return Reply("LANJUT", "nothing")


KEYWORD = Keyword(name="LANJUT", who="session", answer=answer)
