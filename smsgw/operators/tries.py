"""Tries: wrong passwords in a row, by account and by address, after which each further try waits longer.

An address of this machine or of a private network may be a proxy's, and so everybody's: it waits for a moment only, or
one stranger would shut all of us out. What is guessed of one account waits all the same.

They run on the gateway's clock. A try is counted before the password is looked at, so that tries at once are no more
than tries one by one.
"""

from collections.abc import Mapping
from functools import cache
from ipaddress import ip_address
from typing import Any, Final

from sqlalchemy import Connection, LargeBinary, bindparam, case, delete, select, update

from smsgw.operators.tables import sign_in_tries
from smsgw.store.sql import dialect_of, insert
from smsgw.store.types import cipher_of

MINUTE_MS: Final = 60_000
FREE: Final[Mapping[str, int]] = {"account": 5, "address": 20}
"""Wrong tries in a row before the first wait. An address may be a whole office's."""
WAITS_MIN: Final = (1, 2, 4, 8, 16, 32)
LONGEST_MIN: Final = 60
SHARED_MS: Final = 2_000
CROWD: Final = 1_000  # rows, from which on none is written for a name that no account has
MOST: Final = 1_000  # of the count, which only tells how long to wait
FORGOTTEN_MS: Final = 24 * 60 * MINUTE_MS


def waits(connection: Connection, kind: str, value: str, now_ms: int) -> bool:
    """Whether a try would come too early; counts nothing."""
    mine = sign_in_tries.c.key == _key(connection, kind, value), sign_in_tries.c.until > now_ms
    return connection.execute(select(sign_in_tries.c.key).where(*mine)).first() is not None


def are_crowded(connection: Connection) -> bool:
    """Whether so much is counted that made-up names are not any more."""
    return connection.execute(select(sign_in_tries.c.key).offset(CROWD).limit(1)).first() is not None


def taken(connection: Connection, kind: str, value: str, now_ms: int) -> bool:
    """Count a try; False: it comes too early, and is not to be looked at."""
    values = {"key": _key(connection, kind, value), "now": now_ms}
    for_a_moment = kind == "address" and _is_shared(value)
    return connection.execute(_take(dialect_of(connection), kind, for_a_moment), values).first() is not None


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


def _is_shared(address: str) -> bool:
    """Whether it may be everybody's."""
    try:
        return ip_address(address).is_private
    except ValueError:
        return True  # no address at all: a proxy's socket


@cache
def _take(dialect: str, kind: str, for_a_moment: bool) -> Any:
    now, old = bindparam("now", type_=sign_in_tries.c.at.type), sign_in_tries.c
    count = case((old.at < now - FORGOTTEN_MS, 1), (old.failures >= MOST, MOST), else_=old.failures + 1)
    steps, last = ((), SHARED_MS) if for_a_moment else (WAITS_MIN, LONGEST_MIN * MINUTE_MS)
    waits = ((count == FREE[kind] + step, now + minutes * MINUTE_MS) for step, minutes in enumerate(steps))
    wait = case((count < FREE[kind], 0), *waits, else_=now + last)
    first = {"key": bindparam("key", type_=LargeBinary()), "failures": 1, "until": 0, "at": now}
    return (
        insert(dialect, sign_in_tries)
        .values(first)
        .on_conflict_do_update(
            index_elements=[old.key], set_={"failures": count, "until": wait, "at": now}, where=old.until <= now
        )
        .returning(old.failures)
    )
