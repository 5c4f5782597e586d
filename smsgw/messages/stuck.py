"""Stuck: what waits for its next try, or is held by a process that has died, is made due now."""

from dataclasses import dataclass

from sqlalchemy import Connection, update

from smsgw.messages import overdue, states
from smsgw.messages.tables import inbound, outbound
from smsgw.store import db_now
from smsgw.store.sql import spelled


@dataclass(frozen=True, slots=True)
class Freed:
    """How many messages are to be answered now, to be sent now, and how many died under way."""

    answers: int
    sends: int
    dead: int


def free(connection: Connection) -> Freed:
    """Make due what waits for another try; ring the bells after the commit.

    What is for a later time anyhow, as announcements are, stays so; what a worker holds stays its own until its lease
    is over, and then nobody knows whether it has left: it is looked for at the carrier, not sent again.
    """
    held = inbound.c.state == spelled(states.RECEIVED), inbound.c.next_attempt_at > db_now()
    tried = outbound.c.state == spelled(states.QUEUED), outbound.c.next_attempt_at > db_now(), outbound.c.attempts > 0
    answers = connection.execute(update(inbound).where(*held).values(next_attempt_at=db_now())).rowcount
    sends = connection.execute(update(outbound).where(*tried).values(next_attempt_at=db_now())).rowcount
    return Freed(answers, sends, overdue.release_dead(connection))
