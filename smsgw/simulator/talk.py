"""One conversation: a text goes through the real webhook, and its reply is waited for in the log."""

import time
from dataclasses import dataclass

from smsgw.config import Settings
from smsgw.errors import StartupError
from smsgw.keywords.gsm7 import measure
from smsgw.messages.queries import Conversation, conversation
from smsgw.messages.states import ANSWERED, DELIVERED, INBOUND_FINAL, OUTBOUND_FINAL
from smsgw.simulator.guard import credentials, refuse_production
from smsgw.simulator.webhook import GatewaySilent, inbound_fields, post_inbound
from smsgw.store import Store

CARRIER = "twilio"
POLL_S = (0.01, 0.1)
SILENT, TIMED_OUT, REFUSED = "gateway_silent", "timeout", "http_"


@dataclass(frozen=True, slots=True)
class Line:
    """What a phone needs to reach the gateway. `number` is the one it texts unless told another."""

    public_url: str
    account_sid: str
    auth_token: str
    number: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """What became of a text. `reason`: why there is no delivered reply, one fixed word or the carrier's code."""

    text: str
    sender: str
    message_sid: str
    elapsed_ms: int
    reply: str | None = None
    septets: int | None = None
    segments: int | None = None
    state: str | None = None
    inbound_state: str | None = None
    reason: str | None = None

    @property
    def good(self) -> bool:
        """Whether the text was answered and the answer delivered."""
        return self.inbound_state == ANSWERED and self.state == DELIVERED

    def as_json(self) -> dict[str, object]:
        """The object that `smsgw simulate --json` prints."""
        return {
            "text": self.text,
            "from": self.sender,
            "reply": self.reply,
            "septets": self.septets,
            "segments": self.segments,
            "state": self.state,
            "inbound_state": self.inbound_state,
            "reason": self.reason,
            "message_sid": self.message_sid,
            "elapsed_ms": self.elapsed_ms,
        }


def open_line(settings: Settings) -> Line:
    """The line into the gateway that these settings describe. StartupError in production or without an account."""
    refuse_production(settings)
    if not settings.twilio_from:
        raise StartupError(["SMSGW_TWILIO_FROM is not set: it names the number that phones text to."])
    sid, token = credentials(settings)
    return Line(settings.public_url, sid, token, settings.twilio_from[0])


def talk(line: Line, store: Store, text: str, sender: str, to: str = "", timeout_s: float = 15.0) -> Exchange:
    """Send `text` from phone `sender` (E.164) and wait until its reply is in a final state, or `timeout_s` is over.

    Never raises for what the gateway does; StoreUnavailable when its database cannot be read.
    """
    begun = time.monotonic()
    fields = inbound_fields(line.account_sid, sender, to or line.number, text)
    sid, refusal = fields["MessageSid"], ""
    try:
        status = post_inbound(line.public_url, fields, line.auth_token, timeout_s).status
        refusal = "" if status == 200 else f"{REFUSED}{status}"
    except GatewaySilent:
        refusal = SILENT
    if refusal:
        return Exchange(text, sender, sid, _since(begun), reason=refusal)
    seen = _wait(store, sid, begun + timeout_s)
    return _exchange(text, sender, sid, _since(begun), seen)


def settled(seen: Conversation | None) -> bool:
    """Whether nothing more will happen: the inbound has its outcome, and every reply its final state."""
    if seen is None or seen.inbound_state not in INBOUND_FINAL:
        return False
    return all(reply.state in OUTBOUND_FINAL for reply in seen.replies)


def _wait(store: Store, sid: str, deadline: float) -> Conversation | None:
    pause, longest = POLL_S
    while True:
        seen = conversation(store, CARRIER, sid)
        if settled(seen) or time.monotonic() >= deadline:
            return seen
        time.sleep(pause)
        pause = min(pause * 1.5, longest)


def _exchange(text: str, sender: str, sid: str, elapsed_ms: int, seen: Conversation | None) -> Exchange:
    late = None if settled(seen) else TIMED_OUT
    if seen is None:
        return Exchange(text, sender, sid, elapsed_ms, reason=late)
    if not seen.replies:
        return Exchange(text, sender, sid, elapsed_ms, inbound_state=seen.inbound_state, reason=late or seen.reason)
    last = seen.replies[-1]
    size = measure(last.body)
    return Exchange(
        text=text,
        sender=sender,
        message_sid=sid,
        elapsed_ms=elapsed_ms,
        reply=last.body,
        septets=size.septets,
        segments=size.segments,
        state=last.state,
        inbound_state=seen.inbound_state,
        reason=late or last.error_code or seen.reason,
    )


def _since(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)
