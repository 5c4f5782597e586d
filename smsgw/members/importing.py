"""Data from a CSV file: validated row by row, written in chunks, repeatable.

What the columns are is in `smsgw.members.import_columns` and in docs/members.md. Columns that a file does not have
keep what is stored; a new membership then has nothing there.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection

from smsgw.members import bulk
from smsgw.members.import_chunk import Chunk
from smsgw.members.import_ledger import Ledger
from smsgw.members.import_rows import MEMBERS, ImportRefused, Problem, Record, Rows
from smsgw.store import Store

__all__ = ["Counts", "ImportRefused", "Problem", "Write", "import_members", "import_rows"]

CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of a file by what became of them."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    bad: int = 0


Gone = Callable[[Connection, str, int], object]
"""Hears of a phone that has left the record of a membership, by its key."""
Write = Callable[[Sequence[Record]], tuple[Counts, Sequence[Problem]]]
"""Writes a chunk of rows that are well by themselves; the problems are those that show only beside what is stored."""


def import_members(
    store: Store,
    path: Path,
    *,
    today: date,
    on_problem: Callable[[Problem], None],
    delimiter: str = ",",
    tick: Callable[[int], None] = lambda _: None,
    on_gone: Gone = lambda connection, phone, membership_id: None,
) -> Counts:
    """Bring the memberships of `path` into the store; `tick` hears how many bytes were read so far, and `on_gone`, in
    the same transaction, each phone that a record does not have any more.

    A row with a problem is left out and told to `on_problem`; the others are written, a thousand at a time.
    ImportRefused when the file as a whole cannot be read, and then nothing was written.
    """
    rows = Rows(path, MEMBERS, delimiter, today)
    with Ledger() as ledger:
        return import_rows(store, rows, lambda records: _write(store, records, ledger, on_gone), on_problem, tick)


def import_rows(
    store: Store,
    rows: Rows,
    write: Write,
    on_problem: Callable[[Problem], None],
    tick: Callable[[int], None],
    chunk: int = CHUNK,
) -> Counts:
    """Bring the rows of any file in, `chunk` at a time."""
    counts = Counts()
    for batch in _batches(rows, chunk):
        records = [row for row in batch if isinstance(row, Record)]
        found = [problem for row in batch if not isinstance(row, Record) for problem in row]
        written, more = write(records) if records else (Counts(), [])
        for problem in sorted([*found, *more], key=lambda problem: problem.line):
            on_problem(problem)
        counts = _sum(counts, written, len(batch) - len(records) + len({problem.line for problem in more}))
        tick(rows.read_bytes)
    if counts.new or counts.changed:
        with store.write() as connection:
            bulk.refresh_statistics(connection)
    return counts


def _batches(rows: Iterable[Record | Sequence[Problem]], size: int) -> Iterator[list[Record | Sequence[Problem]]]:
    source = iter(rows)
    while batch := list(islice(source, size)):
        yield batch


def _write(store: Store, records: Sequence[Record], ledger: Ledger, on_gone: Gone) -> tuple[Counts, list[Problem]]:
    with store.write() as connection:
        bulk.alone(connection)
        chunk = Chunk(connection, records, ledger, store.cipher.digest)
        contradictions = [problem for record in records if (problem := chunk.add(record))]
        chunk.write()
        for phone, membership_id in chunk.gone:
            on_gone(connection, phone, membership_id)
    return Counts(chunk.new, chunk.changed, chunk.unchanged), contradictions


def _sum(before: Counts, written: Counts, bad: int) -> Counts:
    return Counts(
        before.new + written.new,
        before.changed + written.changed,
        before.unchanged + written.unchanged,
        before.bad + bad,
    )
