"""PIN: makes the PIN that personal answers ask this phone for from now on."""

from smsgw.keywords import Ask, Keyword, Reply


def answer(ask: Ask) -> Reply:
    """What came of it. The digits are the gateway's own: no handler sees them, and a branch alone changes them."""
    came = ask.members.set_pin()
    return Reply("PIN", came.verdict, effects=came.effects)


KEYWORD = Keyword(name="PIN", who="bound", answer=answer)
