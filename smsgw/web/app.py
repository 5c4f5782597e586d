"""The application: limits, error answers that give nothing away, security headers, blueprints."""

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from smsgw import logs
from smsgw.errors import HookRefused, StoreUnavailable
from smsgw.services import Services
from smsgw.simulator import pages
from smsgw.web import health, hooks

BODY_LIMIT = 16 * 1024
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

log = logs.get()


def create_app(services: Services) -> Flask:
    """The WSGI application over opened services."""
    app = Flask("smsgw", static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=BODY_LIMIT, MAX_FORM_MEMORY_SIZE=BODY_LIMIT, MAX_FORM_PARTS=200)
    app.register_blueprint(hooks.blueprint(services))
    app.register_blueprint(health.blueprint(services))
    if services.settings.environment == "demo":
        app.register_blueprint(pages.blueprint(services))
    _register_errors(app)
    app.after_request(_headers)
    return app


def _headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _register_errors(app: Flask) -> None:
    @app.errorhandler(HookRefused)
    def refused(error: HookRefused) -> Response:
        log.warning("hook_refused", reason=error.reason, status=error.status)
        return Response(f"{error.reason}\n", error.status, mimetype="text/plain")

    @app.errorhandler(StoreUnavailable)
    def unavailable(error: StoreUnavailable) -> Response:
        log.error("store_unavailable", error=str(error))
        return Response("the database is unavailable, try again\n", 503, {"Retry-After": "2"}, mimetype="text/plain")

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        return Response(f"{error.name}\n", error.code or 500, mimetype="text/plain")

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        log.error("unexpected", error=type(error).__name__)
        return Response("an error on our side; it has been logged\n", 500, mimetype="text/plain")
