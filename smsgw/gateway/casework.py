"""Casework: a branch answers reports and moves claims on, and the participant is told of it in the same transaction."""

from sqlalchemy import Connection

from smsgw.clock import day_of
from smsgw.errors import NotPossible
from smsgw.gateway.notices import Sender, stage_changed
from smsgw.keywords import Reply, word_pages
from smsgw.members import claiming, complaints
from smsgw.members.complaints import Filed
from smsgw.messages import inbox, notices
from smsgw.messages.rows import Kind

LAPOR = "LAPOR"


def settle_report(connection: Connection, sender: Sender, key: int, state: str, answer: str | None, now_ms: int) -> int:
    """Bring a report to another state; an answer is told to the phone that filed it. How many texts were queued.

    NotPossible: it stands there already, or the answer is more than one SMS holds. A phone that opted out, or is
    blocked, is told nothing: the answer waits for its LAPOR.
    """
    if answer is not None and len(word_pages(answer)) > 1:
        raise NotPossible("long")
    filed = complaints.settle(connection, key, state, answer, now_ms)
    return _tell(connection, sender, filed) if answer is not None else 0


def move_claim(connection: Connection, sender: Sender, key: int, stage: int, state: str, now_ms: int) -> int:
    """Bring a claim to another stage or to its end, and tell whoever is bound; how many texts were queued."""
    change = claiming.move(connection, key, stage, state, day_of(now_ms))
    return stage_changed(connection, sender, [change], now_ms)


def _tell(connection: Connection, sender: Sender, filed: Filed) -> int:
    language, silent = inbox.languages(connection, [filed.phone]).get(filed.phone, (None, False))
    if silent or LAPOR not in sender.registry.keywords:
        return 0
    fields = {"report": filed.number, "filed": day_of(filed.filed_at), "page": 1, "pages": 1}
    reply = Reply(LAPOR, "answered", fields | {"answer": word_pages(filed.answer or "")[0]})
    key = f"report:{filed.number}:{filed.changed_at}"
    notices.queue(connection, [sender.notice(key, Kind.NOTICE, filed.phone, language, reply)])
    return 1
