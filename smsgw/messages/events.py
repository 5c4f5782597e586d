"""Events: each step of an outbound row is told in a row of its own, which is never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Text, bindparam, literal_column, select

from smsgw.messages.tables import outbound_event
from smsgw.store import db_now
from smsgw.store.sql import dialect_of, insert, listed


@dataclass(frozen=True, slots=True)
class Step:
    """What an event tells of a row."""

    before: str
    after: str
    error_code: str | None = None


def add(connection: Connection, ids: Sequence[int], cause: str, key: str, step: Step) -> None:
    """Tell the same step of several rows. The same `cause` and `key` of a row is told once."""
    if ids:
        values = {"before": step.before, "after": step.after, "error_code": step.error_code}
        values |= {"cause": cause, "cause_key": f"{cause}:{key}"}
        connection.execute(_event(dialect_of(connection)), {"rows": [*ids], **values})


@cache
def _event(dialect: str) -> Any:
    rows = listed(dialect, "rows")
    values = {
        "outbound_id": rows.c.value,
        "at": db_now(),
        "last_at": db_now(),
        "from_state": bindparam("before", type_=Text()),
        "to_state": bindparam("after", type_=Text()),
        "cause": bindparam("cause", type_=Text()),
        "cause_key": bindparam("cause_key", type_=Text()),
        "error_code": bindparam("error_code", type_=Text()),
    }
    # "WHERE true": SQLite would take ON for a join's.
    chosen = select(*values.values()).where(literal_column("true"))
    return insert(dialect, outbound_event).from_select([*values], chosen).on_conflict_do_nothing()
