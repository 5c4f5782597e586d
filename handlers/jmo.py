"""JMO: the app and the site, for whoever has internet."""

from smsgw.keywords import Ask, Keyword, Reply


def answer(ask: Ask) -> Reply:
    """How to get an account."""
    return Reply("JMO", "account")


KEYWORD = Keyword(name="JMO", who="anyone", answer=answer)
