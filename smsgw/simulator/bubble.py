"""One message of a conversation as the page shows it: words for its state, its time, its size."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from smsgw.keywords.gsm7 import measure
from smsgw.messages.queries import Bubble
from smsgw.messages.states import (
    ACCEPTED,
    ANSWERED,
    CANCELED,
    DELIVERED,
    EXPIRED,
    FAILED,
    FAILED_UNKNOWN,
    INBOUND_FINAL,
    OUTBOUND_FINAL,
    QUEUED,
    RECEIVED,
    SENDING,
    SENT,
    SUPPRESSED,
    UNDELIVERED,
    UNKNOWN,
)

WIB = timezone(timedelta(hours=7), "WIB")
FRESH_MS = 60_000
_EMPTY = "(tidak ada isi)"  # sent empty, or erased since
_INCOMING = {RECEIVED: "diterima", ANSWERED: "dijawab", SUPPRESSED: "tidak dijawab", FAILED: "gagal dijawab"}
_OUTGOING = {
    QUEUED: "menunggu",
    SENDING: "sedang dikirim",
    ACCEPTED: "diterima operator",
    SENT: "terkirim ✓",
    DELIVERED: "sampai ✓✓",
    UNDELIVERED: "tidak sampai",
    FAILED: "gagal",
    CANCELED: "dibatalkan",
    UNKNOWN: "belum pasti",
    FAILED_UNKNOWN: "tidak pasti",
    EXPIRED: "kedaluwarsa",
}
_BAD = frozenset({FAILED, UNDELIVERED, CANCELED, FAILED_UNKNOWN, EXPIRED, SUPPRESSED})


@dataclass(frozen=True, slots=True)
class Shown:
    """A bubble in words. `tone`: good, bad or open; `size`: septets of a reply, empty for an incoming text."""

    incoming: bool
    body: str
    state: str
    tone: str
    size: str
    time: str


def show(bubble: Bubble) -> Shown:
    """A message in the words of the page; times in WIB."""
    words = (_INCOMING if bubble.incoming else _OUTGOING).get(bubble.state, bubble.state)
    return Shown(
        incoming=bubble.incoming,
        body=bubble.body or _EMPTY,
        state=f"{words} ({bubble.reason})" if bubble.reason else words,
        tone=_tone(bubble),
        size="" if bubble.incoming or not bubble.body else _size(bubble.body),
        time=datetime.fromtimestamp(bubble.at / 1000, WIB).strftime("%H.%M.%S"),
    )


def moving(rows: Sequence[Bubble], now_ms: float) -> bool:
    """Whether something of the last minute is still under way, so that the page should look again."""
    return any(_open(row) and now_ms - row.at < FRESH_MS for row in rows)


def _open(bubble: Bubble) -> bool:
    return bubble.state not in (INBOUND_FINAL if bubble.incoming else OUTBOUND_FINAL)


def _tone(bubble: Bubble) -> str:
    if bubble.state in _BAD:
        return "bad"
    return "open" if _open(bubble) else "good"


def _size(body: str) -> str:
    size = measure(body)
    length = f"{size.units} unit UCS-2" if size.septets is None else f"{size.septets} septet"
    return f"{length}, {size.segments} segmen"
