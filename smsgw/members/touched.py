"""Touched: whose records, bindings, reports and claims were written between two times (UU PDP 27/2022, art. 46)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, func, literal_column, or_, select

from smsgw.members.tables import (
    bindings,
    claims,
    complaints,
    memberships,
    phones_on_record,
    pins,
    rebindings,
    subject_requests,
)
from smsgw.store import Store
from smsgw.traces import Trace, What

WIB = timedelta(hours=7)  # a day, as a claim's, begins when it does in western Indonesia


@dataclass(frozen=True, slots=True)
class _Source:
    """Rows of a table that were written in the time, the last time at `at`."""

    what: What
    table: Table
    at: ColumnElement[Any]
    where: tuple[ColumnElement[bool], ...]


def touched(store: Store, since: int, until: int) -> Iterator[Trace]:
    """Everybody of whom something was written at `since` or later and before `until`, ms, kind by kind.

    Of a row that was written several times the first and the last are known: it counts where it may have been written
    in between. What tells no phone itself has those on the membership's record, each in a line of its own.
    """
    for source in _sources(since, until):
        with store.read() as connection:
            for phone, number, rows, first, last in connection.execute(_found(source)):
                yield Trace(source.what, phone or "", number or "", rows, _ms(first), _ms(last))


def _sources(since: int, until: int) -> Iterator[_Source]:
    def within(at: ColumnElement[Any]) -> ColumnElement[bool]:
        return at.between(since, until - 1)

    def around(first: ColumnElement[Any], last: ColumnElement[Any]) -> ColumnElement[bool]:
        return (first < until) & (last >= since)

    yield _Source(
        "binding", bindings, bindings.c.changed_at, (or_(*map(within, (bindings.c.bound_at, bindings.c.changed_at))),)
    )
    yield _Source("move", rebindings, rebindings.c.began_at, (around(rebindings.c.began_at, rebindings.c.until),))
    yield _Source("pin", pins, pins.c.changed_at, (within(pins.c.changed_at),))
    yield _Source(
        "report", complaints, complaints.c.changed_at, (around(complaints.c.filed_at, complaints.c.changed_at),)
    )
    yield _Source("claim", claims, claims.c.changed_on, (claims.c.changed_on.between(_day(since), _day(until - 1)),))
    asked = subject_requests.c.asked_at, func.coalesce(subject_requests.c.decided_at, subject_requests.c.asked_at)
    told = or_(subject_requests.c.phone.is_not(None), subject_requests.c.membership_id.is_not(None))
    yield _Source("correction", subject_requests, asked[1], (around(*asked), told))
    yield _Source("record", memberships, memberships.c.written_at, (within(memberships.c.written_at),))


def _found(source: _Source) -> Select[Any]:
    """Phone, number, rows, first and last time of a source."""
    table = source.table
    key: Any = memberships.c.id if table is memberships else table.c.get("membership_id")
    joined: Any = table
    if table is not memberships and key is not None:
        joined = joined.outerjoin(memberships, memberships.c.id == key)
    number = memberships.c.number if key is not None else literal_column("NULL")
    phone: Any = table.c.get("phone")
    if phone is None or phone.nullable:
        joined = joined.outerjoin(phones_on_record, phones_on_record.c.membership_id == key)
        phone = phones_on_record.c.phone if phone is None else func.coalesce(phone, phones_on_record.c.phone)
    by = [phone, number] if key is not None else [phone]
    figures = func.count(), func.min(source.at), func.max(source.at)
    return select(phone, number, *figures).select_from(joined).where(*source.where).group_by(*by).order_by(*by)


def _day(ms: int) -> date:
    return (datetime.fromtimestamp(ms / 1000, UTC) + WIB).date()


def _ms(at: int | date) -> int:
    if isinstance(at, date):
        midnight = datetime(at.year, at.month, at.day, tzinfo=UTC) - WIB
        return int(midnight.timestamp() * 1000)
    return at
