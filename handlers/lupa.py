"""LUPA: the forgotten membership number, told in full to the phone on record alone."""

from datetime import date

from smsgw.keywords import BASE, Ask, Keyword, Reply

PLACES = ("first", "second", "third", "fourth")


def answer(ask: Ask) -> Reply:
    """The numbers of the person, as many as one SMS holds; the one neutral text to everybody else."""
    sent = ask.reading.arguments
    if not {"nik", "born"} <= sent.keys():
        return Reply("LUPA", "format")
    recall = ask.members.recall(sent["nik"], date.fromisoformat(sent["born"]))
    if recall.locked:
        return Reply(BASE, "locked")
    if not recall.numbers:
        return Reply("LUPA", "neutral")
    return Reply("LUPA", "found", dict(zip(PLACES, recall.numbers, strict=False)))


KEYWORD = Keyword(name="LUPA", who="anyone", answer=answer, menu="LUPA", rank=130)
