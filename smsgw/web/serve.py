"""Serving: waitress, which reads slow clients without giving them a thread (reliability, P15)."""

import signal
from typing import Any

import waitress
from flask import Flask

from smsgw.config import Settings
from smsgw.errors import StartupError


def serve(app: Flask, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. StartupError when the port is taken."""
    try:
        server = waitress.create_server(
            app,
            host=settings.host,
            port=settings.port,
            threads=settings.web_threads,
            connection_limit=1000,
            channel_timeout=10,
            max_request_body_size=16 * 1024,
            max_request_header_size=16 * 1024,
            expose_tracebacks=False,
            ident=None,
        )
    except OSError as error:
        raise StartupError(
            [f"Port {settings.port} on {settings.host} cannot be used ({error.strerror}): set SMSGW_PORT."]
        ) from None
    signal.signal(signal.SIGTERM, _stop)
    try:
        server.run()
    finally:
        server.close()


def _stop(number: int, frame: Any) -> None:
    raise SystemExit(0)
