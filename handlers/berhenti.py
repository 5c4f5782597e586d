"""BERHENTI: the last SMS to a phone that wants no more; the binding stays."""

from smsgw.keywords import Ask, Keyword, Reply


def answer(ask: Ask) -> Reply:
    """The confirmation; the gateway sends nothing more from here on."""
    return Reply("BERHENTI", "done")


KEYWORD = Keyword(name="BERHENTI", who="anyone", answer=answer)
