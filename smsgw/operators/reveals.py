"""Reveals: what a session sees unmasked for a minute, each with a reason that is written down."""

from typing import Final

from sqlalchemy import Connection, delete, insert, select

from smsgw.operators import audit
from smsgw.operators.tables import reveals

LASTS_MS: Final = 60_000


def begin(connection: Connection, actor: audit.Actor, session_id: int, about: str, reason: str, now_ms: int) -> None:
    """Show a session what is hidden of a row, as inbound/17, for a minute."""
    audit.add(connection, actor, "reveal", about, reason, now_ms)
    connection.execute(delete(reveals).where(reveals.c.until <= now_ms))
    connection.execute(insert(reveals).values(session_id=session_id, about=about, until=now_ms + LASTS_MS))


def standing(connection: Connection, session_id: int, now_ms: int) -> dict[str, int]:
    """What a session sees unmasked, and until when."""
    mine = reveals.c.session_id == session_id, reveals.c.until > now_ms
    found = select(reveals.c.about, reveals.c.until).where(*mine).order_by(reveals.c.until)
    return dict(connection.execute(found).all())
