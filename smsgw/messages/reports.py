"""Delivery reports: every one stored, the state only rises (reliability §4.3, rules 7 and 9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, or_, select, update

from smsgw.messages import states
from smsgw.messages.tables import orphan_callback, outbound, outbound_event
from smsgw.store import db_now
from smsgw.store.sql import insert


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
    connection.execute(
        update(outbound).where(outbound.c.id == row.id).values(**_changes(row, delivery, after), updated_at=db_now())
    )
    _keep_event(connection, row, delivery, after)
    return True


def apply_all(connection: Connection, deliveries: Sequence[Delivery]) -> list[bool]:
    """`apply` for several, in one transaction."""
    return [apply(connection, delivery) for delivery in deliveries]


def _find(connection: Connection, delivery: Delivery) -> Row[Any] | None:
    columns = outbound.c.id, outbound.c.state, outbound.c.carrier_id, outbound.c.error_code
    by_id = (outbound.c.carrier == delivery.carrier) & (outbound.c.carrier_id == delivery.carrier_id)
    by_token = outbound.c.callback_token == delivery.token
    condition = or_(by_token, by_id) if delivery.token else by_id
    # The token names our row even where the id is not stored yet; it goes first.
    order = (by_token.desc(),) if delivery.token else ()
    return connection.execute(select(*columns).where(condition).order_by(*order).limit(1).with_for_update()).first()


def _changes(row: Row[Any], delivery: Delivery, after: str) -> dict[str, Any]:
    changes: dict[str, Any] = {"carrier_id": row.carrier_id or delivery.carrier_id}
    if after != row.state:
        changes |= {"state": after, "carrier_status": delivery.status}
    if delivery.error_code and (after != row.state or not row.error_code):
        changes["error_code"] = delivery.error_code
    return changes


def _keep_event(connection: Connection, row: Row[Any], delivery: Delivery, after: str) -> None:
    statement = insert(connection, outbound_event).values(
        outbound_id=row.id,
        at=db_now(),
        last_at=db_now(),
        from_state=row.state,
        to_state=after,
        cause="report",
        cause_key=f"report:{delivery.status}",
        error_code=delivery.error_code,
    )
    again = {"repeats": outbound_event.c.repeats + 1, "last_at": db_now()}
    keys = [outbound_event.c.outbound_id, outbound_event.c.cause_key]
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=again))


def _keep_orphan(connection: Connection, delivery: Delivery) -> None:
    statement = insert(connection, orphan_callback).values(
        carrier=delivery.carrier,
        carrier_id=delivery.carrier_id,
        carrier_status=delivery.status,
        error_code=delivery.error_code,
        at=db_now(),
    )
    keys = [orphan_callback.c.carrier, orphan_callback.c.carrier_id, orphan_callback.c.carrier_status]
    again = {"repeats": orphan_callback.c.repeats + 1}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=again))
