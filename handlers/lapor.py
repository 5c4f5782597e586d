"""LAPOR: files a report in the participant's own words, or tells how one that this phone filed stands."""

from smsgw.keywords import Ask, Command, Complaint, FileComplaint, Keyword, Offer, Reply, word_pages


def answer(ask: Ask) -> Reply:
    """The state of the report that was named, the number of a new one, or how to file one."""
    named = ask.reading.arguments.get("report")
    if named:
        filed = ask.members.complaint(named)
        return _state(ask, filed) if filed else Reply("LAPOR", "unknown")
    if not ask.reading.arguments.get("text"):
        return Reply("LAPOR", "help")
    number = ask.members.new_complaint_number()
    return Reply("LAPOR", "filed", {"report": number}, effects=(FileComplaint(number),))


def _state(ask: Ask, filed: Complaint) -> Reply:
    fields = {"report": filed.number, "filed": filed.filed_on}
    pages = word_pages(filed.answer)
    if filed.state != "answered" or not pages:
        return Reply("LAPOR", "in_progress" if filed.state == "in_progress" else "received", fields)
    at = min(ask.page, len(pages))
    told = {**fields, "answer": pages[at - 1], "page": at, "pages": len(pages)}
    if at == len(pages):
        return Reply("LAPOR", "answered" if at == 1 else "last", told)
    following = Command("LAPOR", arguments={"report": filed.number}, page=at + 1)
    return Reply("LAPOR", "more", told, offer=Offer(following=following))


KEYWORD = Keyword(name="LAPOR", who="bound", answer=answer, menu="LAPOR", rank=140)
