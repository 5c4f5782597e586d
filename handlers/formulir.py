"""FORMULIR: which form a claim or a registration needs, and where to get it."""

from smsgw.keywords import PROGRAMMES, Ask, Keyword, Reply, choose


def answer(ask: Ask) -> Reply:
    """The form of the programme that is named, or of a registration."""
    return choose(ask, "FORMULIR", "programme", (*PROGRAMMES, "DAFTAR"))


KEYWORD = Keyword(name="FORMULIR", who="anyone", answer=answer, menu="FORMULIR", rank=120)
