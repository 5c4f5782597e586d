"""Tries: wrong passwords in a row, by account and by address, after which each further try waits longer.

They run on the gateway's clock. A try is counted before the password is looked at, so that tries at once are no more
than tries one by one.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, LargeBinary, bindparam, case, delete, update

from smsgw.operators.tables import sign_in_tries
from smsgw.store.sql import dialect_of, insert
from smsgw.store.types import cipher_of

MINUTE_MS: Final = 60_000
FREE: Final[Mapping[str, int]] = {"account": 5, "address": 20}
"""Wrong tries in a row before the first wait. An address may be a whole office's."""
WAITS_MIN: Final = (1, 2, 4, 8, 16, 32)
LONGEST_MIN: Final = 60
FORGOTTEN_MS: Final = 24 * 60 * MINUTE_MS


def taken(connection: Connection, kind: str, value: str, now_ms: int) -> bool:
    """Count a try; False: it comes too early, and is not to be looked at."""
    values = {"key": _key(connection, kind, value), "now": now_ms}
    return connection.execute(_take(dialect_of(connection), FREE[kind]), values).first() is not None


def forgive(connection: Connection, kind: str, value: str) -> None:
    """A right password: the account's tries are forgotten, and of the address's this one."""
    mine = sign_in_tries.c.key == _key(connection, kind, value)
    if kind == "account":
        connection.execute(delete(sign_in_tries).where(mine))
    else:
        less = sign_in_tries.c.failures - 1
        connection.execute(update(sign_in_tries).where(mine).values(failures=less, until=0))


def forget(connection: Connection, now_ms: int) -> None:
    """Remove what no longer counts."""
    connection.execute(delete(sign_in_tries).where(sign_in_tries.c.at < now_ms - FORGOTTEN_MS))


def _key(connection: Connection, kind: str, value: str) -> bytes:
    return cipher_of(connection.dialect).digest(f"sign-in {kind} {value}")


@cache
def _take(dialect: str, free: int) -> Any:
    now, old = bindparam("now", type_=sign_in_tries.c.at.type), sign_in_tries.c
    count = case((old.at < now - FORGOTTEN_MS, 1), else_=old.failures + 1)
    waits = {free + step: minutes * MINUTE_MS for step, minutes in enumerate(WAITS_MIN)}
    wait = case((count < free, 0), *((count == n, now + ms) for n, ms in waits.items()), else_=now + _LONGEST_MS)
    first = {"key": bindparam("key", type_=LargeBinary()), "failures": 1, "until": 0, "at": now}
    return (
        insert(dialect, sign_in_tries)
        .values(first)
        .on_conflict_do_update(
            index_elements=[old.key], set_={"failures": count, "until": wait, "at": now}, where=old.until <= now
        )
        .returning(old.failures)
    )


_LONGEST_MS: Final = LONGEST_MIN * MINUTE_MS
