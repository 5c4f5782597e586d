"""A past of the log: messages of many days, with all that the console's filters ask for, straight into its tables.

What is rare stands far back on purpose: the newest page of it is the hardest to find.
"""

import random
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

import psycopg

from smsgw.store import Cipher, Store

LAST_MS: Final = 1_780_000_000_000
KEYWORDS: Final = (
    ("JHT", 60), ("STATUS", 12), ("FORMULIR", 5), ("BANTUAN", 5), ("MUTASI", 4), ("LACAK", 3), ("DAFTAR", 2),
    ("KARTU", 1), ("JP", 1), ("JKK", 1), ("KLAIM", 1), (None, 5),
)  # fmt: skip
NEVER_FAILS: Final = "FORMULIR"  # a keyword that no error meets
OLD_KEYWORD: Final = "SIMULASI"
STATES: Final = (
    ("delivered", None, 9200), ("undelivered", "30003", 250), ("undelivered", "30005", 120), ("failed", "21610", 60),
    ("failed", "30008", 60), ("sent", None, 60), ("accepted", None, 10), ("unknown", "ReadTimeout", 1),
)  # fmt: skip
OLD: Final = (("expired", None), ("failed_unknown", "ReadTimeout"), ("canceled", None), ("failed", "30034"))
REASONS: Final = (("repeated", 10), ("limit", 10), ("opt_out", 5), ("machine", 5))
OLD_REASON: Final = "own_number"
INBOUND: Final = (
    "id", "carrier", "carrier_id", "from_phone", "to_phone", "body", "num_media", "received_at", "source", "state",
    "attempts", "next_attempt_at", "reason", "folded", "keyword", "language", "answered_at", "number",
)  # fmt: skip
OUTBOUND: Final = (
    "id", "inbound_id", "notice_key", "kind", "resend_no", "carrier", "from_phone", "to_phone", "body", "septets",
    "template", "language", "priority", "state", "attempts", "next_attempt_at", "expires_at", "callback_token",
    "carrier_id", "carrier_status", "error_code", "created_at", "updated_at", "looks",
)  # fmt: skip
BATCH: Final = 20_000
NEEDLE: Final = "jarum di jerami"  # in the text of the very first message alone
OURS: Final = "+6215005550006"


def phone(number: int) -> str:
    """One of the participants' phones."""
    return f"+62812{99_000_000 + number:08d}"


def member(number: int) -> str:
    """One of their membership numbers."""
    return f"99{number:09d}"


