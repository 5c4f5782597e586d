"""YA: yes to the last answer's question; the gateway puts what was offered in its place where a question is open."""

from smsgw.keywords import Ask, Keyword, Reply


def answer(ask: Ask) -> Reply:
    """That no question is open."""
    return Reply("YA", "nothing")


KEYWORD = Keyword(name="YA", who="session", answer=answer)
