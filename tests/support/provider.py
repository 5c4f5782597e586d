"""An identity provider on loopback: real keys, codes that count once, PKCE; each of its answers may be spoilt."""

import json
import secrets
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import requests
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from flask import Flask, Response, redirect, request
from joserfc.jwk import RSAKey
from werkzeug.wrappers import Response as AnyResponse

from smsgw.simulator.serving import serving

CLIENT, SECRET = "smsgw-console", "a secret of the client"
REDIRECT = "https://sms.example.id/console/sign-in/oidc/callback"
Claims = dict[str, Any]


@cache
def key(kid: str) -> RSAKey:
    """A key of this run, made at its first use."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


def signed(claims: Claims, kid: str = "one", **header: Any) -> str:
    """An ID token as it should be. Made by hand: the library refuses to make what an attacker would."""
    body = f"{part({'alg': 'RS256', 'kid': kid, **header})}.{part(claims)}"
    return f"{body}.{signature(body, kid)}"


def signature(body: str, kid: str) -> str:
    """The third part of a token whose first two are `body`, by RS256."""
    private = key(kid).private_key
    assert private is not None
    return encoded(private.sign(body.encode(), PKCS1v15(), SHA256()))


def part(content: Claims) -> str:
    """A header or the claims, as it stands in a token."""
    return encoded(json.dumps(content).encode())


def encoded(data: bytes) -> str:
    """Bytes as they stand in a token."""
    return urlsafe_b64encode(data).decode().rstrip("=")


@dataclass
class StandIn:
    """The provider. `who` has signed in with it; `published` are its keys; what is spoilt stands in the others."""

    issuer: str = ""
    redirect: str = REDIRECT
    who: Claims = field(default_factory=lambda: {"sub": "8f1c", "preferred_username": "rina"})
    published: list[str] = field(default_factory=lambda: ["one"])
    document: Claims = field(default_factory=dict)
    claims: Claims = field(default_factory=dict)
    sign: Callable[[Claims], str] = signed
    error: str = ""
    extra: Claims = field(default_factory=dict)
    answer: Callable[[Claims], Any] = lambda token: token
    delay_s: float = 0
    asked: list[str] = field(default_factory=list)
    codes: dict[str, Claims] = field(default_factory=dict)

    def app(self) -> Flask:
        """Its pages."""
        app = Flask("provider")
        app.before_request(self._count)
        app.add_url_rule("/.well-known/openid-configuration", "discovery", self._discovery)
        app.add_url_rule("/keys", "keys", self._keys)
        app.add_url_rule("/authorize", "authorize", self._authorize)
        app.add_url_rule("/token", "token", self._token, methods=["POST"])
        return app

    def send_back(self, address: str) -> str:
        """What it sends a browser back to that came to `address`."""
        answer = requests.get(address, allow_redirects=False, timeout=20)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def _count(self) -> None:
        self.asked.append(request.path)
        time.sleep(self.delay_s)

    def _discovery(self) -> Claims:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            **self.document,
        }

    def _keys(self) -> Claims:
        # One to encrypt with is among them at Keycloak's too.
        other = {**key("encryption").as_dict(private=False), "use": "enc", "alg": "RSA-OAEP"}
        return {"keys": [other, *(key(kid).as_dict(private=False) for kid in self.published)]}

    def _authorize(self) -> AnyResponse:
        given = request.args
        assert (given["client_id"], given["redirect_uri"]) == (CLIENT, self.redirect)
        assert (given["response_type"], given["code_challenge_method"]) == ("code", "S256")
        assert "openid" in given["scope"].split()
        told: Claims = {"state": given["state"], **self.extra}
        if self.error:
            return redirect(f"{self.redirect}?{urlencode({'error': self.error, **told})}")
        code = secrets.token_urlsafe(16)
        self.codes[code] = {"nonce": given["nonce"], "challenge": given["code_challenge"], **self.who}
        return redirect(f"{self.redirect}?{urlencode({'code': code, **told})}")

    def _token(self) -> Any:
        given = self.codes.pop(request.form["code"], None)
        if self._client() != (CLIENT, SECRET):
            return {"error": "invalid_client"}, 401
        verifier = encoded(sha256(request.form.get("code_verifier", "").encode()).digest())
        fits = given and verifier == given.pop("challenge") and request.form["redirect_uri"] == self.redirect
        if not fits or given is None:
            return {"error": "invalid_grant", "error_description": SECRET}, 400
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, **given, **self.claims}
        told = {name: value for name, value in claims.items() if value is not None}
        return self.answer({"access_token": "opaque", "token_type": "Bearer", "id_token": self.sign(told)})

    def _client(self) -> tuple[str, str]:
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        if kind == "Basic":
            name, _, secret = b64decode(given).decode().partition(":")
            return name, secret
        return request.form.get("client_id", ""), request.form.get("client_secret", "")


@contextmanager
def provider() -> Iterator[StandIn]:
    """A provider for the length of the block."""
    made = StandIn()
    with serving(made.app()) as made.issuer:
        yield made


def page(status: int, body: str = "not JSON") -> Response:
    """An answer that is none of a provider."""
    return Response(body, status)
