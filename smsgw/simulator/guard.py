"""What keeps the simulator harmless: refused in production, loopback addresses only."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from smsgw.config import Settings
from smsgw.errors import StartupError

LOOPBACK = "127.0.0.1"


def refuse_production(settings: Settings) -> None:
    """StartupError when the gateway is a real one: the simulator signs with the carrier's token."""
    if settings.environment == "production":
        raise StartupError(
            ["The simulator does not run in production. Set SMSGW_ENVIRONMENT=demo on a machine for trying things out."]
        )


def credentials(settings: Settings) -> tuple[str, str]:
    """Account and auth token that the stand-in and the phones sign with; StartupError lists what is missing."""
    sid, token = settings.twilio_account_sid, settings.twilio_auth_token.get_secret_value()
    missing = [
        f"{name} is not set: `make up` writes one for the demo."
        for name, value in (("SMSGW_TWILIO_ACCOUNT_SID", sid), ("SMSGW_TWILIO_AUTH_TOKEN", token))
        if not value
    ]
    if missing:
        raise StartupError(missing)
    return sid, token


def is_loopback(host: str | None) -> bool:
    """Whether a host name or address, without port, is this machine's own."""
    name = (host or "").strip("[]").lower()
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def host_of(url: str) -> str:
    """The host of a URL in lower case, empty when it has none or cannot be read."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
