"""Employments from a CSV file: one row an employer of a membership, known by its first day."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from smsgw.members import bulk
from smsgw.members.import_columns import HISTORY
from smsgw.members.import_ledger import Ledger
from smsgw.members.import_rows import Problem, Record, Rows, Sheet
from smsgw.members.importing import Counts, import_rows
from smsgw.members.tables import employments, memberships
from smsgw.store import Store

_TOLD = ("until", "employer", "segment")
_NEW = {"until": None, "employer": ""}


def _related(values: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    until = values.get("until")
    return [("until", "is before `since`")] if until is not None and until < values["since"] else []


SHEET = Sheet(HISTORY, "smsgw members import-history --help", empty={"employer": ""}, related=_related)


def import_history(
    store: Store,
    path: Path,
    *,
    today: date,
    on_problem: Callable[[Problem], None],
    delimiter: str = ",",
    tick: Callable[[int], None] = lambda _: None,
) -> Counts:
    """Bring the employments of `path` into the store, as `import_members` does memberships."""
    rows = Rows(path, SHEET, delimiter, today)
    with Ledger() as ledger:
        return import_rows(store, rows, lambda records: _write(store, records, ledger), on_problem, tick)


def _write(store: Store, records: Sequence[Record], ledger: Ledger) -> tuple[Counts, list[Problem]]:
    problems: list[Problem] = []
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    with store.write() as connection:
        bulk.alone(connection)
        keys = known_memberships(connection, records)
        held = _held(connection, list(keys.values()))
        for record in records:
            problem = _problem(record, keys, ledger, store)
            if problem:
                problems.append(problem)
                continue
            row = {"membership_id": keys[record.number], **record.values}
            before = held.get((row["membership_id"], row["since"]))
            if before is None:
                new.append(_NEW | {name: value for name, value in row.items() if name != "number"})
            elif any(before[name] != row[name] for name in _TOLD if name in row):
                changed.append(_changed(row, before))
        if new:
            connection.execute(insert(employments), new)
        if changed:
            connection.execute(_CHANGE, changed)
    written = len(new) + len(changed)
    return Counts(len(new), len(changed), len(records) - len(problems) - written), problems


def known_memberships(connection: Connection, records: Sequence[Record]) -> dict[str, int]:
    """The keys of the memberships that these rows name, by number."""
    numbers = [record.number for record in records]
    found = select(memberships.c.number, memberships.c.id).where(memberships.c.number.in_(numbers))
    return dict(connection.execute(found).all())


def _problem(record: Record, keys: Mapping[str, int], ledger: Ledger, store: Store) -> Problem | None:
    if record.number not in keys:
        return Problem(record.line, "number", "is no known membership: import the membership first")
    key = store.cipher.digest(f"{record.number} {record.values['since']}")
    line, _ = ledger.first("employment", key, b"", record.line)
    return (
        Problem(record.line, "since", f"is on line {line} already for this membership") if line != record.line else None
    )


def _held(connection: Connection, keys: Sequence[int]) -> dict[tuple[int, date], Mapping[str, Any]]:
    rows = connection.execute(select(employments).where(employments.c.membership_id.in_(keys))).mappings()
    return {(row["membership_id"], row["since"]): dict(row) for row in rows}


def _changed(row: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    told = {f"new_{name}": row.get(name, before[name]) for name in _TOLD}
    return told | {"of": row["membership_id"], "on": row["since"]}


_CHANGE = (
    update(employments)
    .where(employments.c.membership_id == bindparam("of"), employments.c.since == bindparam("on"))
    .values({name: bindparam(f"new_{name}") for name in _TOLD})
)
