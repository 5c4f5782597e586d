"""What an import has seen so far, on disk rather than in memory: keyed hashes and line numbers, no values."""

import sqlite3
from types import TracebackType
from typing import Self


class Ledger:
    """Finds the line that said something else about the same membership or person."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("", isolation_level=None)  # a temporary database that vanishes when closed
        self._file.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
            "CREATE TABLE seen (what, key, said, line, PRIMARY KEY (what, key)) WITHOUT ROWID;"
        )
        self._file.execute("BEGIN")

    def __enter__(self) -> Self:
        """Close it at the end of the block."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """Forget everything."""
        self._file.close()

    def first(self, what: str, key: bytes | int, said: bytes, line: int) -> tuple[int, bytes]:
        """The line that spoke first of `what` `key`, and what it said: this one's own where it is the first."""
        self._file.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, ?, ?)", (what, key, said, line))
        query = "SELECT line, said FROM seen WHERE what = ? AND key = ?"
        found: tuple[int, bytes] = self._file.execute(query, (what, key)).fetchone()
        return found
