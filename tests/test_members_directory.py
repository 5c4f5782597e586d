"""Who is entitled: record, binding, number, on both databases; and that every asker causes the same one query."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import event, insert, update
from sqlalchemy.exc import IntegrityError

from smsgw.errors import KeyLost, StoreUnavailable
from smsgw.members.directory import Directory, Entitlement, Membership
from smsgw.members.tables import bindings, memberships, people, phones_on_record
from smsgw.store import Cipher, Store, metadata, open_store

SITI, JOKO, OTHER = "+6281218050012", "+6281298000012", "+6281298000099"
FIRST, SECOND, OLD, ABSENT = "18050012345", "99090000034", "05JN0012345", "99000000000"


def add_person(store: Store, name: str = "SITI RAHAYU") -> int:
    with store.write() as connection:
        return int(connection.execute(insert(people).values(name=name).returning(people.c.id)).scalar_one())


def add_membership(store: Store, person: int, number: str, *phones: str) -> int:
    with store.write() as connection:
        row = {"person_id": person, "number": number, "status": "AKTIF", "segment": "PU"}
        key = int(connection.execute(insert(memberships).values(row).returning(memberships.c.id)).scalar_one())
        for phone in phones:
            connection.execute(insert(phones_on_record).values(phone=phone, membership_id=key))
    return key


def bind(store: Store, membership: int, phone: str, state: str = "active") -> None:
    with store.write() as connection:
        times = {"bound_at": 1, "used_at": 1, "changed_at": 1}
        connection.execute(insert(bindings).values(membership_id=membership, phone=phone, state=state, **times))


def heard(entitlement: Entitlement) -> tuple[list[str], bool]:
    return [one.number for one in entitlement.memberships], entitlement.known


def test_a_membership_has_all_that_is_stored(store: Store) -> None:
    key = add_membership(store, add_person(store, "NURʼAINI ḤALĪMAH"), FIRST, SITI)
    told: dict[str, Any] = {
        "status": "NONAKTIF",
        "status_since": date(2025, 8, 31),
        "status_reason": "berhenti kerja",
        "employer": "PT MAJU JAYA",
        "registered_on": date(2018, 5, 1),
        "jht_balance": 23_451_200,
        "jht_balance_on": date(2025, 10, 31),
        "last_contribution_month": date(2025, 9, 1),
        "last_contribution": 285_000,
    }
    with store.write() as connection:
        connection.execute(update(memberships).values(programmes="JHT JKK JKM", **told))
    (found,) = Directory(store).entitled([(SITI, FIRST)])[0].memberships
    assert found == Membership(
        id=key, number=FIRST, name="NURʼAINI ḤALĪMAH", programmes=("JHT", "JKK", "JKM"), segment="PU", **told
    )


@pytest.fixture
def scene(store: Store) -> Store:
    """Siti's phone on the record of two, bound to the second; Joko's bound to an old card; a binding revoked."""
    siti, joko = add_person(store), add_person(store, "JOKO SUSILO")
    add_membership(store, siti, FIRST, SITI)
    bind(store, add_membership(store, siti, SECOND, SITI), SITI)
    old = add_membership(store, joko, OLD)
    bind(store, old, OTHER, "revoked")
    bind(store, old, JOKO)
    return store


@pytest.mark.parametrize(
    ("phone", "number", "numbers", "known"),
    [
        (SITI, FIRST, [FIRST], True),
        (SITI, SECOND, [SECOND], True),
        (SITI, OLD, [], True),
        (SITI, ABSENT, [], True),
        (SITI, None, [SECOND], True),  # on record alone is not enough without the number
        (JOKO, OLD, [OLD], True),
        (JOKO, None, [OLD], True),
        (JOKO, FIRST, [], True),
        (OTHER, OLD, [], False),
        (OTHER, None, [], False),
        (OTHER, ABSENT, [], False),
        (OTHER, "", [], False),
        ("", None, [], False),
    ],
)
def test_who_hears_what(scene: Store, phone: str, number: str | None, numbers: list[str], known: bool) -> None:
    assert heard(Directory(scene).entitled([(phone, number)])[0]) == (numbers, known)


def test_a_batch_is_answered_in_its_order(scene: Store) -> None:
    asks = [(OTHER, FIRST), (SITI, FIRST), (JOKO, None), (SITI, OLD), (JOKO, OLD), (SITI, None), (SITI, FIRST)] * 14
    together = Directory(scene).entitled(asks)
    assert together == [Directory(scene).entitled([ask])[0] for ask in asks]


@pytest.mark.parametrize("state", ["reconfirm", "rebind_wait", "revoked"])
def test_only_an_active_binding_counts(store: Store, state: str) -> None:
    bind(store, add_membership(store, add_person(store), FIRST), SITI, state)
    assert heard(Directory(store).entitled([(SITI, FIRST)])[0]) == ([], False)


def test_a_membership_has_one_active_phone(scene: Store) -> None:
    key = Directory(scene).entitled([(JOKO, OLD)])[0].memberships[0].id
    bind(scene, key, OTHER, "rebind_wait")
    with pytest.raises(IntegrityError):
        bind(scene, key, OTHER)


@contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    seen: list[str] = []

    def listen(connection: object, cursor: object, statement: str, *rest: object) -> None:
        seen.append(statement)

    event.listen(store.engine, "before_cursor_execute", listen)
    try:
        yield seen
    finally:
        event.remove(store.engine, "before_cursor_execute", listen)


def test_stranger_and_entitled_cause_the_same_statement(scene: Store) -> None:
    shapes = set()
    for ask in [(SITI, FIRST), (SITI, OLD), (OTHER, FIRST), (OTHER, ABSENT)]:
        with statements(scene) as seen:
            Directory(scene).entitled([ask])
        shapes.add(tuple(one for one in seen if "SELECT" in one))
    assert len(shapes) == 1


@pytest.mark.parametrize("size", [1, 32, 100])
def test_a_batch_of_any_size_is_one_query(scene: Store, size: int) -> None:
    asks: list[tuple[str, str | None]] = [(f"+62812{i:08d}", f"99{i:09d}" if i % 3 else None) for i in range(size)]
    with statements(scene) as seen:
        Directory(scene).entitled(asks)
    assert sum("SELECT" in one for one in seen) == 1


def test_nobody_asked_nothing_is_looked_up(scene: Store) -> None:
    with statements(scene) as seen:
        assert Directory(scene).entitled([]) == []
    assert not seen


def test_a_database_that_is_away_is_said_so(tmp_path: Path, cipher: Cipher) -> None:
    away = f"sqlite:///{tmp_path / 'none' / 'x.sqlite'}"
    with closing(open_store(away, cipher)) as store, pytest.raises(StoreUnavailable):
        Directory(store).entitled([(SITI, FIRST)])


def test_another_key_finds_nobody_and_opens_nothing(sqlite_store: Store, sqlite_url: str) -> None:
    add_membership(sqlite_store, add_person(sqlite_store), FIRST, SITI)
    with closing(open_store(sqlite_url, Cipher(bytes(64)))) as store:
        assert heard(Directory(store).entitled([(SITI, FIRST)])[0]) == ([], False)
        with pytest.raises(KeyLost), store.read() as connection:
            connection.execute(people.select()).all()


class EntitlementMachine(RuleBasedStateMachine):
    """Any order of records and bindings, against a model of sets: no phone ever hears what is not its own."""

    numbers = Bundle("numbers")
    phones = st.sampled_from([SITI, JOKO, OTHER])

    @initialize()
    def open(self) -> None:
        self.folder = TemporaryDirectory()
        self.store = open_store(f"sqlite:///{self.folder.name}/smsgw.sqlite", Cipher(bytes(range(64))))
        metadata.create_all(self.store.engine)
        self.keys: dict[str, int] = {}
        self.record: defaultdict[str, set[str]] = defaultdict(set)
        self.bound: dict[str, str] = {}
        self.person = add_person(self.store)

    @rule(target=numbers, own=st.booleans(), phones=st.sets(phones))
    def new_membership(self, own: bool, phones: set[str]) -> str:
        number = f"99{len(self.keys):09d}"
        person = self.person if own else add_person(self.store, "JOKO SUSILO")
        self.keys[number] = add_membership(self.store, person, number, *phones)
        self.record[number] = phones
        return number

    @rule(number=numbers, phone=phones)
    def bind(self, number: str, phone: str) -> None:
        if number not in self.bound:
            bind(self.store, self.keys[number], phone)
            self.bound[number] = phone

    @rule(number=numbers, state=st.sampled_from(["revoked", "reconfirm", "rebind_wait"]))
    def unbind(self, number: str, state: str) -> None:
        with self.store.write() as connection:
            of = bindings.c.membership_id == self.keys[number]
            connection.execute(update(bindings).where(of, bindings.c.state == "active").values(state=state))
        self.bound.pop(number, None)

    @rule(number=numbers, phone=phones)
    def forget(self, number: str, phone: str) -> None:
        with self.store.write() as connection:
            of = phones_on_record.c.membership_id == self.keys[number]
            connection.execute(phones_on_record.delete().where(of, phones_on_record.c.phone == phone))
        self.record[number] = self.record[number] - {phone}

    @invariant()
    def everyone_hears_their_own(self) -> None:
        asks = [(phone, number) for phone in (SITI, JOKO, OTHER) for number in [None, ABSENT, *self.keys]]
        assert [heard(one) for one in Directory(self.store).entitled(asks)] == [self.expected(*ask) for ask in asks]

    def expected(self, phone: str, number: str | None) -> tuple[list[str], bool]:
        known = phone in self.bound.values() or any(phone in phones for phones in self.record.values())
        if number is None:
            return [one for one in self.keys if self.bound.get(one) == phone], known
        own = phone in self.record.get(number, ()) or self.bound.get(number) == phone
        return [number] if own else [], known

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            self.folder.cleanup()


TestEntitlement = EntitlementMachine.TestCase
TestEntitlement.settings = settings(max_examples=30, stateful_step_count=15, deadline=None)


def test_a_membership_cannot_be_altered(scene: Store) -> None:
    (found,) = Directory(scene).entitled([(SITI, FIRST)])[0].memberships
    assert replace(found, name="X") != found
    with pytest.raises(AttributeError):
        found.name = "X"  # type: ignore[misc]
