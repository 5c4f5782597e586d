"""What the page remembers of a visitor: the phone in hand and a form token, in one encrypted cookie."""

import base64
import binascii
import hmac
import json
import secrets
from dataclasses import dataclass, field

from flask import Request
from werkzeug.wrappers import Response

from smsgw.errors import KeyLost
from smsgw.store import Cipher

COOKIE = "smsgw_simulator"
FORM_FIELD = "form_token"
_LABEL = b"simulator visit"


@dataclass(frozen=True, slots=True)
class Visit:
    """The phone is E.164, empty when none was chosen. It stands in no URL: it is personal data."""

    phone: str = ""
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    def owns(self, incoming: Request) -> bool:
        """Whether a form was made for this visit (CSRF)."""
        return hmac.compare_digest(incoming.form.get(FORM_FIELD, "").encode(), self.token.encode())


def read_visit(incoming: Request, cipher: Cipher) -> Visit:
    """The visit of a request; a new one where the cookie is missing, forged or of another key."""
    try:
        data = base64.urlsafe_b64decode(incoming.cookies.get(COOKIE, "").encode())
        phone, token = json.loads(cipher.decrypt(data, _LABEL))
        return Visit(str(phone), str(token))
    except (KeyLost, binascii.Error, ValueError, TypeError):
        return Visit()


def keep_visit(response: Response, visit: Visit, cipher: Cipher, path: str) -> Response:
    """The response with the visit in its cookie, for `path` and this site's own pages only."""
    data = cipher.encrypt(json.dumps([visit.phone, visit.token]), _LABEL)
    value = base64.urlsafe_b64encode(data).decode()
    response.set_cookie(COOKIE, value, path=path, httponly=True, samesite="Strict")
    return response
