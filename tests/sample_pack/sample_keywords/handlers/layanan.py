"""LAYANAN: the hours of the call centre."""

from smsgw.keywords import Ask, Keyword, Reply


def answer(ask: Ask) -> Reply:
    """The hours, and the day that was asked for."""
    return Reply("LAYANAN", "hours", {"day": ask.reading.arguments.get("day")})


KEYWORD = Keyword(name="LAYANAN", who="anyone", answer=answer, menu="LAYANAN", rank=15)
