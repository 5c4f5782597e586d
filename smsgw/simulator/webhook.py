"""A phone's text on its way to the gateway: the form that Twilio posts for an inbound message."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from requests import RequestException

from smsgw.errors import SmsgwError
from smsgw.keywords.gsm7 import measure
from smsgw.simulator.ledger import API
from smsgw.simulator.signed import TIMEOUT_S, make_session, signed_post

INBOUND_PATH = "/webhooks/twilio/inbound"
NOT_POSTED = "not_posted"  # the trouble of a text whose webhook a fault has swallowed
_PLACES = ("City", "State", "Zip")


class GatewaySilent(SmsgwError):
    """The gateway's webhook cannot be reached, or did not answer in time."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What the gateway answered to an inbound message. Status 0: nothing, for the reason `trouble`."""

    status: int
    message_sid: str
    fault: str = ""
    trouble: str = ""

    def as_json(self) -> dict[str, object]:
        """The object that the stand-in answers with."""
        return {"status": self.status, "message_sid": self.message_sid, "fault": self.fault, "trouble": self.trouble}


def inbound_fields(account_sid: str, sender: str, to: str, body: str) -> dict[str, str]:
    """The form of one inbound SMS with a new MessageSid. Phones in E.164, or a short code in `to`."""
    text = body.encode("utf-8", "replace").decode()  # half a surrogate pair cannot travel in a form
    sid = f"SM{secrets.token_hex(16)}"
    fields = {
        "ToCountry": "ID",
        "SmsMessageSid": sid,
        "NumMedia": "0",
        "SmsSid": sid,
        "SmsStatus": "received",
        "FromCountry": "ID",
        "Body": text,
        "To": to,
        "NumSegments": str(measure(text).segments),
        "MessageSid": sid,
        "AccountSid": account_sid,
        "From": sender,
        "ApiVersion": API,
    }
    return fields | {f"{side}{place}": "" for side in ("From", "To") for place in _PLACES}


def post_inbound(public_url: str, fields: Mapping[str, str], auth_token: str, timeout_s: float = TIMEOUT_S) -> Posted:
    """Post `fields`, signed, to the webhook of the gateway at `public_url`. GatewaySilent without an answer."""
    url = public_url.partition("#")[0].rstrip("/") + INBOUND_PATH
    with make_session() as session:
        try:
            answer = signed_post(session, url, fields, auth_token, timeout_s)
        except RequestException as error:
            raise GatewaySilent(type(error).__name__) from None
    return Posted(answer.status_code, fields["MessageSid"])
