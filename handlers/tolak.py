"""TOLAK: the old phone refuses that a membership moves to another one."""

from smsgw.keywords import Ask, Keyword, RefuseRebinding, Reply


def answer(ask: Ask) -> Reply:
    """The move that a branch began is called off; from every other phone, that there is none."""
    number = ask.members.awaits_rebinding()
    if number is None:
        return Reply("TOLAK", "nothing")
    return Reply("TOLAK", "done", effects=(RefuseRebinding(number),))


KEYWORD = Keyword(name="TOLAK", who="session", answer=answer)
