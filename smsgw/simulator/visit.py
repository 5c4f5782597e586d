"""What the pages remember of a visitor: the phones on the table, the language and a form token, in one cookie."""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field, replace

from flask import Request
from werkzeug.wrappers import Response

from smsgw.errors import KeyLost
from smsgw.keywords import LANGUAGES
from smsgw.simulator.people import FIRST
from smsgw.store import Cipher

COOKIE = "smsgw_simulator"
FORM_FIELD = "form_token"
MOST = 6
"""Phones on the table at once: each is asked about every second."""
_LABEL = b"simulator visit"


@dataclass(frozen=True, slots=True)
class Visit:
    """The phones are E.164, and stand in no URL: they are personal data. In pages and forms a phone has a key."""

    phones: tuple[str, ...] = FIRST
    language: str = LANGUAGES[0]
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    def owns(self, incoming: Request) -> bool:
        """Whether a form was made for this visit (CSRF)."""
        return hmac.compare_digest(incoming.form.get(FORM_FIELD, "").encode(), self.token.encode())

    def key_of(self, phone: str) -> str:
        """The name of a phone in this visit's pages."""
        return hashlib.blake2s(phone.encode(), key=self.token.encode()[:32], digest_size=6).hexdigest()

    def phone_of(self, key: str) -> str:
        """The phone of a key, empty where it is not on the table."""
        return next((phone for phone in self.phones if self.key_of(phone) == key), "")

    def taking(self, phone: str) -> "Visit":
        """The visit with one more phone; where the table is full, the one that came first gives way."""
        if phone in self.phones:
            return self
        return replace(self, phones=(*self.phones, phone)[-MOST:])

    def leaving(self, phone: str) -> "Visit":
        """The visit without this phone."""
        return replace(self, phones=tuple(one for one in self.phones if one != phone))


def read_visit(incoming: Request, cipher: Cipher) -> Visit:
    """The visit of a request; a new one where the cookie is missing, forged or of another key."""
    try:
        data = base64.urlsafe_b64decode(incoming.cookies.get(COOKIE, "").encode())
        phones, language, token = json.loads(cipher.decrypt(data, _LABEL))
        return Visit(tuple(map(str, phones)), str(language), str(token))
    except (KeyLost, binascii.Error, ValueError, TypeError):
        return Visit()


def keep_visit(response: Response, visit: Visit, cipher: Cipher, path: str) -> Response:
    """The response with the visit in its cookie, for `path` and this site's own pages only."""
    data = cipher.encrypt(json.dumps([visit.phones, visit.language, visit.token]), _LABEL)
    value = base64.urlsafe_b64encode(data).decode()
    response.set_cookie(COOKIE, value, path=path, httponly=True, samesite="Strict")
    return response
