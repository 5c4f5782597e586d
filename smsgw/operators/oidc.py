"""OIDC: what the console asks of an identity provider, and the one that the settings name."""

from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Literal, Protocol

from smsgw.config import Settings
from smsgw.errors import StartupError

CALLBACK = "/console/sign-in/oidc/callback"

Why = Literal["denied", "stale", "soon", "away", "answer", "nameless"]


class NotProven(Exception):
    """The provider did not prove who somebody is; `why` is a word of the catalogue, `cause` one for the log."""

    def __init__(self, why: Why, cause: str = "") -> None:
        self.why: Why = why
        self.cause = cause
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the provider names: `subject` is theirs alone and for ever, `name` may become somebody else's."""

    issuer: str
    subject: str
    name: str


@dataclass(frozen=True, slots=True)
class Once:
    """What holds one sign-in together: `nonce` comes back in the token, `verifier` shows that the code is ours."""

    nonce: str
    verifier: str = field(repr=False)


class Provider(Protocol):
    """An identity provider. All of it raises NotProven."""

    def address(self, state: str, once: Once) -> str:
        """Where the browser is sent to."""

    def person(self, code: str, once: Once, issuer: str | None) -> Person:
        """Whom a code stands for. `issuer`: who sent the browser back, as the address says (RFC 9207)."""


def open_provider(settings: Settings) -> Provider | None:
    """The provider of the settings; None where there is none. StartupError says what is missing."""
    problems = missing(settings)
    if problems:
        raise StartupError(problems)
    if not settings.oidc_issuer:
        return None
    made: Provider = import_module("smsgw.operators.provider").Authlib(settings)  # its library is an extra
    return made


def missing(settings: Settings) -> list[str]:
    """What the settings of the provider lack, one sentence each."""
    if not settings.oidc_issuer:
        return []
    given = {"CLIENT_ID": settings.oidc_client_id, "CLIENT_SECRET": settings.oidc_client_secret.get_secret_value()}
    found = [
        f"SMSGW_OIDC_{name} is not set: take it from the client that you made at SMSGW_OIDC_ISSUER."
        for name, value in given.items()
        if not value
    ]
    if find_spec("authlib") is None:
        found.append("SMSGW_OIDC_ISSUER is set and the extra `oidc` is not installed: pip install 'smsgw[oidc]'.")
    return found


def redirect_uri(settings: Settings) -> str:
    """Where the provider sends the browser back to: our public address, whatever name a request came under."""
    return settings.public_url.rstrip("/") + CALLBACK
