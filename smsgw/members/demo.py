"""Demo people: an invented population of any size, the same for the same seed, written in chunks."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from sqlalchemy import Connection, delete, select

from smsgw.errors import SmsgwError
from smsgw.members import bulk
from smsgw.members.demo_cards import AS_OF, card
from smsgw.members.demo_identity import MAX_COUNT, Identity, identity, nik
from smsgw.members.demo_names import name
from smsgw.members.demo_past import with_past
from smsgw.members.demo_roles import DEMO_PEOPLE, ROLES, DemoPerson, Person
from smsgw.members.tables import (
    claims,
    contributions,
    employments,
    jht_movements,
    memberships,
    people,
    phones_on_record,
)
from smsgw.store import Store

__all__ = ["DEMO_PEOPLE", "MAX_COUNT", "DemoPerson", "Populated", "demo_pairs", "history_months", "populate", "restore"]

CHUNK = 2_000
_HISTORY_ROWS = 3_000_000  # contributions that a population keeps at most, roughly
_SAME = (  # columns that a card has under the same name
    *("number", "status", "status_since", "status_reason", "segment", "employer", "registered_on", "programmes"),
    *("jht_balance", "last_contribution_month", "last_contribution"),
)


class OtherPopulation(SmsgwError):
    """The database holds demo people whose identifiers these would share."""


@dataclass(frozen=True, slots=True)
class Populated:
    """How many people, and how many memberships of theirs, were written or were there already."""

    new_people: int
    new_memberships: int
    there_already: int


def demo_pairs(count: int, seed: int) -> Iterator[tuple[str, str]]:
    """(phone as E.164, membership number) of every membership of `populate(…, count, seed)` with a phone on record.

    Arithmetic alone, without a database: some microseconds each.
    """
    yield from ((one.phone, one.number) for one in DEMO_PEOPLE)
    for index in range(len(ROLES), count):
        who = identity(index, seed)
        if who.phone:
            for number in who.numbers:
                yield who.phone, number


def history_months(count: int) -> int:
    """The months of contributions that are kept of each membership: two years, less of a large population."""
    return max(3, min(24, _HISTORY_ROWS // count))


def populate(store: Store, count: int, seed: int, tick: Callable[[int], None] = lambda _: None) -> Populated:
    """See to it that the `count` demo people of `seed` are there; `tick` hears how many more are done.

    The people of DEMO_PEOPLE come first and are always there. What is there already is left alone, so that the
    same call changes nothing and a larger `count` extends. Each chunk is one transaction. OtherPopulation when
    another seed's people hold the same identifiers.
    """
    done = Populated(0, 0, 0)
    shown = history_months(count)
    for start in range(0, max(count, len(ROLES)), CHUNK):
        chunk = _chunk(start, max(count, len(ROLES)), seed, shown)
        with store.write() as connection:
            bulk.alone(connection)
            missing = _missing(connection, chunk)
            _insert(connection, missing)
        done = Populated(
            done.new_people + len(missing),
            done.new_memberships + sum(len(person.cards) for person in missing),
            done.there_already + len(chunk) - len(missing),
        )
        tick(len(chunk))
    if done.new_people:
        with store.write() as connection:
            bulk.refresh_statistics(connection)
    return done


def restore(connection: Connection) -> None:
    """Have the people of DEMO_PEOPLE as they were loaded, where they were; everybody else is left alone.

    Nothing may name their memberships any more: no binding, no complaint.
    """
    numbers = [one.number for person in ROLES for one in person.cards]
    owners = {*connection.scalars(select(memberships.c.person_id).where(memberships.c.number.in_(numbers)))}
    if not owners:
        return
    ids = [*connection.scalars(select(memberships.c.id).where(memberships.c.person_id.in_(owners)))]
    for table in (contributions, jht_movements, phones_on_record, employments, claims):
        connection.execute(delete(table).where(table.c.membership_id.in_(ids)))
    connection.execute(delete(memberships).where(memberships.c.id.in_(ids)))
    connection.execute(delete(people).where(people.c.id.in_(owners)))
    _insert(connection, ROLES)


def _chunk(start: int, count: int, seed: int, shown: int) -> list[Person]:
    # One sequence of dice for a chunk: its people are the same however many follow.
    dice = Random(f"{seed}/{start}")  # noqa: S311 - invented people need no secrecy, they need to be repeatable
    indices = range(start, min(start + CHUNK, count))
    return [ROLES[index] if index < len(ROLES) else _person(dice, index, seed, shown) for index in indices]


def _person(dice: Random, index: int, seed: int, shown: int) -> Person:
    who = identity(index, seed)
    woman = dice.random() < 0.45
    born = _birth_date(dice, who)
    cards = [
        card(dice, number, born.year, shown, former=at > 0, old=who.old and at == len(who.numbers) - 1)
        for at, number in enumerate(who.numbers)
    ]
    cards[0] = with_past(cards[0], index, seed % 10)
    return Person(nik(index, seed, born, woman), name(dice, woman), born, who.phone, tuple(cards))


def _birth_date(dice: Random, who: Identity) -> date:
    first, last = (1960, 1984) if who.old else (1964, 2006)
    return date(first, 1, 1) + timedelta(days=int(dice.random() * (last - first) * 365))


def _missing(connection: Connection, chunk: Sequence[Person]) -> list[Person]:
    numbers = [person.cards[0].number for person in chunk]
    held = select(memberships.c.number, people.c.nik).join(people).where(memberships.c.number.in_(numbers))
    owners = {row.number: row.nik for row in connection.execute(held)}
    for person in chunk:
        if owners.get(person.cards[0].number, person.nik) != person.nik:
            raise OtherPopulation(
                "The database holds demo people of another seed that ends in the same digit. "
                "Take a seed that ends in another digit, or an empty database."
            )
    return [person for person in chunk if person.cards[0].number not in owners]


def _insert(connection: Connection, persons: Sequence[Person]) -> None:
    cards = [(person, one) for person in persons for one in person.cards]
    owners = dict(zip((p.nik for p in persons), bulk.reserve_ids(connection, people, len(persons)), strict=True))
    ids = bulk.reserve_ids(connection, memberships, len(cards))
    held = list(zip(ids, cards, strict=True))
    bulk.insert_rows(
        connection,
        people,
        ("id", "nik", "name", "birth_date"),
        [(owners[person.nik], person.nik, person.name, person.born.isoformat()) for person in persons],
    )
    bulk.insert_rows(
        connection,
        memberships,
        ("id", "person_id", "jht_balance_on", *_SAME),
        [
            (key, owners[person.nik], _told_on(one.jht_balance), *(getattr(one, column) for column in _SAME))
            for key, (person, one) in held
        ],
    )
    bulk.insert_rows(
        connection,
        phones_on_record,
        ("phone", "membership_id"),
        [(person.phone, key) for key, (person, _) in held if person.phone],
    )
    bulk.insert_rows(
        connection,
        contributions,
        ("membership_id", "month", "amount", "paid"),
        [(key, *month) for key, (_, one) in held for month in one.months],
    )
    bulk.insert_rows(
        connection,
        jht_movements,
        ("membership_id", "seq", "moved_on", "kind", "amount"),
        [(key, seq, *move) for key, (_, one) in held for seq, move in enumerate(one.movements)],
    )
    bulk.insert_rows(
        connection,
        employments,
        ("membership_id", "since", "until", "employer", "segment"),
        [(key, *job) for key, (_, one) in held for job in one.jobs],
    )
    bulk.insert_rows(
        connection,
        claims,
        ("membership_id", "number", "programme", "stage", "state", "filed_on", "changed_on"),
        [(key, *claim) for key, (_, one) in held for claim in one.claims],
    )


def _told_on(balance: int | None) -> date | None:
    return None if balance is None else AS_OF
