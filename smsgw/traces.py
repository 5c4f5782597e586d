"""Traces: whose rows were written in a stretch of time, as messages and members each tell it, for the same file."""

from dataclasses import dataclass
from typing import Literal

What = Literal[
    "message_in", "message_out", "contact", "binding", "move", "pin", "report", "claim", "correction", "record"
]


@dataclass(frozen=True, slots=True)
class Trace:
    """Rows of one kind and person. `phone` or `number` (of a membership) is empty where the rows do not tell it.

    `first_at` and `last_at`: when the first and the last of these `rows` was written, in ms.
    """

    what: What
    phone: str
    number: str
    rows: int
    first_at: int
    last_at: int
