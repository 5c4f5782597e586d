"""Discovery: what an identity provider says of itself, its addresses and its keys, kept for an hour."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlsplit

from joserfc.jwk import KeySet

from smsgw.loopback import is_loopback
from smsgw.operators.oidc import NotProven

FRESH_S: Final = 3600.0
KEYS_AGAIN_S: Final = 30.0  # how often keys are asked for before their time: a provider may have taken a new one

Fetch = Callable[[str], Any]
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Found:
    """What is used of the document. `tells_issuer`: whether it says its name when it sends a browser back."""

    authorization: str
    token: str
    keys: str
    basic: bool
    tells_issuer: bool


@dataclass(frozen=True, slots=True)
class _Kept(Generic[Value]):
    value: Value
    at: float

    def is_fresh(self, within_s: float) -> bool:
        return time.monotonic() - self.at < within_s


class Discovery:
    """The document of an issuer and its keys. `fetch` gets the JSON at an address; all raises what it raises."""

    def __init__(self, issuer: str, fetch: Fetch, again_s: float = KEYS_AGAIN_S) -> None:
        self._issuer = issuer
        self._fetch = fetch
        self._again_s = again_s
        self._found: _Kept[Found] | None = None
        self._keys: _Kept[KeySet] | None = None

    def found(self) -> Found:
        """The addresses; NotProven where they are another issuer's or not safe."""
        if self._found is None or not self._found.is_fresh(FRESH_S):
            document = self._fetch(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
            self._found = _Kept(self._read(document), time.monotonic())
        return self._found.value

    def keys(self, *, anew: bool = False) -> KeySet:
        """The keys that tokens are signed with. `anew`: because one of them is not known."""
        if self._keys is None or not self._keys.is_fresh(self._again_s if anew else FRESH_S):
            self._keys = _Kept(KeySet.import_key_set(self._fetch(self.found().keys)), time.monotonic())
        return self._keys.value

    def _read(self, document: Mapping[str, Any]) -> Found:
        if document["issuer"] != self._issuer:
            raise NotProven("answer", "another_issuer")
        methods = document.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return Found(
            authorization=self._safe(document["authorization_endpoint"]),
            token=self._safe(document["token_endpoint"]),
            keys=self._safe(document["jwks_uri"]),
            basic="client_secret_basic" in methods,
            tells_issuer=document.get("authorization_response_iss_parameter_supported") is True,
        )

    def _safe(self, address: str) -> str:
        if not is_safe(address) or urlsplit(address).scheme != urlsplit(self._issuer).scheme:
            raise NotProven("answer", "unsafe_address")
        return address


def is_safe(address: str) -> bool:
    """Whether nobody between here and there can read or change what is said: https, or this very machine."""
    parts = urlsplit(address)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))
    )
