"""Serving: granian, whose reading and writing of HTTP costs a sixth of a Python server's.

It hands a request to a thread once its headers are in, so a slow body holds a thread, not the server:
threads are many and idle ones end by themselves (reliability, P15).
"""

import socket
from contextlib import ExitStack, closing

from flask import Flask
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server import Server

from smsgw.config import Settings, load
from smsgw.errors import StartupError
from smsgw.services import open_services
from smsgw.web.app import create_app

THREADS = 1024
CONNECTIONS = 2048
HEADER_WITHIN_MS = 10_000

_open = ExitStack()  # what the serving process holds open until it ends


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. StartupError when the port is taken."""
    _require_free(settings.host, settings.port)
    Server(
        "smsgw.web.serve:application",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        blocking_threads=THREADS,
        backlog=CONNECTIONS,
        backpressure=CONNECTIONS,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_WITHIN_MS),
        log_enabled=False,
        websockets=False,
    ).serve()


def application() -> Flask:
    """The application of the process that granian starts."""
    return create_app(_open.enter_context(open_services(load())))


def _require_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with closing(socket.create_server((host, port), family=family)):
            return
    except OSError as error:
        raise StartupError(
            [f"Port {port} on {host} cannot be used ({error.strerror}): free it, or set SMSGW_PORT to another."]
        ) from None
