"""Each carrier's own side: how it asks our webhooks, and how it answers when we send."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from smsgw.carriers import Carrier, Hook
from smsgw.carriers.kannel import Kannel
from smsgw.carriers.twilio import Twilio
from smsgw.config import Settings
from tests.support import kannel, twilio
from tests.support.wire import Talk, answering

PHONE = "+6281200000001"
Fields = Mapping[str, str]


@dataclass(frozen=True)
class Side:
    """One carrier. `ask` makes the genuine request of these fields to a webhook, inbound or status.

    `wrong`: fields of an inbound request, by what is the matter, that are refused although the request is genuine.
    """

    name: str
    number: str
    settings: Callable[[str], dict[str, object]]  # with its API at this address
    make: Callable[[Settings], Carrier]
    ask: Callable[[str, Fields], Hook]
    text: Callable[[str, str], dict[str, str]]  # of this id, this body
    report: Callable[[str, str], dict[str, str]]  # of this token, this word
    new_id: Callable[[], str]
    words: Mapping[str, str | None]
    accepts: Talk
    wrong: Mapping[str, Fields]

    def carrier(self, url: str = "http://127.0.0.1:1", changes: Mapping[str, object] | None = None) -> Carrier:
        """The carrier over its settings."""
        return self.make(twilio.settings(**(self.settings(url) | dict(changes or {}))))


def _ask_twilio(kind: str, fields: Fields) -> Hook:
    # The token of a report stands in the query, which is signed with the form.
    form = {name: value for name, value in fields.items() if name != "t"}
    target = f"/webhooks/twilio/{kind}" + (f"?t={fields['t']}" if "t" in fields else "")
    return Hook(target, twilio.headers(target, form), twilio.encode(form), "203.0.113.9")


def _ask_kannel(kind: str, fields: Fields) -> Hook:
    return Hook(f"/webhooks/kannel/{kind}?{urlencode({'key': kannel.TOKEN, **fields})}", {}, b"", "127.0.0.1")


def _text_of_kannel(given: str, body: str) -> dict[str, str]:
    is_text = body.isascii()
    octets = body.encode("ascii" if is_text else "utf-16-be", "surrogatepass")
    coding = "0" if is_text else "2"
    return {"id": given, "from": PHONE, "to": "2757", "coding": coding, "text": octets.hex()}


TWILIO = Side(
    name="twilio",
    number=twilio.NUMBER,
    settings=lambda url: {"twilio_api_url": url},
    make=Twilio,
    ask=_ask_twilio,
    text=lambda given, body: twilio.inbound_form(body, PHONE, MessageSid=given),
    report=lambda token, word: twilio.status_form(twilio.sid(), word) | {"t": token},
    new_id=twilio.sid,
    words={"queued": "accepted", "sent": "sent", "delivered": "delivered", "failed": "failed", "novel": None},
    accepts=answering("201 Created", f'{{"sid": "SM{"0" * 32}", "status": "queued"}}'),
    wrong={
        "foreign receiver": {"To": "+622150000001"},
        "no sender": {"From": ""},
        "odd sender": {"From": "nobody; DROP TABLE"},
        "no id": {"MessageSid": ""},
        "odd id": {"MessageSid": "SM1\n"},
        "foreign account": {"AccountSid": "AC" + "1" * 32},
    },
)
KANNEL = Side(
    name="kannel",
    number="2757",
    settings=kannel.settings,
    make=Kannel,
    ask=_ask_kannel,
    text=_text_of_kannel,
    report=lambda token, word: {"t": token, "type": word, "smsc": "OPERATOR", "id": "1f", "err": ""},
    new_id=kannel.message_id,
    words={"4": "accepted", "8": "sent", "1": "delivered", "2": "undelivered", "16": "failed", "32": None},
    accepts=answering("202 Accepted", "0: Accepted for delivery"),
    wrong={
        "foreign receiver": {"to": "2758"},
        "no sender": {"from": ""},
        "odd sender": {"from": "nobody; DROP TABLE"},
        "no id": {"id": ""},
        "odd id": {"id": "9d5fa45a-9901-46b2-9f4c-4a21803dd7c1\n"},
        "half an octet": {"text": "4"},
        "no hex": {"text": "JHT"},
        "unknown field": {"extra": "1"},
    },
)
SIDES = (TWILIO, KANNEL)


def without(hook: Hook, name: str) -> Hook:
    """The request without one of the fields in its query."""
    path, _, query = hook.target.partition("?")
    kept = [part for part in query.split("&") if not part.startswith(f"{name}=")]
    return replace(hook, target=f"{path}?{'&'.join(kept)}")
