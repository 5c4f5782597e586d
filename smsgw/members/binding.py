"""Bindings: a phone bound to a membership by DAFTAR, unbound by PUTUS, and the move that its old phone may refuse."""

from sqlalchemy import Connection, ScalarSelect, select, update

from smsgw.members.tables import bindings, memberships, rebindings
from smsgw.store.sql import dialect_of, insert_ignore


def _id_of(number: str) -> ScalarSelect[int]:
    return select(memberships.c.id).where(memberships.c.number == number).scalar_subquery()


def bind(connection: Connection, phone: str, number: str, now_ms: int) -> bool:
    """Bind a phone to a membership; False: another phone is bound to it (a membership has one active phone)."""
    mine = bindings.c.membership_id == _id_of(number), bindings.c.phone == phone, bindings.c.state == "active"
    stamps = {"used_at": now_ms, "changed_at": now_ms}
    if connection.execute(update(bindings).where(*mine).values(stamps)).rowcount:
        return True
    values = {"membership_id": _id_of(number), "phone": phone, "state": "active", "bound_at": now_ms, **stamps}
    return connection.execute(insert_ignore(dialect_of(connection), bindings).values(values)).rowcount == 1


def unbind(connection: Connection, phone: str, number: str, now_ms: int) -> bool:
    """Revoke a phone's binding; True even where there is none any more."""
    mine = bindings.c.membership_id == _id_of(number), bindings.c.phone == phone, bindings.c.state == "active"
    connection.execute(update(bindings).where(*mine).values(state="revoked", changed_at=now_ms))
    return True


def use(connection: Connection, phone: str, ids: tuple[int, ...], now_ms: int) -> None:
    """Note that a phone has used its bindings to these memberships."""
    mine = bindings.c.membership_id.in_(ids), bindings.c.phone == phone, bindings.c.state == "active"
    connection.execute(update(bindings).where(*mine).values(used_at=now_ms))


def refuse(connection: Connection, phone: str, number: str, now_ms: int) -> bool:
    """The old phone refuses the move of a membership; False: there is none to refuse, or its time is over."""
    open_still = rebindings.c.state == "waiting", rebindings.c.until > now_ms
    mine = rebindings.c.membership_id == _id_of(number), rebindings.c.phone == phone
    changed = connection.execute(update(rebindings).where(*mine, *open_still).values(state="refused"))
    return changed.rowcount > 0
