"""Answers that give nothing away: what an error becomes, and the headers that every answer bears."""

from flask import Response
from werkzeug.exceptions import HTTPException

from smsgw import logs
from smsgw.errors import HookRefused, StoreUnavailable
from smsgw.web.tally import Tally

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

log = logs.get()
refused = Tally()


def secured(response: Response) -> Response:
    """The response with the security headers that it does not set itself."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def of_error(error: Exception) -> Response:
    """What the other side is told of an error; ours are logged by their kind alone."""
    if isinstance(error, HookRefused):
        if count := refused.add((error.reason, error.status)):
            log.warning("hook_refused", reason=error.reason, status=error.status, count=count)
        return _text(error.reason, error.status)
    if isinstance(error, StoreUnavailable):
        log.error("store_unavailable", error=str(error))
        return _text("the database is unavailable, try again", 503, {"Retry-After": "2"})
    if isinstance(error, HTTPException):
        return _text(error.name, error.code or 500)
    log.error("unexpected", error=type(error).__name__)
    return _text("an error on our side; it has been logged", 500)


def _text(line: str, status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(f"{line}\n", status, headers, mimetype="text/plain")
