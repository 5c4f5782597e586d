"""Plain answers: rows finished and their replies queued, claimed and told of, in one statement where there is one."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, select

from smsgw.messages import events, inbox, outbox, states
from smsgw.messages.rows import Answer, OutboundRow
from smsgw.messages.tables import inbound, outbound
from smsgw.store.sql import dialect_of, each, given, insert, spelled, unindexed

NO_DRAFT = dict.fromkeys(outbox.GIVEN)


def finish(connection: Connection, token: str, answers: Sequence[Answer]) -> list[OutboundRow]:
    """Finish rows that still wait under the claim `token`; their replies, claimed under it too.

    For answers that are `inbox.is_plain` only. The connection is of `Store.write_one`: PostgreSQL does it all in one
    statement, because each round trip costs it as much as a small statement.
    """
    if dialect_of(connection) == "sqlite":
        mine = inbox.held(connection, token, [answer.inbound_id for answer in answers])
        answers = [answer for answer in answers if answer.inbound_id in mine]
        inbox.finish(connection, answers)
        return outbox.queue_claimed(connection, [answer.draft for answer in answers if answer.draft], token)
    rows = [_row(answer) for answer in answers]
    drafts = {row["new_callback_token"]: answer.draft for row, answer in zip(rows, answers, strict=True)}
    added = each(connection, _finish("postgresql"), rows, token=token, cause_key=f"claim:{token}")
    return outbox.claimed_rows(added, token, {key: draft for key, draft in drafts.items() if draft})


def _row(answer: Answer) -> dict[str, Any]:
    return inbox.final_row(answer) | (outbox.queued_row(answer.draft) if answer.draft else NO_DRAFT)


@cache
def _finish(dialect: str) -> Any:
    new = given(dialect, **inbox.FINAL, **outbox.GIVEN)
    mine = unindexed(inbound.c.state) == spelled(states.RECEIVED), inbound.c.claim_token == bindparam("token")
    finished = inbox.finishing(dialect, new).where(*mine).returning(inbound.c.id).cte("finished")
    values = outbox.queued_values(new, claimed=True)
    replies = select(*values.values()).where(new["new_inbound_id"] == finished.c.id)
    queued = insert(dialect, outbound).from_select([*values], replies).on_conflict_do_nothing()
    added = queued.returning(*outbox.ADDED).cte("queued")
    told = events.of_these(
        dialect,
        "claim",
        states.QUEUED,
        states.SENDING,
        select(added.c.id).where(added.c.claim_token == bindparam("token")),
    )
    return select(*added.c).add_cte(told.cte("told"))
