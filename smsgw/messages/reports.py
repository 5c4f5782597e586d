"""Delivery reports: every one stored, the state only rises (reliability §4.3, rules 7 and 9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select, update

from smsgw.messages import states
from smsgw.messages.tables import orphan_callback, outbound, outbound_event
from smsgw.store import db_now
from smsgw.store.sql import dialect_of, insert

AnyRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A report as it reached us. `state` is None where the carrier's word is not known to us."""

    carrier: str
    token: str
    carrier_id: str
    status: str
    state: str | None
    error_code: str | None


def apply(connection: Connection, delivery: Delivery) -> bool:
    """Store one report and raise its row's state; False for an orphan (no row has its token or id)."""
    row = _find(connection, delivery)
    if row is None:
        _keep_orphan(connection, delivery)
        return False
    after = states.raised(row.state, delivery.state) if delivery.state else row.state
    connection.execute(_RAISE, _raised_row(row, delivery, after))
    _keep_event(connection, row, delivery, after)
    return True


def apply_all(connection: Connection, deliveries: Sequence[Delivery]) -> list[bool]:
    """`apply` for several, in one transaction."""
    return [apply(connection, delivery) for delivery in deliveries]


def _find(connection: Connection, delivery: Delivery) -> AnyRow | None:
    # The token names our row even where the carrier's id is not stored yet; it goes first.
    keys = {"token": delivery.token, "carrier": delivery.carrier, "carrier_id": delivery.carrier_id}
    by_token = connection.execute(_BY_TOKEN, keys).first() if delivery.token else None
    return by_token or connection.execute(_BY_ID, keys).first()


_FOUND = select(outbound.c.id, outbound.c.state, outbound.c.carrier_status, outbound.c.error_code).with_for_update()
_BY_TOKEN = _FOUND.where(outbound.c.callback_token == bindparam("token"))
_BY_ID = _FOUND.where(outbound.c.carrier == bindparam("carrier"), outbound.c.carrier_id == bindparam("carrier_id"))
_RAISE = (
    update(outbound)
    .where(outbound.c.id == bindparam("row_id"))
    .values(
        state=bindparam("new_state"),
        carrier_status=bindparam("new_status"),
        error_code=bindparam("new_error_code"),
        carrier_id=func.coalesce(outbound.c.carrier_id, bindparam("new_carrier_id")),
        updated_at=db_now(),
    )
)


def _raised_row(row: AnyRow, delivery: Delivery, after: str) -> dict[str, Any]:
    rises = after != row.state
    return {
        "row_id": row.id,
        "new_state": after,
        "new_status": delivery.status if rises else row.carrier_status,
        "new_error_code": delivery.error_code
        if delivery.error_code and (rises or not row.error_code)
        else row.error_code,
        "new_carrier_id": delivery.carrier_id,
    }


def _keep_event(connection: Connection, row: AnyRow, delivery: Delivery, after: str) -> None:
    values = {
        "outbound_id": row.id,
        "from_state": row.state,
        "to_state": after,
        "cause": "report",
        "cause_key": f"report:{delivery.status}",
        "error_code": delivery.error_code,
    }
    connection.execute(_event(dialect_of(connection)), values)


@cache
def _event(dialect: str) -> Any:
    keys = [outbound_event.c.outbound_id, outbound_event.c.cause_key]
    again = {"repeats": outbound_event.c.repeats + 1, "last_at": db_now()}
    added = insert(dialect, outbound_event).values(at=db_now(), last_at=db_now())
    return added.on_conflict_do_update(index_elements=keys, set_=again)


def _keep_orphan(connection: Connection, delivery: Delivery) -> None:
    values = {
        "carrier": delivery.carrier,
        "carrier_id": delivery.carrier_id,
        "carrier_status": delivery.status,
        "error_code": delivery.error_code,
    }
    connection.execute(_orphan(dialect_of(connection)), values)


@cache
def _orphan(dialect: str) -> Any:
    keys = [orphan_callback.c.carrier, orphan_callback.c.carrier_id, orphan_callback.c.carrier_status]
    added = insert(dialect, orphan_callback).values(at=db_now())
    return added.on_conflict_do_update(index_elements=keys, set_={"repeats": orphan_callback.c.repeats + 1})
