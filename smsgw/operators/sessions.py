"""Sessions: kept on the server by a hash of their id, dead at sign-out, fifteen minutes idle, or eight hours old.

They run on the gateway's clock, as lockouts do (smsgw.clock), so that all processes agree on them.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select, update

from smsgw.operators.accounts import COLUMNS, Operator, operator_of
from smsgw.operators.tables import operator_sessions, operators
from smsgw.store.types import cipher_of

IDLE_MS: Final = 15 * 60_000
LONGEST_MS: Final = 8 * 3_600_000
TOUCH_MS: Final = 30_000  # how exactly the last use is known: a page is not a write each time
ID_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Session:
    """A session that lives, and whose it is."""

    id: int
    address: str
    began_at: int
    used_at: int
    operator: Operator


def new_id() -> str:
    """A new id of 256 bits."""
    return secrets.token_urlsafe(ID_BYTES)


def begin(connection: Connection, operator_id: int, address: str, now_ms: int) -> str:
    """Begin a session; the id for its cookie, which is kept nowhere."""
    cookie = new_id()
    values = {"digest": _digest(connection, cookie), "operator_id": operator_id, "address": address}
    connection.execute(insert(operator_sessions).values(**values, began_at=now_ms, used_at=now_ms))
    return cookie


def find(connection: Connection, cookie: str, now_ms: int) -> Session | None:
    """The living session of a cookie; None where it ended, or its account is closed."""
    mine = operator_sessions.c.digest == _digest(connection, cookie)
    alive = operator_sessions.c.used_at > now_ms - IDLE_MS, operator_sessions.c.began_at > now_ms - LONGEST_MS
    row = connection.execute(_CHOSEN.where(mine, *alive, operators.c.disabled_at.is_(None))).first()
    return None if row is None else _session(row)


def is_stale(session: Session, now_ms: int) -> bool:
    """Whether its last use should be written down again."""
    return session.used_at < now_ms - TOUCH_MS


def touch(connection: Connection, session_id: int, now_ms: int) -> None:
    """Write down that a session was used."""
    connection.execute(update(operator_sessions).where(operator_sessions.c.id == session_id).values(used_at=now_ms))


def of_operator(connection: Connection, operator_id: int, now_ms: int) -> list[Session]:
    """An operator's living sessions, the latest first."""
    alive = operator_sessions.c.used_at > now_ms - IDLE_MS, operator_sessions.c.began_at > now_ms - LONGEST_MS
    mine = _CHOSEN.where(operator_sessions.c.operator_id == operator_id, *alive)
    rows = connection.execute(mine.order_by(operator_sessions.c.used_at.desc()))
    return [_session(row) for row in rows]


def end(connection: Connection, operator_id: int, session_id: int) -> bool:
    """End one session of an operator; False: there is none such."""
    mine = operator_sessions.c.id == session_id, operator_sessions.c.operator_id == operator_id
    return connection.execute(delete(operator_sessions).where(*mine)).rowcount == 1


def end_all(connection: Connection, operator_id: int, but: int | None = None) -> int:
    """End every session of an operator, but one; how many."""
    mine = [operator_sessions.c.operator_id == operator_id]
    if but is not None:
        mine.append(operator_sessions.c.id != but)
    return connection.execute(delete(operator_sessions).where(*mine)).rowcount


def forget(connection: Connection, now_ms: int) -> None:
    """Remove the sessions that ended by themselves."""
    idle, old = operator_sessions.c.used_at <= now_ms - IDLE_MS, operator_sessions.c.began_at <= now_ms - LONGEST_MS
    connection.execute(delete(operator_sessions).where(idle | old))


def _session(row: Sequence[Any]) -> Session:
    return Session(row[0], row[1], row[2], row[3], operator_of(row[4:]))


def _digest(connection: Connection, cookie: str) -> bytes:
    return cipher_of(connection.dialect).digest(f"session {cookie}")


_CHOSEN = select(
    operator_sessions.c.id,
    operator_sessions.c.address,
    operator_sessions.c.began_at,
    operator_sessions.c.used_at,
    *COLUMNS,
).join(operators, operators.c.id == operator_sessions.c.operator_id)
