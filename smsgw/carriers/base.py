"""The seam between the gateway and a carrier: values in, values out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Received:
    """An inbound message as read from a request. Phones are as the network gave them."""

    carrier_id: str
    from_phone: str
    to_phone: str
    body: str
    num_media: int
    opt_out_type: str | None


class Headers(Protocol):
    """The headers of a request, by name in any case."""

    def get(self, name: str, default: str, /) -> str:
        """The value of a header."""
        ...


@dataclass(frozen=True, slots=True)
class Hook:
    """A web request as a carrier reads it. `target`: path and query exactly as requested; `peer`: the address at
    the other end of the connection, whatever headers say."""

    target: str
    headers: Headers
    body: bytes
    peer: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a carrier is told once its inbound message is on disk: nothing that it could make an SMS of."""

    body: str = ""
    media_type: str = "text/plain"


@dataclass(frozen=True, slots=True)
class Report:
    """A delivery report. `token` is ours, from the callback URL; `state` is one of smsgw's, or None
    where the carrier's word is not known; `status` is the carrier's own word; `opted_out`: it was not
    delivered because the phone has told the carrier to stop."""

    token: str
    carrier_id: str
    status: str
    state: str | None
    error_code: str | None
    opted_out: bool = False


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message to hand over: E.164 or short code, text, token of the row, seconds it stays valid."""

    to_phone: str
    from_phone: str
    body: str
    token: str
    valid_s: int


class Verdict(StrEnum):
    """What is certain after a call: the closed list that decides whether a send may be repeated."""

    ACCEPTED = "accepted"  # the carrier has it
    SAFE = "safe"  # it provably has not: may be sent again
    REFUSED = "refused"  # it has said no: sending again is useless
    AMBIGUOUS = "ambiguous"  # nobody knows: must not be sent again


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call. `error_text` is for operators and holds nothing of the message."""

    verdict: Verdict
    carrier_id: str | None = None
    status: str | None = None
    error_code: str | None = None
    error_text: str | None = None
    retry_after_s: float | None = None
    breaker: bool = False  # the account itself is refused: pause the carrier and raise an alarm
    elsewhere: bool = False  # refused for where it comes from or goes to: another carrier may take it
    opted_out: bool = False  # refused because this phone has told the carrier to stop


@dataclass(frozen=True, slots=True)
class Listed:
    """A message in the carrier's own list. `created_ms`: epoch milliseconds, by the carrier's clock."""

    carrier_id: str
    body: str
    status: str
    created_ms: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page of what came in. `down_to_ms`: nothing that came since then (epoch milliseconds, by the carrier's clock)
    is missing from it and the pages before it."""

    found: Sequence[Received]
    down_to_ms: int


@runtime_checkable
class Redacting(Protocol):
    """What a carrier has besides that keeps texts and can be told to empty them."""

    def redact(self, carrier_id: str) -> Outcome:
        """Empty the text of a message that came in or went out; ACCEPTED also where it was empty. Never raises, and
        may be called from several threads at once."""
        ...


class Carrier(Protocol):
    """One carrier. Both readers raise HookRefused (400 or 403); `send` and the two lists never raise.

    `hook_method`: how it requests our webhooks, GET or POST. `answers_stop`: whether it answers STOP and its like
    itself, so that we must not. `receipt`: what its inbound requests are answered with. `numbers`: ours that it
    carries, the one that writes to participants of its own accord first; none: it is not set up.
    """

    name: str
    numbers: Sequence[str]
    hook_method: str
    answers_stop: bool
    receipt: Receipt

    def read_inbound(self, hook: Hook) -> Received:
        """The message of an inbound request."""
        ...

    def read_report(self, hook: Hook) -> Report:
        """The delivery report of a status request."""
        ...

    def send(self, parcel: Parcel) -> Outcome:
        """Hand one message over. May be called from several threads at once."""
        ...

    def list_sent(self, to_phone: str, from_phone: str, since_ms: int) -> Sequence[Listed] | None:
        """The messages that it has taken for one phone from one of our numbers since then (epoch milliseconds).

        None: no answer now, and the log says why. A carrier without a list answers with nothing: only its reports tell
        what it took.
        May be called from several threads at once.
        """
        ...

    def list_received(self, to_phone: str, since_ms: int, before_ms: int | None = None) -> Iterator[Page]:
        """The messages that came to one of our numbers since then and before then (epoch milliseconds; None: until
        now), newest first, page by page: a page is asked for when it is taken.

        The last page goes down to `since_ms`; where none does there was no answer, and the log says why. A carrier
        without a list answers with one page of nothing. Pages of several lists may be taken in several threads at once.
        """
        ...
