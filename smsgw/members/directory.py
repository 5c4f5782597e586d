"""Who may hear what: the memberships that a phone is entitled to (reliability 3.1), looked up in batches."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    LargeBinary,
    Row,
    cast,
    join,
    literal,
    null,
    select,
    type_coerce,
    union_all,
)

from smsgw.members.tables import bindings, memberships, people, phones_on_record
from smsgw.store import Store
from smsgw.store.sql import among, dialect_of, spelled

Ask = tuple[str, str | None]
IDLE_MS: Final = 60 * 86_400_000  # a number is sold again after sixty days (reliability T8)
NOTED_MS: Final = 86_400_000  # a use is written down once a day
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
    """What a phone may hear.

    `memberships`: those the ask is entitled to; `by_binding`: through DAFTAR, not only through the record. `bound`: all
    that are bound to the phone and in use; `idle`: something is bound, but was not used for sixty days, so that DAFTAR
    is due again. `known`: the phone is on some record or bound. `unused` are ids whose use is worth noting down again.
    """

    memberships: tuple[Membership, ...]
    known: bool
    bound: tuple[Membership, ...] = ()
    by_binding: bool = False
    idle: bool = False
    unused: tuple[int, ...] = ()


STRANGER: Final = Entitlement(memberships=(), known=False)


class Directory:
    """The look-up that every personal answer passes through."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def entitled(self, asks: Sequence[Ask], now_ms: int = 0) -> list[Entitlement]:
        """One entitlement for each ask (E.164 phone, membership number or None), in their order.

        With a number: that membership, when the phone is on its record or bound to it. Without: all that the
        phone is bound to, oldest first. `now_ms` by the gateway's clock decides what is idle. One query for any batch,
        the same whoever asks. StoreUnavailable and KeyLost pass as they come.
        """
        if not asks:
            return []
        seal = self._store.cipher.seal  # each value once: the statement names it three times, and its rows again
        phones = {seal(phone, b"phone"): phone for phone, _ in asks}
        numbers = [seal(number, b"number") for number in sorted({number for _, number in asks if number})]
        with self._store.read() as connection:
            look_up = _look_up(dialect_of(connection))
            rows = connection.execute(look_up, {"phones": [*phones], "numbers": numbers}).all()
        return _sorted_out(asks, phones, rows, now_ms)


@dataclass(slots=True)
class _Phone:
    """What the rows say of one phone."""

    on_record: dict[str, Membership] = field(default_factory=dict)
    bound: dict[int, Membership] = field(default_factory=dict)
    unused: list[int] = field(default_factory=list)
    idle: bool = False
    known: bool = False

    def take(self, link: int, used_at: int | None, columns: Sequence[Any], now_ms: int) -> None:
        """One row of the look-up."""
        self.known = True
        if link == _KNOWN:
            return
        one = membership_of(*columns)
        if link == _ON_RECORD:
            self.on_record[one.number] = one
        elif (used_at or 0) < now_ms - IDLE_MS:
            self.idle = True
        else:
            self.bound[one.id] = one
            self.unused += [one.id] if (used_at or 0) < now_ms - NOTED_MS else []

    def entitlement(self, number: str | None) -> Entitlement:
        """What this phone may hear of one membership, or of all that are bound to it."""
        bound = tuple(self.bound[key] for key in sorted(self.bound))
        mine = tuple(one for one in bound if number in (None, one.number))
        record = self.on_record.get(number) if number else None
        memberships = mine or ((record,) if record else ())
        return Entitlement(memberships, self.known, bound, bool(mine), self.idle, tuple(self.unused))


def _sorted_out(
    asks: Sequence[Ask], sealed: Mapping[bytes, str], rows: Iterable[Row[*tuple[Any, ...]]], now_ms: int
) -> list[Entitlement]:
    phones: defaultdict[str, _Phone] = defaultdict(_Phone)
    for link, phone, used_at, *columns in rows:
        phones[sealed[phone]].take(link, used_at, columns, now_ms)
    return [phones[phone].entitlement(number) if phone in phones else STRANGER for phone, number in asks]


def membership_of(key: int, number: str, name: str, programmes: str, *rest: Any) -> Membership:
    """The membership of a row of COLUMNS."""
    return Membership(key, number, name, tuple(programmes.split()), *rest)


@cache
def _look_up(dialect: str) -> CompoundSelect[*tuple[Any, ...]]:
    # Numbers lead to records, so that a phone that stands on thousands of records costs no more than another.
    record, of_record = phones_on_record.c, memberships.c.id == phones_on_record.c.membership_id
    whose, of_binding = people.c.id == memberships.c.person_id, memberships.c.id == bindings.c.membership_id
    on_record = (
        select(literal(_ON_RECORD), _bytes(record.phone), cast(null(), bindings.c.used_at.type), *COLUMNS)
        .select_from(join(memberships, people, whose).join(phones_on_record, of_record))
        .where(among(dialect, memberships.c.number, "numbers"), among(dialect, record.phone, "phones"))
    )
    bound = (
        select(literal(_BOUND), _bytes(bindings.c.phone), bindings.c.used_at, *COLUMNS)
        .select_from(join(bindings, memberships, of_binding).join(people, whose))
        .where(among(dialect, bindings.c.phone, "phones"), bindings.c.state == spelled("active"))
    )
    nothing = (cast(null(), column.type) for column in (bindings.c.used_at, *COLUMNS))
    known = select(literal(_KNOWN), _bytes(record.phone), *nothing).where(among(dialect, record.phone, "phones"))
    return union_all(on_record, bound, known.distinct())


def _bytes(sealed: ColumnElement[str]) -> ColumnElement[bytes]:
    return type_coerce(sealed, LargeBinary())


COLUMNS = (
    memberships.c.id,
    memberships.c.number,
    people.c.name,
    memberships.c.programmes,
    *(memberships.c[one.name] for one in fields(Membership)[4:]),
)
