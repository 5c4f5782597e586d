"""Redacting: which messages are old enough for their texts to be emptied at the carrier too (reliability, T36).

Rows are walked as smsgw.messages.retention walks them, and how far it has come stands beside its own marks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from sqlalchemy import Connection, select

from smsgw.messages.retention import Log, remember, upto

DAYS: Final = 4
"""After which no report is waited for (smsgw.messages.overdue) and no message is looked for in a carrier's list."""


@dataclass(frozen=True, slots=True)
class Old:
    """A message that is old enough."""

    id: int
    carrier: str
    carrier_id: str | None


def page(connection: Connection, log: Log, limit: int) -> Sequence[Old]:
    """The next messages of a log that are old enough, oldest first."""
    table = log.table
    columns = table.c.id, table.c.carrier, table.c.carrier_id, log.older(DAYS).label("old")
    beyond = select(*columns).where(table.c.id > upto(connection, _name(log)))
    found = connection.execute(beyond.order_by(table.c.id).limit(limit)).all()
    return [Old(row.id, row.carrier, row.carrier_id) for row in takewhile(lambda row: row.old, found)]


def done(connection: Connection, log: Log, last_id: int) -> None:
    """Messages up to this one need not be seen again."""
    remember(connection, _name(log), last_id)


def _name(log: Log) -> str:
    return f"redact:{log.table.name}"
