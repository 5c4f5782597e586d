"""Delivery reports: every one stored, the state only rises (reliability §4.3, rules 7 and 9)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Text, bindparam, case, exists, func, literal_column, null, select, update

from smsgw.messages import inbox, states
from smsgw.messages.tables import CODE_CHARS, STATUS_CHARS, orphan_callback, outbound, outbound_event
from smsgw.store import db_now
from smsgw.store.sql import among, dialect_of, each, given, insert, those_of


@dataclass(frozen=True, slots=True)
class Delivery:
    """A report as it reached us. `state` is None where the carrier's word is not known to us."""

    carrier: str
    token: str
    carrier_id: str
    status: str
    state: str | None
    error_code: str | None
    opted_out: bool = False


@dataclass(slots=True)
class _Row:
    """An outbound row while a batch of reports is laid over it."""

    id: int
    callback_token: str
    carrier_id: str | None
    state: str
    carrier_status: str | None
    error_code: str | None
    stopped: bool = False  # by what a report told first, the phone has told the carrier to stop

    def take(self, delivery: Delivery) -> dict[str, Any]:
        """Lay one report over the row; its event."""
        before, after = self.state, states.raised(self.state, delivery.state) if delivery.state else self.state
        if delivery.error_code and (after != before or not self.error_code):
            self.error_code = delivery.error_code
        if after != before:
            self.state, self.carrier_status = after, delivery.status
            self.stopped = self.stopped or delivery.opted_out
        self.carrier_id = self.carrier_id or delivery.carrier_id or None
        return {
            "outbound_id": self.id,
            "from_state": before,
            "to_state": after,
            "cause": "report",
            "cause_key": f"report:{delivery.status}",
            "error_code": delivery.error_code,
        }


def apply_all(connection: Connection, deliveries: Sequence[Delivery]) -> list[bool]:
    """Store reports and raise their rows' states, in one transaction and a fixed number of statements.

    Where a report raises its row and tells that the phone has told the carrier to stop, that counts as if it had told
    us (reliability §3.1), at two statements more: the next sweep withdraws what waits for it. A report that comes once
    more tells nothing new: the phone may have opted in again since.

    For each: whether it was for one of our messages; False for an orphan (no row has its token or id).
    """
    deliveries = [_fitting(delivery) for delivery in deliveries]
    rows = _find(connection, deliveries)
    told = [row.take(delivery) for row, delivery in zip(rows, deliveries, strict=True) if row is not None]
    stopped = [row.id for row in rows if row is not None and row.stopped]
    orphans = [_orphaned(delivery) for row, delivery in zip(rows, deliveries, strict=True) if row is None]
    changed = {row.id: row for row in rows if row is not None}
    if changed:
        dialect = dialect_of(connection)
        each(connection, _raise(dialect), [_raised(row) for row in changed.values()])
        each(connection, _event(dialect), _counted(told))
    if stopped:
        phones = select(outbound.c.to_phone).where(among(dialect_of(connection), outbound.c.id, "ids", BigInteger()))
        inbox.opt_out(connection, connection.scalars(phones, {"ids": stopped}))
    if orphans:
        orphans.sort(key=lambda row: (row["carrier"], row["carrier_id"], row["carrier_status"]))
        connection.execute(_orphan(dialect_of(connection)), orphans)
    return [row is not None for row in rows]


def _fitting(delivery: Delivery) -> Delivery:
    """A report of which no word is longer than its column: one that is would take its neighbours with it."""
    status, code = delivery.status, delivery.error_code
    if len(status) <= STATUS_CHARS and (code is None or len(code) <= CODE_CHARS):
        return delivery
    return replace(delivery, status=status[:STATUS_CHARS], error_code=code and code[:CODE_CHARS])


def _find(connection: Connection, deliveries: Sequence[Delivery]) -> list[_Row | None]:
    # The token names our row even where the carrier's id is not stored yet; it goes first. Rows are locked by one
    # statement in the order of their ids, so that two processes do not wait for each other in a ring; only a token that
    # nobody has beside an id that somebody has takes a second.
    named = _tokens(connection, [delivery for delivery in deliveries if not delivery.token])
    tokens = [delivery.token or named.get((delivery.carrier, delivery.carrier_id), "") for delivery in deliveries]
    rows: dict[str, _Row] = {row.callback_token: row for row in _locked(connection, tokens)}
    strange = [one for one, token in zip(deliveries, tokens, strict=True) if one.token and token not in rows]
    more = _tokens(connection, strange)
    for row in _locked(connection, [token for token in more.values() if token not in rows]):
        rows[row.callback_token] = row
    by_id = {key: rows[token] for key, token in more.items() if token in rows}
    return [
        rows.get(token) or by_id.get((one.carrier, one.carrier_id))
        for one, token in zip(deliveries, tokens, strict=True)
    ]


