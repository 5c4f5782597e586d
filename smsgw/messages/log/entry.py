"""One row of the log as a value."""

from dataclasses import dataclass
from typing import Literal

Side = Literal["in", "out"]


@dataclass(frozen=True, slots=True)
class Reply:
    """An outbound message of a row: of an exchange the newest reply, of our own the message itself."""

    id: int
    kind: str
    carrier: str
    body: str
    septets: int
    template: str | None
    language: str
    state: str
    attempts: int
    resend_no: int
    carrier_id: str | None
    error_code: str | None
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A row. `phone` is the participant's, `ours` our number; what only an inbound has is None without one.

    Times are epoch milliseconds by the database's clock; `reply` is None where nothing was sent.
    """

    side: Side
    id: int
    at: int
    phone: str
    ours: str
    carrier: str
    reply: Reply | None
    body: str | None = None
    state: str | None = None
    reason: str | None = None
    keyword: str | None = None
    number: str | None = None
    language: str | None = None
    answered_at: int | None = None

    @property
    def key(self) -> str:
        """Its name in addresses: in-12, out-5."""
        return f"{self.side}-{self.id}"

    def says(self, text: str) -> bool:
        """Whether this stands in what was written or answered; `text` is case-folded."""
        return any(text in (body or "").casefold() for body in (self.body, self.reply.body if self.reply else None))
