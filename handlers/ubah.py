"""UBAH: how to change a phone number, an address or other data; a branch office does it."""

from smsgw.keywords import Ask, Command, Keyword, Offer, Reply

SECTIONS = {"HP": "phone", "ALAMAT": "address", "DATA": "data"}


def answer(ask: Ask) -> Reply:
    """The way for what is to be changed; without it, the choice."""
    section = SECTIONS.get(ask.reading.arguments.get("what", ""))
    if section is not None:
        return Reply("UBAH", section)
    return Reply("UBAH", "what", offer=Offer(choices=tuple(Command("UBAH", arguments={"what": w}) for w in SECTIONS)))


KEYWORD = Keyword(name="UBAH", who="anyone", answer=answer)
