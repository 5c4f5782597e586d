"""TIPS: the seven tips for participants, one an SMS; LANJUT tells the next one."""

from smsgw.keywords import Ask, Command, Keyword, Offer, Reply

LAST = 7


def answer(ask: Ask) -> Reply:
    """The tip of that number, the first one without a number, and the way to the next."""
    asked = ask.reading.arguments.get("tip", "1")
    tip = int(asked) if asked.isdecimal() and 1 <= int(asked) <= LAST else 1
    following = Command("TIPS", arguments={"tip": str(tip + 1)}) if tip < LAST else None
    return Reply("TIPS", f"tip{tip}", offer=Offer(following=following) if following else None)


KEYWORD = Keyword(name="TIPS", who="anyone", answer=answer)
