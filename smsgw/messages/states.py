"""The states of a message, which of them may follow which, and the rank of a carrier's words.

An inbound is received, then answered, suppressed or failed. An outbound follows TRANSITIONS;
the carrier's own words never enter `state`, they are looked up in a carrier's table and ranked here.
A reply is queued and claimed in one commit where the worker that answers sends it too: the row begins
as `sending`, and its event tells the step from `queued` all the same.
"""

from typing import Final

RECEIVED: Final = "received"
ANSWERED: Final = "answered"
SUPPRESSED: Final = "suppressed"

QUEUED: Final = "queued"
SENDING: Final = "sending"
UNKNOWN: Final = "unknown"
FAILED_UNKNOWN: Final = "failed_unknown"
EXPIRED: Final = "expired"
ACCEPTED: Final = "accepted"
SENT: Final = "sent"
UNDELIVERED: Final = "undelivered"
FAILED: Final = "failed"
CANCELED: Final = "canceled"
DELIVERED: Final = "delivered"

REPORTED: Final = frozenset({SENT, DELIVERED, UNDELIVERED, FAILED, CANCELED})

TRANSITIONS: Final[dict[str, frozenset[str]]] = {
    QUEUED: frozenset({SENDING, EXPIRED, FAILED, CANCELED}),  # failed: out of attempts; canceled: opted out, given up
    SENDING: frozenset({ACCEPTED, QUEUED, FAILED, UNKNOWN}) | REPORTED,
    UNKNOWN: frozenset({ACCEPTED, FAILED_UNKNOWN}) | REPORTED,
    FAILED_UNKNOWN: frozenset({ACCEPTED}) | REPORTED,
    EXPIRED: frozenset(),
    ACCEPTED: REPORTED,
    SENT: REPORTED - {SENT},
    UNDELIVERED: frozenset({DELIVERED}),
    FAILED: frozenset({DELIVERED}),
    CANCELED: frozenset({DELIVERED}),
    DELIVERED: frozenset(),
}

INBOUND_FINAL: Final = frozenset({ANSWERED, SUPPRESSED, FAILED})
OUTBOUND_FINAL: Final = frozenset({DELIVERED, UNDELIVERED, FAILED, CANCELED, FAILED_UNKNOWN, EXPIRED})
RESENDABLE: Final = frozenset({FAILED, FAILED_UNKNOWN, EXPIRED, UNDELIVERED})
"""What an operator may send once more, as a new row (reliability §4.2)."""


def may_follow(state: str, following: str) -> bool:
    """Whether an outbound row in `state` may become `following`."""
    return following in TRANSITIONS[state]


def raised(state: str, reported: str) -> str:
    """The state after a carrier's report of `reported`: it rises, or stays as it is.

    A report proves that the carrier took the message, so it also lifts `queued` and `expired`
    rows whose acceptance we never saw (a claim given back although the call had gone through).
    """
    if state in (QUEUED, EXPIRED) or may_follow(state, reported):
        return reported
    return state
