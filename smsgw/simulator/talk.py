"""One conversation: a text goes through the real webhook, and its reply is waited for in the log."""

import time
from dataclasses import dataclass

from smsgw.config import Settings
from smsgw.errors import StartupError
from smsgw.keywords.gsm7 import measure
from smsgw.messages.queries import Conversation, conversation
from smsgw.messages.states import ANSWERED, DELIVERED, INBOUND_FINAL, OUTBOUND_FINAL
from smsgw.simulator.guard import credentials, refuse_production
from smsgw.simulator.remote import NoStandIn, Refused, Remote
from smsgw.simulator.signed import TIMEOUT_S
from smsgw.simulator.webhook import NOT_POSTED, GatewaySilent, Posted, inbound_fields, post_inbound
from smsgw.store import Store

CARRIER = "twilio"
POLL_S = (0.01, 0.1)
HTTP_OK = 200
SILENT, TIMED_OUT, REFUSED = "gateway_silent", "timeout", "http_"


@dataclass(frozen=True, slots=True)
class Line:
    """What a phone needs to reach the gateway. `number` is the one it texts unless told another."""

    public_url: str
    account_sid: str
    auth_token: str
    number: str
    api_url: str = ""

    @property
    def carrier(self) -> Remote:
        """The stand-in that texts are brought in by."""
        return Remote(self.api_url, self.account_sid, self.auth_token)


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
    return Line(settings.public_url, sid, token, settings.twilio_from[0], settings.twilio_api_url)


def bring(line: Line, sender: str, text: str, to: str = "", timeout_s: float = TIMEOUT_S) -> Posted:
    """Have the carrier bring a text in, under the faults that are on; what the gateway answered.

    Where the carrier is no stand-in of ours, the text is posted from here. Never raises for what the gateway does.
    """
    try:
        return line.carrier.bring(sender, to or line.number, text)
    except (NoStandIn, Refused):
        fields = inbound_fields(line.account_sid, sender, to or line.number, text)
    try:
        return post_inbound(line.public_url, fields, line.auth_token, timeout_s)
    except GatewaySilent as error:
        return Posted(0, fields["MessageSid"], trouble=str(error))


def talk(line: Line, store: Store, text: str, sender: str, to: str = "", timeout_s: float = 15.0) -> Exchange:
    """Send `text` from phone `sender` (E.164) and wait until its reply is in a final state, or `timeout_s` is over.

    Never raises for what the gateway does; StoreUnavailable when its database cannot be read.
    """
    begun = time.monotonic()
    posted = bring(line, sender, text, to, timeout_s)
    refusal = refusal_of(posted)
    if refusal:
        return Exchange(text, sender, posted.message_sid, _since(begun), reason=refusal)
    return follow(store, text, sender, posted.message_sid, begun, timeout_s)


def refusal_of(posted: Posted) -> str:
    """Why a text is not in the gateway, as one fixed word; empty where it is, or comes later by the carrier's list."""
    if posted.status == HTTP_OK or posted.trouble == NOT_POSTED:
        return ""
    return f"{REFUSED}{posted.status}" if posted.status else SILENT


def follow(store: Store, text: str, sender: str, sid: str, begun: float, timeout_s: float) -> Exchange:
    """Wait for what becomes of a text that is in. `begun`: time.monotonic seconds from which `timeout_s` counts."""
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
