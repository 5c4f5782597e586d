"""BANTUAN: the menu of the keywords that exist, or the format of one of them."""

from smsgw.keywords import Ask, Keyword, Reply


def answer(ask: Ask) -> Reply:
    """The format of the keyword that was named, else the menu."""
    about = ask.registry.about(ask.reading.arguments.get("topic", ""))
    if about is not None:
        return Reply(about.name, "help")
    listed = sorted((k for k in ask.registry.keywords.values() if k.menu), key=lambda k: (k.rank, k.menu))
    return Reply(KEYWORD.name, "menu", {"menu": tuple(keyword.menu for keyword in listed)})


KEYWORD = Keyword(name="BANTUAN", who="anyone", answer=answer)
