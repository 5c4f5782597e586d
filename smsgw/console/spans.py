"""Spans: the stretches of time that the dashboard can show, cut into slots that begin with the clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Span:
    """`count` slots of `slot_ms` each, the last of which is not over yet."""

    name: str
    count: int
    slot_ms: int

    def times(self, now_ms: int, zone: tzinfo) -> list[int]:
        """The ends of its slots by the clock of a zone, in epoch ms, one more than there are slots."""
        offset = datetime.fromtimestamp(now_ms / 1000, zone).utcoffset() or timedelta()
        shift = offset // timedelta(milliseconds=1)
        end = (now_ms + shift) // self.slot_ms * self.slot_ms - shift + self.slot_ms
        return [end - self.slot_ms * (self.count - n) for n in range(self.count + 1)]

    def label(self, ms: int, zone: tzinfo, months: Sequence[str], point: str) -> str:
        """What stands at a slot: the time of day, or the day where slots are long."""
        at = datetime.fromtimestamp(ms / 1000, zone)
        clock, day = f"{at:%H}{point}{at:%M}", f"{at.day} {months[at.month - 1]}"
        if self.slot_ms >= DAY_MS:
            return day
        return f"{day} {clock}" if self.slot_ms > HOUR_MS else clock


SPANS: Final[Mapping[str, Span]] = {
    one.name: one
    for one in (
        Span("hour", 12, 5 * MINUTE_MS),
        Span("day", 24, HOUR_MS),
        Span("week", 28, 6 * HOUR_MS),
        Span("month", 30, DAY_MS),
    )
}
USUAL: Final = "day"