def _tokens(connection: Connection, deliveries: Sequence[Delivery]) -> dict[tuple[str, str], str]:
    """The tokens of those rows that are known by a carrier's id."""
    found: dict[tuple[str, str], str] = {}
    for carrier in {delivery.carrier for delivery in deliveries}:
        ids = [delivery.carrier_id for delivery in deliveries if delivery.carrier == carrier]
        rows = connection.execute(_by_id(dialect_of(connection)), {"carrier": carrier, "ids": ids})
        found |= {(carrier, row.carrier_id): row.callback_token for row in rows}
    return found


def _locked(connection: Connection, tokens: Sequence[str]) -> list[_Row]:
    wanted = sorted({token for token in tokens if token})
    if not wanted:
        return []
    return [_Row(*row) for row in connection.execute(_by_token(dialect_of(connection)), {"tokens": wanted})]


@cache
def _by_token(dialect: str) -> Any:
    row = select(
        outbound.c.id,
        outbound.c.callback_token,
        outbound.c.carrier_id,
        outbound.c.state,
        outbound.c.carrier_status,
        outbound.c.error_code,
    )
    named = among(dialect, outbound.c.callback_token, "tokens", Text())
    return row.where(named).order_by(outbound.c.id).with_for_update()


@cache
def _by_id(dialect: str) -> Any:
    of_carrier = outbound.c.carrier == bindparam("carrier", type_=Text())
    named = among(dialect, outbound.c.carrier_id, "ids", Text())
    return select(outbound.c.carrier_id, outbound.c.callback_token).where(of_carrier, named)


@cache
def _raise(dialect: str) -> Any:
    names = ("state", "carrier_status", "error_code", "carrier_id")
    new = given(dialect, row_id=outbound.c.id, **{f"new_{name}": outbound.c[name] for name in names})
    # An SMSC may count anew and give an id twice: it names the message that had it first.
    other = outbound.alias("other")
    same_id = exists().where(other.c.carrier == outbound.c.carrier, other.c.carrier_id == new["new_carrier_id"])
    free_id = case((same_id.correlate_except(other), null()), else_=new["new_carrier_id"])
    values = {name: new[f"new_{name}"] for name in names} | {"updated_at": db_now()}
    values["carrier_id"] = func.coalesce(outbound.c.carrier_id, free_id)
    return update(outbound).where(those_of(dialect, outbound.c.id, new, "row_id")).values(values)


def _raised(row: _Row) -> dict[str, Any]:
    return {
        "row_id": row.id,
        "new_state": row.state,
        "new_carrier_status": row.carrier_status,
        "new_error_code": row.error_code,
        "new_carrier_id": row.carrier_id,
    }


def _orphaned(delivery: Delivery) -> dict[str, Any]:
    return {
        "carrier": delivery.carrier,
        "carrier_id": delivery.carrier_id,
        "carrier_status": delivery.status,
        "error_code": delivery.error_code,
    }


def _counted(told: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each event once, with how often it is repeated: a statement can touch a row only once."""
    found: dict[tuple[int, str], dict[str, Any]] = {}
    for event in told:
        first = found.setdefault((event["outbound_id"], event["cause_key"]), event | {"repeats": -1})
        first["repeats"] += 1
    return list(found.values())


@cache
def _event(dialect: str) -> Any:
    names = ("outbound_id", "from_state", "to_state", "cause", "cause_key", "error_code", "repeats")
    new = given(dialect, **{name: outbound_event.c[name] for name in names})
    # "WHERE true": SQLite would take ON for a join's.
    row = select(*new.values(), db_now(), db_now()).where(literal_column("true"))
    added = insert(dialect, outbound_event).from_select([*names, "at", "last_at"], row)
    again = {"repeats": outbound_event.c.repeats + added.excluded.repeats + 1, "last_at": db_now()}
    keys = [outbound_event.c.outbound_id, outbound_event.c.cause_key]
    return added.on_conflict_do_update(index_elements=keys, set_=again)


@cache
def _orphan(dialect: str) -> Any:
    keys = [orphan_callback.c.carrier, orphan_callback.c.carrier_id, orphan_callback.c.carrier_status]
    added = insert(dialect, orphan_callback).values(at=db_now())
    return added.on_conflict_do_update(index_elements=keys, set_={"repeats": orphan_callback.c.repeats + 1})
