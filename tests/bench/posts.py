"""Inbound messages as Twilio posts them, signed before the clock starts."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from tests.bench.wire import request

ACCOUNT = "AC" + "0" * 31 + "1"
TOKEN = "bench-token-of-no-account"
OURS = "+15005550006"  # Twilio's magic test number
INBOUND = "/webhooks/twilio/inbound"

Sign = Callable[[str, dict[str, str]], str]


@dataclass(frozen=True, slots=True)
class Post:
    """One inbound message, ready to be written to a socket; its sender is unlike every other's."""

    phone: str
    request: bytes


def posts(pairs: Iterable[tuple[str, str]], port: int) -> list[Post]:
    """`JHT <number>` from each (phone, number), each with a MessageSid of its own."""
    sign = RequestValidator(TOKEN).compute_signature
    return [_post(phone, f"JHT {number}", port, sign) for phone, number in pairs]


def signed(path: str, port: int, fields: dict[str, str]) -> bytes:
    """A whole signed request with these fields."""
    url = f"http://127.0.0.1:{port}{path}"
    return _signed(path, port, fields, RequestValidator(TOKEN).compute_signature(url, fields))


def _post(phone: str, text: str, port: int, sign: Sign) -> Post:
    fields = inbound_fields(phone, text)
    signature = sign(f"http://127.0.0.1:{port}{INBOUND}", fields)
    return Post(phone, _signed(INBOUND, port, fields, signature))


def _signed(path: str, port: int, fields: dict[str, str], signature: str) -> bytes:
    headers = {"X-Twilio-Signature": signature, "User-Agent": "TwilioProxy/1.1"}
    return request(path, port, urlencode(fields).encode(), headers)


def inbound_fields(phone: str, text: str) -> dict[str, str]:
    """The fields of Twilio's webhook for one incoming SMS, empty geography included."""
    sid = f"SM{secrets.token_hex(16)}"
    empty = dict.fromkeys(("ToCity", "ToState", "ToZip", "FromCity", "FromState", "FromZip"), "")
    return empty | {
        "ToCountry": "US",
        "FromCountry": "ID",
        "SmsMessageSid": sid,
        "SmsSid": sid,
        "MessageSid": sid,
        "SmsStatus": "received",
        "NumMedia": "0",
        "NumSegments": "1",
        "AccountSid": ACCOUNT,
        "From": phone,
        "To": OURS,
        "Body": text,
        "ApiVersion": "2010-04-01",
    }
