"""INFO: what each programme gives, and what it costs."""

from smsgw.keywords import PROGRAMMES, Ask, Command, Keyword, Offer, Reply, choose

CONTRIBUTIONS = "IURAN"


def answer(ask: Ask) -> Reply:
    """The text of the programme that is named, or the contributions: wage earners first, then the self-employed."""
    if ask.reading.arguments.get("topic") != CONTRIBUTIONS:
        return choose(ask, "INFO", "topic", (*PROGRAMMES, CONTRIBUTIONS))
    if ask.page == 1:
        return Reply(
            "INFO", "iuran", offer=Offer(following=Command("INFO", arguments={"topic": CONTRIBUTIONS}, page=2))
        )
    # A discount is told while there is one (PP 50/2025).
    discount = ask.rules.rate("bpu_transport_discount")
    return Reply("INFO", "iuran_bpu_discount" if discount else "iuran_bpu")


KEYWORD = Keyword(name="INFO", who="anyone", answer=answer)
