"""One message of a conversation as the page shows it: its tick, words for its state, its time, its size."""

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
from smsgw.simulator.visible import Piece, pieces
from smsgw.simulator.words import words

WIB = timezone(timedelta(hours=7), "WIB")
FRESH_MS = 60_000
# The tick of a state: a clock, one tick, two, two in colour, a question, a cross.
_INCOMING = {RECEIVED: "sent", ANSWERED: "delivered", SUPPRESSED: "silent", FAILED: "failed"}
_OUTGOING = {
    QUEUED: "queued",
    SENDING: "queued",
    ACCEPTED: "sent",
    SENT: "sent",
    DELIVERED: "delivered",
    UNDELIVERED: "failed",
    FAILED: "failed",
    CANCELED: "failed",
    UNKNOWN: "unknown",
    FAILED_UNKNOWN: "unknown",
    EXPIRED: "failed",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A bubble in words. `key`: its id on the page; `about`: the inbound message that explains it, or None.

    `tick`: queued, sent, delivered, failed, unknown or silent; `size`: of a reply, empty for an incoming text.
    """

    key: str
    about: int | None
    incoming: bool
    body: tuple[Piece, ...]
    state: str
    tick: str
    size: str
    time: str


def show(bubble: Bubble, language: str) -> Shown:
    """A message in the words of the page; times in WIB."""
    said = words(language)
    state = said.get(f"{'in' if bubble.incoming else 'out'}_{bubble.state}", bubble.state)
    return Shown(
        key=f"{'in' if bubble.incoming else 'out'}-{bubble.id}",
        about=bubble.id if bubble.incoming else bubble.about,
        incoming=bubble.incoming,
        body=tuple(pieces(bubble.body or said["no_body"])),
        state=f"{state} ({bubble.reason})" if bubble.reason else state,
        tick=(_INCOMING if bubble.incoming else _OUTGOING).get(bubble.state, "unknown"),
        size="" if bubble.incoming or not bubble.body else size_of(bubble.body, language),
        time=clock_time(bubble.at),
    )


def clock_time(at_ms: int, *, exact: bool = False) -> str:
    """The time of day in WIB, as Indonesians write it; `exact`: with milliseconds."""
    written = datetime.fromtimestamp(at_ms / 1000, WIB).strftime("%H.%M.%S")
    return f"{written},{at_ms % 1000:03d}" if exact else written


def moving(rows: Sequence[Bubble], now_ms: float) -> bool:
    """Whether something of the last minute is still under way, so that the page should look again."""
    return any(_open(row) and now_ms - row.at < FRESH_MS for row in rows)


def size_of(body: str, language: str) -> str:
    """Septets, or units, in words; segments where there is more than the one that is the rule."""
    said, size = words(language), measure(body)
    length = f"{size.units} {said['units']}" if size.septets is None else f"{size.septets} {said['septets']}"
    return length if size.segments == 1 else f"{length}, {size.segments} {said['segments']}"


def _open(bubble: Bubble) -> bool:
    return bubble.state not in (INBOUND_FINAL if bubble.incoming else OUTBOUND_FINAL)
