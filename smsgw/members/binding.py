"""Bindings: a phone bound to a membership by DAFTAR, unbound by PUTUS, and its move to another phone by a branch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, ScalarSelect, Table, and_, select, update

from smsgw.members.directory import IDLE_MS
from smsgw.members.tables import bindings, memberships, rebindings
from smsgw.store.sql import dialect_of, insert_ignore

REFUSABLE_MS = 24 * 3_600_000
"""How long the old phone may refuse a move (reliability §3.1)."""


def id_of(number: str) -> ScalarSelect[int]:
    """The id of a membership, in a statement."""
    return select(memberships.c.id).where(memberships.c.number == number).scalar_subquery()


def bind(connection: Connection, phone: str, number: str, now_ms: int) -> bool:
    """Bind a phone to a membership; False: another phone is bound to it (a membership has one active phone).

    Another phone that was not used for sixty days gives way: its number may be somebody else's by now.
    """
    active = bindings.c.membership_id == id_of(number), bindings.c.state == "active"
    idle = bindings.c.phone != phone, bindings.c.used_at < now_ms - IDLE_MS
    connection.execute(update(bindings).where(*active, *idle).values(state="revoked", changed_at=now_ms))
    stamps = {"used_at": now_ms, "changed_at": now_ms}
    if connection.execute(update(bindings).where(*active, bindings.c.phone == phone).values(stamps)).rowcount:
        return True
    values = {"membership_id": id_of(number), "phone": phone, "state": "active", "bound_at": now_ms, **stamps}
    return _inserted(connection, bindings, values)


def unbind(connection: Connection, phone: str, number: str, now_ms: int) -> bool:
    """Revoke a phone's binding; True even where there is none any more."""
    mine = bindings.c.membership_id == id_of(number), bindings.c.phone == phone, bindings.c.state == "active"
    connection.execute(update(bindings).where(*mine).values(state="revoked", changed_at=now_ms))
    return True


def unbind_membership(connection: Connection, phone: str, membership_id: int, now_ms: int) -> bool:
    """Revoke a phone's binding to a membership by its key; False: it is not bound to it."""
    mine = bindings.c.membership_id == membership_id, bindings.c.phone == phone, bindings.c.state == "active"
    return connection.execute(update(bindings).where(*mine).values(state="revoked", changed_at=now_ms)).rowcount == 1


def use(connection: Connection, phone: str, ids: tuple[int, ...], now_ms: int) -> None:
    """Note that a phone has used its bindings to these memberships."""
    mine = bindings.c.membership_id.in_(ids), bindings.c.phone == phone, bindings.c.state == "active"
    connection.execute(update(bindings).where(*mine).values(used_at=now_ms))


def bound_phone(connection: Connection, number: str) -> str | None:
    """The phone that is bound to a membership, used lately or not."""
    bound = bindings.c.membership_id == id_of(number), bindings.c.state == "active"
    return connection.scalar(select(bindings.c.phone).where(*bound))


def key_of(connection: Connection, number: str) -> int | None:
    """The key of a membership; None: there is none of this number."""
    return connection.scalar(select(id_of(number)))


def begin_move(connection: Connection, phone: str, number: str, now_ms: int) -> bool:
    """Begin to move a membership away from its old phone, which may refuse for a day; False: it is under way."""
    values = {"membership_id": id_of(number), "phone": phone, "state": "waiting"}
    times = {"began_at": now_ms, "until": now_ms + REFUSABLE_MS}
    return _inserted(connection, rebindings, {**values, **times})


def awaiting(connection: Connection, phone: str, now_ms: int) -> str | None:
    """The membership whose move this phone may still refuse, the one that began first."""
    joined = select(memberships.c.number).join(rebindings, rebindings.c.membership_id == memberships.c.id)
    mine = rebindings.c.phone == phone, rebindings.c.state == "waiting", rebindings.c.until > now_ms
    return connection.scalar(joined.where(*mine).order_by(rebindings.c.id).limit(1))


def refuse(connection: Connection, phone: str, number: str, now_ms: int) -> bool:
    """The old phone refuses the move of a membership; False: there is none to refuse, or its time is over."""
    open_still = rebindings.c.state == "waiting", rebindings.c.until > now_ms
    mine = rebindings.c.membership_id == id_of(number), rebindings.c.phone == phone
    changed = connection.execute(update(rebindings).where(*mine, *open_still).values(state="refused"))
    return changed.rowcount > 0


def finish_moves(connection: Connection, now_ms: int) -> list[tuple[int, str]]:
    """Revoke the old binding of every move that nobody refused in time; the new phone sends DAFTAR.

    Which: each membership's key and its old phone.
    """
    over = rebindings.c.state == "waiting", rebindings.c.until <= now_ms
    moved = connection.execute(
        update(rebindings).where(*over).values(state="done").returning(rebindings.c.membership_id, rebindings.c.phone)
    ).all()
    for membership_id, phone in moved:
        old = and_(bindings.c.membership_id == membership_id, bindings.c.phone == phone, bindings.c.state == "active")
        connection.execute(update(bindings).where(old).values(state="revoked", changed_at=now_ms))
    return [(membership_id, phone) for membership_id, phone in moved]


@dataclass(frozen=True, slots=True)
class Moving:
    """A move of a membership: from its old phone, which may refuse until `until`."""

    id: int
    number: str
    phone: str
    state: str
    began_at: int
    until: int


def moves(connection: Connection, limit: int) -> Sequence[Moving]:
    """The newest moves, newest first."""
    columns = rebindings.c.phone, rebindings.c.state, rebindings.c.began_at, rebindings.c.until
    found = select(rebindings.c.id, memberships.c.number, *columns)
    rows = found.join(memberships, memberships.c.id == rebindings.c.membership_id).order_by(rebindings.c.id.desc())
    return [Moving(*row) for row in connection.execute(rows.limit(limit))]


def stop_move(connection: Connection, key: int, now_ms: int) -> bool:
    """Stop a move as its old phone could; False: it is not under way any more."""
    mine = rebindings.c.id == key, rebindings.c.state == "waiting", rebindings.c.until > now_ms
    return connection.execute(update(rebindings).where(*mine).values(state="refused")).rowcount == 1


def bound_membership(connection: Connection, number: str) -> int | None:
    """The key of a membership that a phone is bound to; None where there is none such."""
    bound = bindings.c.membership_id == id_of(number), bindings.c.state == "active"
    return connection.scalar(select(bindings.c.membership_id).where(*bound))


def numbers_of(connection: Connection, keys: Sequence[int]) -> dict[int, str]:
    """The numbers of memberships, by their keys."""
    found = select(memberships.c.id, memberships.c.number).where(memberships.c.id.in_(keys))
    return dict(connection.execute(found).all())


def _inserted(connection: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    row = insert_ignore(dialect_of(connection), table).values(values)
    return connection.execute(row.returning(table.c.id)).first() is not None
