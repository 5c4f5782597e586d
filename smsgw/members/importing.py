"""Membership data from a CSV file: validated row by row, written in chunks, repeatable.

The columns are in `smsgw.members.import_columns.COLUMNS` and in docs/members.md. Columns that a file does not have
keep what is stored; a new membership then has nothing there.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path

from smsgw.members import bulk
from smsgw.members.import_chunk import Chunk
from smsgw.members.import_ledger import Ledger
from smsgw.members.import_rows import ImportRefused, Problem, Record, Rows
from smsgw.store import Store

__all__ = ["Counts", "ImportRefused", "Problem", "import_members"]

CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of a file by what became of them."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    bad: int = 0


def import_members(
    store: Store,
    path: Path,
    *,
    today: date,
    on_problem: Callable[[Problem], None],
    delimiter: str = ",",
    tick: Callable[[int], None] = lambda _: None,
) -> Counts:
    """Bring the rows of `path` into the store; `tick` hears how many bytes were read so far.

    A row with a problem is left out and told to `on_problem`; the others are written, a thousand at a time.
    ImportRefused when the file as a whole cannot be read, and then nothing was written.
    """
    rows = Rows(path, delimiter, today)
    counts = Counts()
    with Ledger() as ledger:
        for batch in _batches(rows):
            records = [row for row in batch if isinstance(row, Record)]
            found = [problem for row in batch if not isinstance(row, Record) for problem in row]
            written, contradictions = _write(store, records, ledger)
            for problem in sorted([*found, *contradictions], key=lambda problem: problem.line):
                on_problem(problem)
            bad = len(batch) - len(records) + len(contradictions)
            counts = _sum(counts, written, bad)
            tick(rows.read_bytes)
    if counts.new or counts.changed:
        with store.write() as connection:
            bulk.refresh_statistics(connection)
    return counts


def _batches(rows: Rows) -> Iterator[list[Record | Sequence[Problem]]]:
    source = iter(rows)
    while batch := list(islice(source, CHUNK)):
        yield batch


def _write(store: Store, records: Sequence[Record], ledger: Ledger) -> tuple[Counts, list[Problem]]:
    if not records:
        return Counts(), []
    with store.write() as connection:
        bulk.alone(connection)
        chunk = Chunk(connection, records, ledger, store.cipher.digest)
        contradictions = [problem for record in records if (problem := chunk.add(record))]
        chunk.write()
    return Counts(chunk.new, chunk.changed, chunk.unchanged), contradictions


def _sum(before: Counts, written: Counts, bad: int) -> Counts:
    return Counts(
        before.new + written.new,
        before.changed + written.changed,
        before.unchanged + written.unchanged,
        before.bad + bad,
    )
