"""Provider: OpenID Connect by Authlib: authorization code with PKCE, and an ID token checked to the last claim."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any, Final

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jws import JWSRegistry
from requests import RequestException

from smsgw.config import Settings
from smsgw.operators.discovery import KEYS_AGAIN_S, Discovery
from smsgw.operators.oidc import NotProven, Once, Person, redirect_uri

TIMES_S: Final = (2.0, 5.0)  # to connect, and to wait for more
LEEWAY_S: Final = 60  # that the provider's clock and ours may differ
LONGEST: Final = 255  # characters of a subject (OpenID Connect Core 1.0, section 2) and of a name
AT_ONCE: Final = 4  # calls under way, of the sixteen threads that all pages have
WAIT_S: Final = 1.0
# Nothing symmetric, whatever the provider lists: a public key must not do as a shared secret, nor `none` as a key.
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
SCOPES: Final = {"preferred_username": "openid profile", "email": "openid email", "sub": "openid"}
_WORD: Final = re.compile(r"[a-z_]{1,40}", re.ASCII)


class Authlib:
    """The provider of the settings (smsgw.operators.oidc.Provider)."""

    def __init__(
        self, settings: Settings, times_s: tuple[float, float] = TIMES_S, again_s: float = KEYS_AGAIN_S
    ) -> None:
        self._settings = settings
        self._times_s = times_s
        self._calls = BoundedSemaphore(AT_ONCE)
        self._discovery = Discovery(settings.oidc_issuer, self._fetch, again_s)

    def address(self, state: str, once: Once) -> str:
        """Where the browser is sent to; the document is asked for where it is not known yet."""
        with self._asking(), self._session() as session:
            found = self._discovery.found()
            given = {"state": state, "nonce": once.nonce, "code_verifier": once.verifier}
            return str(session.create_authorization_url(found.authorization, **given)[0])

    def person(self, code: str, once: Once, issuer: str | None) -> Person:
        """Whom a code stands for: it is redeemed, and the token's signature and every claim are checked."""
        with self._asking():
            self._is_from_it(issuer)
            claims = self._checked(self._redeemed(code, once), once)
            return Person(self._settings.oidc_issuer, _short(claims["sub"]), self._name(claims))

    def _is_from_it(self, issuer: str | None) -> None:
        # RFC 9207: a code of another provider must not be handed to this one.
        if issuer != self._settings.oidc_issuer and (issuer is not None or self._discovery.found().tells_issuer):
            raise NotProven("answer", "another_issuer")

    def _redeemed(self, code: str, once: Once) -> Mapping[str, Any]:
        found = self._discovery.found()
        with self._session(basic=found.basic) as session:
            token: Mapping[str, Any] = session.fetch_token(
                found.token,
                grant_type="authorization_code",
                code=code,
                code_verifier=once.verifier,
                redirect_uri=redirect_uri(self._settings),
                allow_redirects=False,
            )
        return token

    def _checked(self, token: Mapping[str, Any], once: Once) -> Mapping[str, Any]:
        read = self._verified(token["id_token"])
        mine = {"nonce": once.nonce, "client_id": self._settings.oidc_client_id}
        expected = {
            "iss": {"essential": True, "value": self._settings.oidc_issuer},
            "aud": {"essential": True, "value": self._settings.oidc_client_id},
            "sub": {"essential": True},
        }
        claims = CodeIDToken(read.claims, read.header, expected, mine | {"access_token": token.get("access_token")})
        claims.validate(leeway=LEEWAY_S)
        return dict(claims)

    def _verified(self, id_token: str) -> jwt.Token:
        registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        try:
            return jwt.decode(id_token, self._discovery.keys(), registry=registry)
        except InvalidKeyIdError:
            return jwt.decode(id_token, self._discovery.keys(anew=True), registry=registry)

    def _name(self, claims: Mapping[str, Any]) -> str:
        claim = self._settings.oidc_claim
        if claim == "email" and claims.get("email_verified") is not True:
            raise NotProven("nameless", "email_not_verified")
        if not claims.get(claim):
            raise NotProven("nameless", f"no_{claim}")
        return _short(claims[claim])

    def _fetch(self, address: str) -> Any:
        with self._session() as session:
            answer = session.request("GET", address, withhold_token=True, allow_redirects=False)
        answer.raise_for_status()
        return answer.json()

    def _session(self, *, basic: bool = True) -> OAuth2Session:
        settings = self._settings
        return OAuth2Session(
            settings.oidc_client_id,
            settings.oidc_client_secret.get_secret_value(),
            token_endpoint_auth_method="client_secret_basic" if basic else "client_secret_post",
            scope=SCOPES[settings.oidc_claim],
            redirect_uri=redirect_uri(settings),
            code_challenge_method="S256",
            default_timeout=self._times_s,
        )

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """One of the few calls at once; what the libraries raise becomes NotProven, without what it says."""
        if not self._calls.acquire(timeout=WAIT_S):
            raise NotProven("away", "busy")
        try:
            yield
        except AuthlibBaseError as error:
            told = str(error.error)
            raise NotProven("answer", told if _WORD.fullmatch(told) else "error") from None
        except (JoseError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise NotProven("answer", type(error).__name__) from None
        except RequestException as error:
            raise NotProven("away", type(error).__name__) from None
        finally:
            self._calls.release()


def _short(value: Any) -> str:
    # What cannot be printed cannot be compared by eye either, and half a character (a lone surrogate) not be stored.
    if not (isinstance(value, str) and 0 < len(value) <= LONGEST and value.isprintable()):
        raise NotProven("answer", "claim")
    return value
