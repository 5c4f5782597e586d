"""What keeps the simulator harmless: refused in production, loopback alone, a Host check on every page."""

from collections.abc import Callable

from flask import Request, Response, request

from smsgw.config import Settings
from smsgw.errors import StartupError
from smsgw.loopback import host_of, is_loopback

__all__ = ["LOOPBACK", "credentials", "doorkeeper", "host_of", "is_loopback", "refuse_production"]

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


def doorkeeper(settings: Settings) -> Callable[[], Response | None]:
    """A check before each request of the simulator: for Flask's `before_request`.

    It lets in who calls this machine by a name of its own from this machine, or by a name of SMSGW_SIMULATOR_HOSTS
    from anywhere. A foreign name that resolves to this machine (DNS rebinding) stays outside, as does the network.
    """
    named = frozenset(name.lower() for name in settings.simulator_hosts)

    def check() -> Response | None:
        if _called(request) in named or (is_loopback(_called(request)) and is_loopback(request.remote_addr)):
            return None
        text = "The simulator answers on this machine's own address only; SMSGW_SIMULATOR_HOSTS names others.\n"
        return Response(text, 403, mimetype="text/plain")

    return check


def _called(incoming: Request) -> str:
    return host_of(f"http://{incoming.host}")
