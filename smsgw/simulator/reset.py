"""Back to the first state: everything that was said and remembered is deleted, and the demo's people are as loaded.

It may run while traffic does. One transaction deletes it all; a worker that still holds a claimed message finds that
its claim is gone, writes nothing, and takes the next one: claims are random tokens, never taken again.
"""

import time
from collections.abc import Callable, Iterator

from sqlalchemy import ColumnElement, Connection, Select, Table, delete, or_, select
from sqlalchemy.exc import IntegrityError

from smsgw.clock import clock_offset
from smsgw.errors import StoreUnavailable
from smsgw.members import guards
from smsgw.members.demo import restore
from smsgw.members.tables import (
    attempts,
    bindings,
    complaints,
    memberships,
    phones_on_record,
    pins,
    rebindings,
    series,
)
from smsgw.members.tables import guards as guard_rows
from smsgw.messages.tables import (
    carrier_pause,
    contact,
    daily_sends,
    emptied,
    inbound,
    newcomers,
    orphan_callback,
    outbound,
    seen_id,
    sender_pace,
)
from smsgw.operators.tables import reveals
from smsgw.simulator.remote import Remote
from smsgw.store import Store, metadata

TRIES, PAUSE_S = 5, 0.2
SAID = (inbound, outbound, orphan_callback, seen_id, contact)
# Counts, and what names rows by their numbers, which begin anew on SQLite: nothing revealed of an old row may show a
# new one. Operators, their sessions and the audit stay.
COUNTED = (carrier_pause, sender_pace, daily_sends, emptied, newcomers, reveals)
REMEMBERED = (bindings, rebindings, guard_rows, attempts, pins, complaints, series, clock_offset)


def begin_anew(carrier: Remote, store: Store, number: str | None = None) -> None:
    """One phone, or everything, at the carrier and here. NoStandIn where the carrier is not our stand-in.

    The carrier first: the gateway takes what it lost from the carrier's list. And once more after it: something may
    have been under way.
    """
    carrier.reset(number)
    if number is None:
        everything(store)
    else:
        phone(store, number)
    carrier.reset(number)


def everything(store: Store) -> None:
    """The state in which a demo begins. StoreUnavailable where the database does not let us, after some tries."""
    _patiently(lambda: _everything(store))


def phone(store: Store, number: str) -> None:
    """What one phone said, was told and is remembered by, and the bindings of the memberships on whose record it is."""
    _patiently(lambda: _phone(store, number))


def _patiently(act: Callable[[], None]) -> None:
    # PostgreSQL may choose us as the one who gives way to a worker, or a reply may come in between.
    for left in reversed(range(TRIES)):
        try:
            return act()
        except (StoreUnavailable, IntegrityError) as error:
            if not left:
                raise StoreUnavailable("the demo is too busy to be set back") from error
            time.sleep(PAUSE_S)
    return None


def _everything(store: Store) -> None:
    tables = [*_in_order({*SAID, *COUNTED, *REMEMBERED})]
    with store.write() as connection:
        _alone(connection, tables)
        for table in tables:
            connection.execute(delete(table))
        restore(connection)


def _phone(store: Store, number: str) -> None:
    numbers = select(memberships.c.number).join(phones_on_record).where(phones_on_record.c.phone == number)
    record = select(phones_on_record.c.membership_id).where(phones_on_record.c.phone == number)
    with store.write() as connection:
        guards.erase(connection, number, [*connection.scalars(numbers)])
        came = select(inbound.c.id).where(inbound.c.from_phone == number)
        told = or_(outbound.c.to_phone == number, outbound.c.inbound_id.in_(came))
        _delete(connection, outbound, told)
        _delete(connection, inbound, inbound.c.from_phone == number)
        for table in (contact, pins, complaints):
            connection.execute(delete(table).where(table.c.phone == number))
        for table in (bindings, rebindings):
            connection.execute(delete(table).where(or_(table.c.phone == number, table.c.membership_id.in_(record))))


def _delete(connection: Connection, table: Table, which: ColumnElement[bool]) -> None:
    """Delete rows, and first those of other tables that name them."""
    ids: Select[tuple[int]] = select(table.c.id).where(which)
    for child, column in _naming(table):
        connection.execute(delete(child).where(column.in_(ids)))
    connection.execute(delete(table).where(which))


def _naming(table: Table) -> Iterator[tuple[Table, ColumnElement[int]]]:
    for other in metadata.tables.values():
        for key in other.foreign_keys:
            # What names itself or an inbound's replies is deleted by its own line.
            if key.column.table is table and other not in (table, outbound):
                yield other, key.parent


def _in_order(tables: set[Table]) -> Iterator[Table]:
    """The tables and all that name them, those that name others first."""
    wanted = set(tables)
    for table in metadata.sorted_tables:
        if any(key.column.table in wanted for key in table.foreign_keys) and table not in wanted:
            wanted.add(table)
    return (table for table in reversed(metadata.sorted_tables) if table in wanted)


def _alone(connection: Connection, tables: list[Table]) -> None:
    if connection.dialect.name == "postgresql":  # on SQLite a writer is alone anyway
        names = ", ".join(table.name for table in tables)
        connection.exec_driver_sql("SET LOCAL lock_timeout = '2s'")
        connection.exec_driver_sql(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE")
