"""The rows of the log as values."""

from dataclasses import dataclass, field
from enum import StrEnum


class Source(StrEnum):
    """How an inbound message reached us."""

    WEBHOOK = "webhook"
    SWEEP = "sweep"
    SIMULATOR = "simulator"


class Kind(StrEnum):
    """What an outbound message is for; part of the key that keeps one inbound to one reply."""

    REPLY = "reply"
    APOLOGY = "apology"
    ALERT = "alert"
    NOTICE = "notice"
    ANNOUNCEMENT = "announcement"


PRIORITY = {Kind.REPLY: 0, Kind.APOLOGY: 0, Kind.ALERT: 1, Kind.NOTICE: 2, Kind.ANNOUNCEMENT: 9}
MINUTE_MS = 60_000
LIFE_MS = {
    Kind.REPLY: 30 * MINUTE_MS,
    Kind.APOLOGY: 30 * MINUTE_MS,
    Kind.ALERT: 24 * 60 * MINUTE_MS,
    Kind.NOTICE: 3 * 24 * 60 * MINUTE_MS,
    Kind.ANNOUNCEMENT: 7 * 24 * 60 * MINUTE_MS,
}


@dataclass(frozen=True, slots=True)
class Arrival:
    """An inbound message as a carrier handed it over. Phones are E.164 or what the network gave.

    `secret` is a PIN that was taken out of the body.
    """

    carrier: str
    carrier_id: str
    from_phone: str
    to_phone: str
    body: str
    num_media: int = 0
    opt_out_type: str | None = None
    source: Source = Source.WEBHOOK
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class InboundRow:
    """An inbound row claimed for answering."""

    id: int
    carrier: str
    from_phone: str
    to_phone: str
    body: str
    num_media: int
    opt_out_type: str | None
    waited_ms: int  # since it was received, by the database's clock
    attempts: int
    language: str | None  # of the contact, None: never chosen
    opted_out: bool
    locked_until: int | None = None  # by the gateway's clock, as offer_until
    offer: str | None = None
    offer_until: int | None = None
    replies_hour: int = 0  # replies and apologies to this phone within the last hour, and day
    replies_day: int = 0
    secret: str | None = field(default=None, repr=False)  # the PIN that came in its body
    follows: bool = False  # another message of this phone came within ten seconds, or later
    blocked: bool = False  # by an operator
    moved_ms: int = 0  # how far a tester has moved the clock (smsgw.clock)


@dataclass(frozen=True, slots=True)
class Draft:
    """An outbound message to be queued."""

    kind: Kind
    carrier: str
    from_phone: str
    to_phone: str
    body: str
    septets: int
    language: str
    template: str
    inbound_id: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What an inbound row became: its final state and why, what is sent, what is remembered."""

    inbound_id: int
    phone: str
    state: str
    reason: str | None = None
    keyword: str | None = None
    folded: str | None = None
    number: str | None = None
    language: str | None = None
    draft: Draft | None = None
    set_language: str | None = None
    set_opted_out: bool | None = None
    effects: tuple[object, ...] = ()
    alerts: tuple[Draft, ...] = ()
    offer: str | None = None
    offer_until: int | None = None
    ends_offer: bool = False
    used: tuple[int, ...] = ()  # memberships whose binding was used


@dataclass(frozen=True, slots=True)
class OutboundRow:
    """An outbound row claimed for sending. `expires_in_ms` counts from the claim."""

    id: int
    carrier: str
    from_phone: str
    to_phone: str
    body: str
    callback_token: str
    attempts: int
    expires_in_ms: int
