"""LACAK: how far a claim has come; several claims are listed to choose from."""

from collections.abc import Sequence

from smsgw.keywords import Ask, Claim, Command, Keyword, Offer, Reply, claim_piece

A_PAGE = 4
TRANSFER = 6
# The rule that tells how many working days a programme takes, where one is known.
DAYS = {
    "JHT": "jht_payment_days",
    "JKK": "jkk_payment_days",
    "JKM": "jkm_payment_days",
    "JKP": "jkp_payment_days_max",
}


def answer(ask: Ask) -> Reply:
    """The claim that was named or is the only one, a list of several, or that there is none.

    A claim of somebody else is not among those of this phone, and so answered like one that does not exist.
    """
    claims = ask.members.claims([one.number for one in ask.memberships])
    named = ask.reading.arguments.get("claim")
    if named:
        mine = next((claim for claim in claims if claim.number == named), None)
        return _claim(ask, mine) if mine else Reply("LACAK", "unknown")
    if not claims:
        return Reply("LACAK", "none")
    return _claim(ask, claims[0]) if len(claims) == 1 else _list(ask, claims)


def _claim(ask: Ask, claim: Claim) -> Reply:
    rule = DAYS.get(claim.programme)
    fields = {
        "programme": claim.programme,
        "claim": claim.number,
        "stage": claim.stage,
        "changed": claim.changed_on,
        "days": ask.rules.number(rule) if rule else None,
    }
    if claim.state == "open" and claim.stage >= TRANSFER:
        return Reply("LACAK", "transfer", fields)
    return Reply("LACAK", claim.state, fields)


def _list(ask: Ask, claims: Sequence[Claim]) -> Reply:
    at = min(ask.page, -(-len(claims) // A_PAGE))
    shown = claims[(at - 1) * A_PAGE : at * A_PAGE]
    pieces = tuple(claim_piece(number, claim, ask.language) for number, claim in enumerate(shown, 1))
    choices = tuple(Command("LACAK", arguments={"claim": claim.number}) for claim in shown)
    more = len(claims) > at * A_PAGE
    following = Command("LACAK", page=at + 1) if more else None
    return Reply("LACAK", "more" if more else "list", {"claims": pieces}, offer=Offer(None, following, choices))


KEYWORD = Keyword(name="LACAK", who="bound", answer=answer)
