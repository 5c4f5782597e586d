"""What the log may be narrowed by."""

from dataclasses import dataclass, fields
from typing import Final

from smsgw.messages import states

NOBODY: Final = "-"  # as keyword: what no keyword was found in
HANDLER_FAILED: Final = "handler_failed"  # an inbound's own `failed`, told apart from a reply's
INBOUND_STATES: Final = {
    states.RECEIVED: states.RECEIVED,
    states.SUPPRESSED: states.SUPPRESSED,
    HANDLER_FAILED: states.FAILED,
}
OUTBOUND_STATES: Final = tuple(states.TRANSITIONS)
STATES: Final = (*INBOUND_STATES, *OUTBOUND_STATES)


@dataclass(frozen=True, slots=True)
class Filters:
    """All must hold; None: no matter.

    `since_ms` and `until_ms` (not included): when it was received, of our own queued. `phone`, E.164, is the
    participant's. `number`: the membership number that the message was read with. `state` is one of STATES: the
    inbound's, or that of its newest reply. `carrier`: the one that it came by, of our own the one that it goes by.
    `why`: the reason for which it got no answer. `text` stands in what was written or answered, whatever the case: it
    is encrypted, so rows are opened one by one.
    """

    since_ms: int | None = None
    until_ms: int | None = None
    phone: str | None = None
    number: str | None = None
    state: str | None = None
    keyword: str | None = None
    carrier: str | None = None
    error_code: str | None = None
    why: str | None = None
    text: str | None = None

    @property
    def any(self) -> bool:
        """Whether there is any."""
        return any(getattr(self, one.name) is not None for one in fields(self))
