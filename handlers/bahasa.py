"""BAHASA: the language of the replies from now on."""

from smsgw.keywords import Ask, Keyword, Reply, SetLanguage

LANGUAGES = {
    **dict.fromkeys(("ID", "IND", "INDO", "INDONESIA", "INDONESIAN"), "id"),
    **dict.fromkeys(("EN", "ENG", "ENGLISH", "INGGRIS"), "en"),
}


def answer(ask: Ask) -> Reply:
    """The change confirmed in the new language; without a language that we speak, how to choose one."""
    chosen = LANGUAGES.get(ask.reading.arguments.get("code", ""))
    if chosen is None:
        return Reply("BAHASA", "help")
    return Reply("BAHASA", "set", effects=(SetLanguage(chosen),))


KEYWORD = Keyword(name="BAHASA", who="anyone", answer=answer)
