"""Some rows of an import against what is stored: what is new, what differs, and the writing of both."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, exists, select, update

from smsgw.members import bulk
from smsgw.members.import_ledger import Ledger
from smsgw.members.import_rows import Problem, Record
from smsgw.members.tables import bindings, memberships, people, phones_on_record
from smsgw.store import db_now

_MEMBERSHIP = tuple(column.name for column in memberships.columns if column.name != "id")
_PERSON = ("nik", "name", "birth_date")
_NEW = {"status_reason": "", "segment": "PU", "employer": ""}
Values = dict[str, Any]


class Chunk:
    """One chunk within a writing transaction: `add` each record in turn, then `write` once."""

    def __init__(
        self, connection: Connection, records: Sequence[Record], ledger: Ledger, digest: Callable[[str], bytes]
    ) -> None:
        self.new = self.changed = self.unchanged = 0
        self._connection, self._ledger, self._digest = connection, ledger, digest
        self._held = _stored_memberships(connection, [record.number for record in records])
        self._phones = _stored_phones(connection, [held["id"] for held in self._held.values()])
        owners = {held["person_id"] for held in self._held.values()}
        self._people = _stored_people(connection, [record.values.get("nik") for record in records], owners)
        self._by_nik = {person["nik"]: key for key, person in self._people.items() if person["nik"]}
        self._person_ids = iter(bulk.reserve_ids(connection, people, len(records)))
        self._membership_ids = iter(bulk.reserve_ids(connection, memberships, len(records)))
        self._new_people: set[int] = set()
        self._touched_people: set[int] = set()
        self._left_people: set[int] = set()
        self._inserts: list[Values] = []
        self._updates: list[Values] = []
        self._phones_new: list[tuple[str, int]] = []
        self._phones_gone: list[Values] = []
        self._now_ms = connection.scalar(select(db_now()))

    def add(self, record: Record) -> Problem | None:
        """Take in one record, or say which earlier line of the file it contradicts."""
        held = self._held.get(record.number)
        owner = self._owner(record, held)
        contradiction = self._contradiction(record, owner)
        if contradiction:
            return contradiction
        person = self._take_person(record, owner)
        key, told = self._take_membership(record, held, owner)
        phones = self._take_phones(record, key)
        if held is None:
            self.new += 1
        elif person or phones or any(held[column] != value for column, value in told.items()):
            self.changed += 1
            self._updates.append({name: held[name] for name in _MEMBERSHIP} | told | self._written() | {"key": key})
        else:
            self.unchanged += 1
        return None

    @property
    def gone(self) -> list[tuple[str, int]]:
        """The phones that have left a record, and the key of its membership."""
        return [(row["gone"], row["of"]) for row in self._phones_gone]

    def write(self) -> None:
        """Write what is new and what differs."""
        run = self._connection.execute
        bulk.insert_rows(self._connection, people, ("id", *_PERSON), self._person_rows(self._new_people))
        touched = self._touched_people - self._new_people
        if touched:
            run(_update(people, _PERSON), [{"key": key} | self._people[key] for key in sorted(touched)])
        rows = [tuple(row[name] for name in ("id", *_MEMBERSHIP)) for row in self._inserts]
        bulk.insert_rows(self._connection, memberships, ("id", *_MEMBERSHIP), rows)
        if self._updates:
            run(_update(memberships, _MEMBERSHIP), self._updates)
        bulk.insert_rows(self._connection, phones_on_record, ("phone", "membership_id"), self._phones_new)
        if self._phones_gone:
            run(FORGET_PHONE, self._phones_gone)
            run(REVOKE, self._phones_gone)
        if self._left_people:
            run(_FORGET_PERSON, {"keys": sorted(self._left_people)})

    def _owner(self, record: Record, held: Values | None) -> int:
        nik = record.values.get("nik")
        if nik in self._by_nik:
            return self._by_nik[nik]
        if held and (nik is None or self._people[held["person_id"]]["nik"] is None):
            key: int = held["person_id"]
            return key
        return next(self._person_ids)

    def _contradiction(self, record: Record, owner: int) -> Problem | None:
        line, _ = self._ledger.first("number", self._digest(record.number), b"", record.line)
        if line != record.line:
            return Problem(record.line, "number", f"is on line {line} already")
        for column in ("name", "birth_date"):
            if column in record.values:
                said = self._digest(record.values[column])
                line, before = self._ledger.first(column, owner, said, record.line)
                if said != before:
                    return Problem(record.line, column, f"is another than line {line} gives the same person")
        return None

    def _take_person(self, record: Record, owner: int) -> bool:
        if owner not in self._people:
            self._people[owner] = dict.fromkeys(_PERSON)
            self._new_people.add(owner)
        person = self._people[owner]
        told = {column: record.values[column] for column in _PERSON if column in record.values}
        if all(person[column] == value for column, value in told.items()):
            return False
        person.update(told)
        self._touched_people.add(owner)
        if person["nik"]:
            self._by_nik[person["nik"]] = owner
        return True

    def _take_membership(self, record: Record, held: Values | None, owner: int) -> tuple[int, Values]:
        told = {column: value for column, value in record.values.items() if column in _MEMBERSHIP}
        told["person_id"] = owner
        if held is None:
            key = next(self._membership_ids)
            programmes = "JHT" if told.get("jht_balance") is not None else ""
            empty = dict.fromkeys(_MEMBERSHIP) | _NEW | {"programmes": programmes}
            self._inserts.append(empty | told | self._written() | {"id": key})
            return key, told
        if held["person_id"] != owner:
            self._left_people.add(held["person_id"])
        return held["id"], told

    def _written(self) -> Values:
        return {"written_at": self._now_ms}

    def _take_phones(self, record: Record, key: int) -> bool:
        if "phone" not in record.values:
            return False
        before, now = self._phones.get(key, set()), set(record.values["phone"])
        self._phones_new += [(phone, key) for phone in sorted(now - before)]
        self._phones_gone += [{"of": key, "gone": phone} for phone in sorted(before - now)]
        return before != now

    def _person_rows(self, keys: Iterable[int]) -> list[tuple[Any, ...]]:
        return [(key, *(self._people[key][column] for column in _PERSON)) for key in sorted(keys)]


def _stored_memberships(connection: Connection, numbers: Sequence[str]) -> dict[str, Values]:
    rows = connection.execute(select(memberships).where(memberships.c.number.in_(numbers))).mappings()
    return {row["number"]: dict(row) for row in rows}


def _stored_people(connection: Connection, niks: Iterable[str | None], owners: Iterable[int]) -> dict[int, Values]:
    told = [nik for nik in niks if nik]
    rows = connection.execute(select(people).where(people.c.nik.in_(told) | people.c.id.in_(list(owners)))).mappings()
    return {row["id"]: {column: row[column] for column in _PERSON} for row in rows}


def _stored_phones(connection: Connection, keys: Sequence[int]) -> Mapping[int, set[str]]:
    found: dict[int, set[str]] = {}
    for phone, key in connection.execute(select(phones_on_record).where(phones_on_record.c.membership_id.in_(keys))):
        found.setdefault(key, set()).add(phone)
    return found


def _update(table: Any, columns: Sequence[str]) -> Any:
    return update(table).where(table.c.id == bindparam("key")).values({name: bindparam(name) for name in columns})


_ON_RECORD = and_(phones_on_record.c.membership_id == bindparam("of"), phones_on_record.c.phone == bindparam("gone"))
FORGET_PHONE = delete(phones_on_record).where(_ON_RECORD)
# A phone that the record no longer has hears nothing more, bound or not.
REVOKE = (
    update(bindings)
    .where(bindings.c.membership_id == bindparam("of"), bindings.c.phone == bindparam("gone"))
    .where(bindings.c.state != "revoked")
    .values(state="revoked", changed_at=db_now())
)
_FORGET_PERSON = delete(people).where(
    people.c.id.in_(bindparam("keys", expanding=True)), ~exists().where(memberships.c.person_id == people.c.id)
)
