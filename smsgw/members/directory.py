"""Who may hear what: the memberships that a phone is entitled to (reliability 3.1), looked up in batches."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from sqlalchemy import BindParameter, CompoundSelect, Row, bindparam, cast, join, literal, null, select, union_all

from smsgw.members.tables import bindings, memberships, people, phones_on_record
from smsgw.store import Store

Ask = tuple[str, str | None]
_KNOWN, _ON_RECORD, _BOUND = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Membership:
    """One membership with its holder's name, as handlers see it. Amounts in whole rupiah."""

    id: int
    number: str
    name: str
    programmes: tuple[str, ...]
    status: str
    status_since: date | None
    status_reason: str
    segment: str
    employer: str
    registered_on: date | None
    jht_balance: int | None
    jht_balance_on: date | None
    last_contribution_month: date | None
    last_contribution: int | None


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What a phone may hear. `known`: it is on some record or bound to something."""

    memberships: tuple[Membership, ...]
    known: bool


class Directory:
    """The look-up that every personal answer passes through."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def entitled(self, asks: Sequence[Ask]) -> list[Entitlement]:
        """One entitlement for each ask (E.164 phone, membership number or None), in their order.

        With a number: that membership, when the phone is on its record or bound to it. Without: all that the
        phone is bound to, oldest first. One query for any batch, the same whoever asks. StoreUnavailable and
        KeyLost pass as they come.
        """
        if not asks:
            return []
        phones = sorted({phone for phone, _ in asks})
        numbers = sorted({number for _, number in asks if number})
        with self._store.read() as connection:
            rows = connection.execute(_LOOK_UP, {"phones": phones, "numbers": numbers}).all()
        return _sorted_out(asks, rows)


def _sorted_out(asks: Sequence[Ask], rows: Iterable[Row[*tuple[Any, ...]]]) -> list[Entitlement]:
    known: set[str] = set()
    named: dict[Ask, Membership] = {}
    bound: defaultdict[str, dict[int, Membership]] = defaultdict(dict)
    for link, phone, *columns in rows:
        known.add(phone)
        if link != _KNOWN:
            one = _membership(*columns)
            named[phone, one.number] = one
            if link == _BOUND:
                bound[phone][one.id] = one
    return [_entitlement(ask, known, named, bound) for ask in asks]


def _entitlement(
    ask: Ask, known: Container[str], named: Mapping[Ask, Membership], bound: Mapping[str, Mapping[int, Membership]]
) -> Entitlement:
    phone, number = ask
    if number is None:
        own = bound.get(phone, {})
        return Entitlement(tuple(own[key] for key in sorted(own)), phone in known)
    one = named.get(ask)
    return Entitlement((one,) if one else (), phone in known)


def _membership(key: int, number: str, name: str, programmes: str, *rest: Any) -> Membership:
    return Membership(key, number, name, tuple(programmes.split()), *rest)


def _look_up() -> CompoundSelect[*tuple[Any, ...]]:
    # Numbers lead to records, so that a phone that stands on thousands of records costs no more than another.
    phones: BindParameter[Any] = bindparam("phones", expanding=True)
    numbers: BindParameter[Any] = bindparam("numbers", expanding=True)
    record, of_record = phones_on_record.c, memberships.c.id == phones_on_record.c.membership_id
    whose, of_binding = people.c.id == memberships.c.person_id, memberships.c.id == bindings.c.membership_id
    on_record = (
        select(literal(_ON_RECORD), record.phone, *_COLUMNS)
        .select_from(join(memberships, people, whose).join(phones_on_record, of_record))
        .where(memberships.c.number.in_(numbers), record.phone.in_(phones))
    )
    bound = (
        select(literal(_BOUND), bindings.c.phone, *_COLUMNS)
        .select_from(join(bindings, memberships, of_binding).join(people, whose))
        .where(bindings.c.phone.in_(phones), bindings.c.state == "active")
    )
    nothing = (cast(null(), column.type) for column in _COLUMNS)
    known = select(literal(_KNOWN), record.phone, *nothing).where(record.phone.in_(phones)).distinct()
    return union_all(on_record, bound, known)


_COLUMNS = (
    memberships.c.id,
    memberships.c.number,
    people.c.name,
    memberships.c.programmes,
    *(memberships.c[field.name] for field in fields(Membership)[4:]),
)
_LOOK_UP = _look_up()