@dataclass
class Past:
    """`count` inbound messages with what was sent because of them, and an alert or notice for every fiftieth."""

    cipher: Cipher
    count: int
    phones: int = 1000
    seed: int = 1
    step_ms: int = 8_000
    _out: int = 0
    _texts: dict[str, list[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._phones = [self.cipher.seal(phone(i), b"phone") for i in range(self.phones)]
        self._members = [self.cipher.seal(member(i), b"number") for i in range(self.phones)]

    def batches(self, size: int = BATCH) -> Iterator[tuple[list[Any], list[Any]]]:
        """Rows of both tables, in the order of INBOUND and OUTBOUND, from the oldest on."""
        numbers = iter(range(1, self.count + 1))
        while batch := list(islice(numbers, size)):
            both = [self._message(i) for i in batch]
            yield [row for row, _ in both], [out for _, outs in both for out in outs]

    def _message(self, i: int) -> tuple[tuple[Any, ...], list[tuple[Any, ...]]]:
        at = LAST_MS - (self.count - i) * self.step_ms
        who = self._random.randrange(self.phones)
        old = i <= self.count // 20
        carrier = "kannel" if old and i % 2 else "twilio"
        keyword = self._one(KEYWORDS)
        state, reason = "answered", None
        if self._random.random() < 0.03:
            state, reason, keyword = "suppressed", self._one(REASONS), None
        if old and i % (self.count // 20 // 10 or 1) == 1:
            state, reason, keyword = "answered", None, OLD_KEYWORD
        if i == 2:
            state, reason, keyword = "suppressed", OLD_REASON, None
        if i > self.count - 3:
            state, reason, keyword = "received", None, None
        body = self._text(NEEDLE if i == 1 else f"{keyword or 'apa'} {i % 97}")
        done = None if state == "received" else at + 900
        number = self._members[who] if keyword and who % 3 else None
        row = (
            i, carrier, f"C{i:033x}", self._phones[who], OURS, body, 0, at, "webhook", state,
            0, at, reason, body, keyword, None if done is None else "id", done, number,
        )  # fmt: skip
        outs = [self._reply(i, at, who, carrier, keyword)] if state == "answered" else []
        if outs and i % 997 == 0:
            outs.append(self._sent(i, at + 5_000, who, carrier, "reply", 1, "delivered", None))
        if i % 50 == 0:
            outs.append(self._our_own(i, at))
        return row, outs

    def _reply(self, i: int, at: int, who: int, carrier: str, keyword: str | None) -> tuple[Any, ...]:
        state, error = "delivered", None
        if keyword != NEVER_FAILS:
            state, error = self._state()
        if i % (self.count // 10 or 1) == 3 and i < self.count // 3:
            state, error = OLD[self._random.randrange(len(OLD))]
        if i <= len(OLD):
            state, error = OLD[i - 1]
        return self._sent(i, at, who, carrier, "reply", 0, state, error)

    def _our_own(self, i: int, at: int) -> tuple[Any, ...]:
        kind = ("alert", "notice", "announcement")[i // 50 % 3]
        state, error = ("failed", "30034") if i == 50 else self._state()
        return self._sent(i if kind == "alert" else None, at + 950, i % self.phones, "twilio", kind, 0, state, error)

    def _sent(
        self, i: int | None, at: int, who: int, carrier: str, kind: str, again: int, state: str, error: str | None
    ) -> tuple[Any, ...]:
        self._out += 1
        out = self._out
        key = f"past:{out}" if i is None else None
        text = self._text(f"Saldo JHT anda per {out % 89}: Rp{out % 9973 * 1000}")
        return (
            out, i, key, kind, again, carrier, OURS, self._phones[who], text, 120,
            "jht.balance", "id", 0, state, 1, at, at + 1_800_000, f"T{out:021d}",
            f"S{out:033x}", state, error, at + 900, at + 4_000, 0,
        )  # fmt: skip

    def _state(self) -> tuple[str, str | None]:
        pick = self._random.randrange(sum(weight for *_, weight in STATES))
        for state, error, weight in STATES:
            pick -= weight
            if pick < 0:
                return state, error
        raise AssertionError

    def _one(self, weighted: Sequence[tuple[Any, int]]) -> Any:
        values, weights = zip(*weighted, strict=True)
        return self._random.choices(values, weights)[0]

    def _text(self, text: str) -> bytes:
        made = self._texts.setdefault(text, []) if len(self._texts) < 5_000 else []
        if not made:
            made.append(self.cipher.encrypt(text, b"body"))
        return made[0]


def write(store: Store, past: Past) -> Iterator[int]:
    """Write a past; the number of messages so far, step by step."""
    done = 0
    for inbound, outbound in past.batches():
        with store.write() as connection:
            driver = connection.connection.driver_connection
            for table, names, rows in (("inbound", INBOUND, inbound), ("outbound", OUTBOUND, outbound)):
                _copy(driver, table, names, rows)
        done += len(inbound)
        yield done


def _copy(driver: Any, table: str, names: Sequence[str], rows: Sequence[Any]) -> None:
    listed = ", ".join(names)
    if isinstance(driver, sqlite3.Connection):
        marks = ", ".join("?" * len(names))
        driver.executemany(f"INSERT INTO {table} ({listed}) VALUES ({marks})", rows)
        return
    assert isinstance(driver, psycopg.Connection)
    with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({listed}) FROM STDIN".encode()) as copy:
        for row in rows:
            copy.write_row(row)
