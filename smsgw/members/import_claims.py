"""Claims from a CSV file: one row a claim; whoever is to hear of a change is told in the same transaction."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from smsgw.members import bulk
from smsgw.members.import_columns import CLAIMS
from smsgw.members.import_history import known_memberships
from smsgw.members.import_ledger import Ledger
from smsgw.members.import_rows import Problem, Record, Rows, Sheet
from smsgw.members.importing import Counts, import_rows
from smsgw.members.reach import StageChange
from smsgw.members.tables import claims
from smsgw.store import Store

CHUNK = 200  # texts are made while the transaction is open
_COLUMNS = ("programme", "stage", "state", "filed_on", "changed_on")


Tell = Callable[[Connection, Sequence[StageChange]], object]


def _related(values: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    late = values["changed_on"] < values["filed_on"]
    return [("changed_on", "is before `filed_on`")] if late else []


SHEET = Sheet(CLAIMS, "smsgw claims import --help", related=_related)


def import_claims(
    store: Store,
    path: Path,
    tell: Tell,
    *,
    today: date,
    on_problem: Callable[[Problem], None],
    delimiter: str = ",",
    tick: Callable[[int], None] = lambda _: None,
) -> Counts:
    """Bring the claims of `path` into the store, as `import_members` does memberships.

    `tell` hears of the known claims whose stage or state changed, in the transaction that changes them. A claim that
    is new is no change: a first import tells nobody.
    """
    rows = Rows(path, SHEET, delimiter, today)
    with Ledger() as ledger:
        return import_rows(store, rows, lambda records: _write(store, records, ledger, tell), on_problem, tick, CHUNK)


def _write(store: Store, records: Sequence[Record], ledger: Ledger, tell: Tell) -> tuple[Counts, list[Problem]]:
    problems: list[Problem] = []
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    moved: list[StageChange] = []
    with store.write() as connection:
        bulk.alone(connection)
        keys, held = known_memberships(connection, records), _held(connection, records)
        for record in records:
            before = held.get(record.values["claim"])
            problem = _problem(record, keys, before, ledger)
            if problem:
                problems.append(problem)
                continue
            row = _row(record, keys)
            if before is None:
                new.append(row)
            elif any(before[name] != row[name] for name in _COLUMNS):
                changed.append({f"new_{name}": value for name, value in row.items()})
                moved += [_change(row)] if (before["stage"], before["state"]) != (row["stage"], row["state"]) else []
        if new:
            connection.execute(insert(claims), new)
        if changed:
            connection.execute(_CHANGE, changed)
        if moved:
            tell(connection, moved)
    written = len(new) + len(changed)
    return Counts(len(new), len(changed), len(records) - len(problems) - written), problems


def _row(record: Record, keys: Mapping[str, int]) -> dict[str, Any]:
    told = {name: record.values[name] for name in _COLUMNS}
    return told | {"number": record.values["claim"], "membership_id": keys[record.number]}


def _change(row: Mapping[str, Any]) -> StageChange:
    stood = row["programme"], row["stage"], row["state"], row["changed_on"]
    return StageChange(row["number"], row["membership_id"], *stood)


def _problem(
    record: Record, keys: Mapping[str, int], before: Mapping[str, Any] | None, ledger: Ledger
) -> Problem | None:
    line, _ = ledger.first("claim", record.values["claim"].encode(), b"", record.line)
    if line != record.line:
        return Problem(record.line, "claim", f"is on line {line} already")
    key = keys.get(record.number)
    if key is None:
        return Problem(record.line, "number", "is no known membership: import the membership first")
    if before is not None and before["membership_id"] != key:
        return Problem(record.line, "number", "is another membership than the one this claim is known for")
    return None


def _held(connection: Connection, records: Sequence[Record]) -> dict[str, Mapping[str, Any]]:
    numbers = [record.values["claim"] for record in records]
    rows = connection.execute(select(claims).where(claims.c.number.in_(numbers))).mappings()
    return {row["number"]: dict(row) for row in rows}


_CHANGE = (
    update(claims)
    .where(claims.c.number == bindparam("new_number"))
    .values({name: bindparam(f"new_{name}") for name in _COLUMNS})
)
