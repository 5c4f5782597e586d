"""The stand-in's memory: the last messages of the account, shown as Twilio's Message resource."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime

from smsgw.simulator.codes import FAILURES

API = "2010-04-01"


@dataclass(frozen=True, slots=True)
class Message:
    """One message. Times are epoch seconds; `callback` is the StatusCallback, empty for none."""

    sid: str
    account_sid: str
    to: str
    sender: str
    body: str
    segments: int
    status: str
    created_at: float
    updated_at: float
    callback: str = ""
    direction: str = "outbound-api"
    sent_at: float | None = None
    error_code: int | None = None
    error_text: str | None = None

    def resource(self) -> dict[str, object]:
        """The JSON of the Message resource (twilio.com/docs/messaging/api/message-resource)."""
        uri = f"/{API}/Accounts/{self.account_sid}/Messages/{self.sid}"
        return {
            "account_sid": self.account_sid,
            "api_version": API,
            "body": self.body,
            "date_created": rfc2822(self.created_at),
            "date_sent": None if self.sent_at is None else rfc2822(self.sent_at),
            "date_updated": rfc2822(self.updated_at),
            "direction": self.direction,
            "error_code": self.error_code,
            "error_message": self.error_text,
            "from": self.sender,
            "messaging_service_sid": None,
            "num_media": "0",
            "num_segments": str(self.segments),
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": self.to,
            "uri": f"{uri}.json",
        }


def rfc2822(seconds: float) -> str:
    """Epoch seconds as Twilio writes a date: RFC 2822, GMT as +0000."""
    return format_datetime(datetime.fromtimestamp(seconds, UTC))


class Ledger:
    """The last `keep` messages, in the order of their creation. Safe for several threads."""

    def __init__(self, keep: int, clock: Callable[[], float]) -> None:
        self._keep = keep
        self._clock = clock
        self._lock = threading.Lock()
        self._rows: OrderedDict[str, Message] = OrderedDict()

    def add(self, message: Message) -> None:
        """Keep a message; the oldest ones beyond the limit are forgotten."""
        with self._lock:
            self._rows[message.sid] = message
            while len(self._rows) > self._keep:
                self._rows.popitem(last=False)

    def get(self, sid: str) -> Message | None:
        """The message with this id, None when it never was or is forgotten."""
        with self._lock:
            return self._rows.get(sid)

    def advance(self, sid: str, status: str, error_code: int | None = None) -> Message | None:
        """The message with its new status; None when it is forgotten."""
        with self._lock:
            row = self._rows.get(sid)
            if row is None:
                return None
            now = self._clock()
            sent_at = now if row.sent_at is None and status in ("sent", "delivered") else row.sent_at
            text = FAILURES.get(error_code or 0, ("", None))[1]
            row = replace(row, status=status, updated_at=now, sent_at=sent_at, error_code=error_code, error_text=text)
            self._rows[sid] = row
            return row

    def clear(self, phone: str | None = None) -> None:
        """Forget all, or all from and to one phone."""
        with self._lock:
            for sid in [sid for sid, row in self._rows.items() if phone in (None, row.to, row.sender)]:
                del self._rows[sid]

    def newest(self) -> Iterator[Message]:
        """All messages, newest first, as they were at the time of the call."""
        with self._lock:
            rows = list(self._rows.values())
        return reversed(rows)
