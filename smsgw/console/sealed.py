"""Sealed: what a browser carries for us through a sign-in elsewhere: read, changed or used by nobody else."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

from smsgw.console.visit import Visit
from smsgw.errors import KeyLost


def seal(visit: Visit, purpose: str, *values: str) -> str:
    """Values for this browser and purpose alone, as a word for an address or a form."""
    text = json.dumps([visit.now_ms, *values])
    return urlsafe_b64encode(visit.services.store.cipher.encrypt(text, _label(visit, purpose))).decode().rstrip("=")


def unseal(visit: Visit, purpose: str, given: str, within_ms: int) -> list[str] | None:
    """The values; None where they are too old, or were not made for this browser and purpose.

    The browser is the one with the cookie that it had then: a new session's opens nothing that was sealed before it.
    """
    try:
        data = urlsafe_b64decode(given + "=" * (-len(given) % 4))
        at, *values = json.loads(visit.services.store.cipher.decrypt(data, _label(visit, purpose)))
    except (KeyLost, ValueError):
        return None
    return values if 0 <= visit.now_ms - at < within_ms else None


def _label(visit: Visit, purpose: str) -> bytes:
    return f"{purpose} {visit.token}".encode()
