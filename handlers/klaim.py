"""KLAIM: what to bring for a claim, and where to."""

from smsgw.keywords import PROGRAMMES, Ask, Keyword, Reply, choose


def answer(ask: Ask) -> Reply:
    """What the programme that is named asks for."""
    return choose(ask, "KLAIM", "programme", PROGRAMMES)


KEYWORD = Keyword(name="KLAIM", who="anyone", answer=answer, menu="KLAIM", rank=80)
