"""Events: each step of an outbound row is told in a row of its own, which is never changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Text, bindparam, literal_column, null, select

from smsgw.messages.tables import outbound_event
from smsgw.store import db_now
from smsgw.store.sql import dialect_of, insert, insert_each, listed, spelled


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


def each_of(
    dialect: str, cause: str, row_id: Any, before: str, after: ColumnElement[str], error_code: ColumnElement[str]
) -> Any:
    """A statement that tells a step of each `given` row, for `each` to run, with `cause_key` the same for all."""
    step = {"from_state": spelled(before), "to_state": after, "cause": spelled(cause), "error_code": error_code}
    return insert_each(dialect, outbound_event, _told(row_id, step))


def of_these(dialect: str, cause: str, before: str, after: str, ids: Select[Any]) -> Any:
    """An INSERT that tells the same step of the rows that a SELECT of their ids has."""
    row = ids.subquery("told_of")
    step = {"from_state": spelled(before), "to_state": spelled(after), "cause": spelled(cause), "error_code": null()}
    values = _told(row.c.id, step)
    chosen = select(*values.values())
    return insert(dialect, outbound_event).from_select([*values], chosen).on_conflict_do_nothing()


@cache
def _event(dialect: str) -> Any:
    rows = listed(dialect, "rows")
    step = {
        "from_state": bindparam("before", type_=Text()),
        "to_state": bindparam("after", type_=Text()),
        "cause": bindparam("cause", type_=Text()),
        "error_code": bindparam("error_code", type_=Text()),
    }
    values = _told(rows.c.value, step)
    # "WHERE true": SQLite would take ON for a join's.
    chosen = select(*values.values()).where(literal_column("true"))
    return insert(dialect, outbound_event).from_select([*values], chosen).on_conflict_do_nothing()


def _told(row_id: Any, step: Mapping[str, Any]) -> dict[str, Any]:
    at = {"at": db_now(), "last_at": db_now()}
    return {"outbound_id": row_id, **at, **step, "cause_key": bindparam("cause_key", type_=Text())}
