"""DAFTAR: binds this phone to a membership, where the data and the phone are those on record."""

from datetime import date

from smsgw.keywords import BASE, Ask, Keyword, Registration, Reply


def answer(ask: Ask) -> Reply:
    """What came of the registration, in the words of reliability §3.2; without data, how to fill it in."""
    sent, number = ask.reading.arguments, ask.reading.membership_number
    if number is None or not {"nik", "born"} <= sent.keys():
        return Reply("DAFTAR", "format")
    return _said(ask.members.register(sent["nik"], date.fromisoformat(sent["born"]), number))


def _said(came: Registration) -> Reply:
    if came.verdict == "bound" and came.membership is not None:
        fields = {"number": came.membership.number, "name": came.membership.name}
        return Reply("DAFTAR", "bound", fields, effects=came.effects)
    if came.verdict == "locked":
        return Reply(BASE, "locked")
    return Reply("DAFTAR", "mismatch" if came.verdict == "mismatch" else "neutral", effects=came.effects)


KEYWORD = Keyword(name="DAFTAR", who="anyone", answer=answer)
