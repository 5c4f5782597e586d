"""Rows of the message log as rows of a file, masked unless the file is to hold personal data."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from smsgw.console.masking import mask
from smsgw.messages.log import Entry

HEAD: Final = (
    "id", "time_utc", "direction", "phone", "membership_number", "text", "keyword", "inbound_state", "reason",
    "kind", "reply", "template", "septets", "state", "error_code", "carrier", "carrier_id", "attempts", "changed_utc",
)  # fmt: skip


def rows(entries: Iterable[Entry], *, masked: bool) -> Iterator[tuple[object, ...]]:
    """A row of HEAD for each."""
    for entry in entries:
        yield _row(entry, masked=masked)


def _row(entry: Entry, *, masked: bool) -> tuple[object, ...]:
    def shown(value: str | None, kind: str) -> str | None:
        return mask(value, kind) if masked else value

    reply = entry.reply
    came = (
        entry.key,
        _utc(entry.at),
        entry.side,
        shown(entry.phone, "phone"),
        shown(entry.number, "number"),
        shown(entry.body, "body"),
        entry.keyword,
        entry.state,
        entry.reason,
    )
    if reply is None:
        return (*came, *(None,) * 6, entry.carrier, None, None, _utc(entry.answered_at))
    return (
        *came,
        reply.kind,
        shown(reply.body, "body"),
        reply.template,
        reply.septets,
        reply.state,
        reply.error_code,
        reply.carrier,
        reply.carrier_id,
        reply.attempts,
        _utc(reply.updated_at),
    )


def _utc(ms: int | None) -> str | None:
    return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")
