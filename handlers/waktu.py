"""WAKTU: how long a claim takes."""

from smsgw.keywords import PROGRAMMES, Ask, Keyword, Reply, choose


def answer(ask: Ask) -> Reply:
    """The time of the programme that is named."""
    return choose(ask, "WAKTU", "programme", PROGRAMMES)


KEYWORD = Keyword(name="WAKTU", who="anyone", answer=answer)
