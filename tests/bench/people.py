"""The members that write: the demo population's (phone, number) pairs, in the plain table that the baseline reads."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from smsgw.members.demo import demo_pairs

SEED = 2757
TABLE = "CREATE TABLE member (number TEXT PRIMARY KEY, phone TEXT NOT NULL, balance INTEGER NOT NULL)"


def member_table(folder: Path, count: int) -> Path:
    """The SQLite file with `count` members, built once and kept in `folder`."""
    path = folder / f"baseline-{count}-{SEED}.sqlite"
    if not path.exists():
        unfinished = path.with_suffix(".part")
        unfinished.unlink(missing_ok=True)
        with closing(sqlite3.connect(unfinished)) as database:
            _fill(database, count)
        unfinished.rename(path)
    return path


def _fill(database: sqlite3.Connection, count: int) -> None:
    rows = ((number, phone, random.Random(number).randrange(10**9)) for phone, number in demo_pairs(count, SEED))
    with database:
        database.execute(TABLE)
        database.executemany("INSERT INTO member VALUES (?, ?, ?)", rows)


def writers(path: Path, seed: int) -> Iterator[tuple[str, str]]:
    """(phone, number) from all over the table in a random order, no phone twice."""
    used: set[str] = set()
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        (last,) = database.execute("SELECT max(rowid) FROM member").fetchone()
        for row in random.Random(seed).sample(range(1, last + 1), min(last, 500_000)):
            found = database.execute("SELECT phone, number FROM member WHERE rowid = ?", (row,)).fetchone()
            if found and found[0] not in used:
                used.add(found[0])
                yield found
