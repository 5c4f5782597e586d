"""Twilio's side of a webhook: forms as it posts them, signed as it signs them."""

import secrets
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from smsgw.config import Settings

ACCOUNT = "AC" + "0" * 32
TOKEN = "not-a-real-token"
NUMBER = "+622150000000"
PUBLIC_URL = "https://sms.example.id"
INBOUND = "/webhooks/twilio/inbound"
STATUS = "/webhooks/twilio/status"
FORM = "application/x-www-form-urlencoded"


def settings(**changes: object) -> Settings:
    """Settings of a test, none taken from the environment's files."""
    values: dict[str, object] = {
        "environment": "demo",
        "public_url": PUBLIC_URL,
        "twilio_account_sid": ACCOUNT,
        "twilio_auth_token": TOKEN,
        "twilio_from": NUMBER,
        "twilio_api_url": "http://127.0.0.1:9",
        "data_key": "ab" * 64,
        "quiet_hours": "",
    }
    return Settings.model_validate(values | changes)


def sid(prefix: str = "SM") -> str:
    """A new message id."""
    return prefix + secrets.token_hex(16)


def inbound_form(body: str, from_phone: str = "+6281200000001", **changes: str) -> dict[str, str]:
    """The fields of an inbound post."""
    fields = {"MessageSid": sid(), "AccountSid": ACCOUNT, "From": from_phone, "To": NUMBER, "Body": body}
    return fields | {"NumMedia": "0", "NumSegments": "1", "ApiVersion": "2010-04-01"} | changes


def status_form(message_sid: str, status: str, **changes: str) -> dict[str, str]:
    """The fields of a status callback."""
    fields = {"MessageSid": message_sid, "AccountSid": ACCOUNT, "MessageStatus": status, "From": NUMBER}
    return fields | {"To": "+6281200000001", "ApiVersion": "2010-04-01"} | changes


def headers(target: str, fields: dict[str, str], token: str = TOKEN, base: str = PUBLIC_URL) -> dict[str, str]:
    """The headers that make `fields` a genuine post to `target`."""
    signature = RequestValidator(token).compute_signature(base + target, fields)
    return {"X-Twilio-Signature": signature, "Content-Type": FORM}


def encode(fields: dict[str, str]) -> bytes:
    """The body of a form post."""
    return urlencode(fields).encode()
