"""The faults there are: what each does, where it strikes, and what it may be given."""

from collections.abc import Mapping
from typing import Literal

from smsgw.simulator.codes import FAILURES, REFUSALS

# Every fault, with what it does. A `…-lost` one strikes before the carrier has taken the message.
KINDS: Mapping[str, str] = {
    "429": "the carrier answers 429 and takes nothing",
    "500": "the carrier answers 500 and takes nothing",
    "500-taken": "the carrier answers 500 although it has taken the message",
    "timeout": "the carrier takes the message and answers too late",
    "timeout-lost": "the carrier takes nothing and answers too late",
    "reset": "the carrier takes the message and cuts the connection",
    "reset-lost": "the carrier takes nothing and cuts the connection",
    "slow": "the carrier takes its time to answer",
    "refused": "the carrier refuses the message with an error code",
    "undelivered": "the message does not arrive, with an error code",
    "callback-never": "the message arrives and the gateway is not told",
    "callback-late": "the callbacks come late",
    "callback-twice": "each callback comes twice",
    "callback-unordered": "delivered is told before sent",
    "webhook-twice": "the text comes in twice at once",
    "webhook-replayed": "the text comes in once more, some seconds later",
    "webhook-bad-signature": "the text comes in with a wrong signature",
    "webhook-missing-field": "the text comes in without its MessageSid",
    "webhook-never": "the text stands in the carrier's list, and no webhook brings it",
}
SECONDS: Mapping[str, float] = {
    "timeout": 12.0,  # the gateway waits ten
    "timeout-lost": 12.0,
    "slow": 3.0,
    "callback-late": 10.0,
    "webhook-replayed": 3.0,
}
CODES: Mapping[str, tuple[int, frozenset[int]]] = {
    "refused": (21610, frozenset(REFUSALS)),
    "undelivered": (30003, frozenset(FAILURES)),
}

Place = Literal["carrier", "callback", "webhook"]


def place_of(kind: str) -> Place:
    """Where a fault strikes: at the carrier's API, on its callbacks, or on the way of a text to the gateway."""
    begin = kind.partition("-")[0]
    return "callback" if begin == "callback" else "webhook" if begin == "webhook" else "carrier"
