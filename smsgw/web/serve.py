"""Serving: uvicorn on one event loop, in this very process, so that nothing is left when it is killed."""

import os
import resource
import signal
import socket
import threading
from contextlib import closing
from functools import partial
from types import FrameType

from uvicorn import Config, Server

from smsgw import logs
from smsgw.config import Settings
from smsgw.errors import StartupError
from smsgw.services import Services, open_services
from smsgw.web.app import create_app
from smsgw.web.door import Door, create_door
from smsgw.web.punctual import WITHIN_S, Punctual, close_late

CONNECTIONS = 2048
FILES = CONNECTIONS + 256
IDLE_S = 30
GRACE_S = 5  # of requests under way, when it is told to stop
ENDS_S = 15.0  # after which it ends whatever is being written, as a worker does

log = logs.get()


class Ending(Server):
    """uvicorn's server, which ends its process `ends_s` after it was told to stop: a database that hangs holds a
    request's transaction, and with it the process, for as long as it likes. What is not answered is posted again."""

    ends_s = ENDS_S

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take no more requests, and count the seconds."""
        if not self.should_exit:
            deadline = threading.Timer(self.ends_s, _end_at_once)
            deadline.daemon = True
            deadline.start()
        super().handle_exit(sig, frame)


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. StartupError when the port is taken."""
    _require_free(settings.host, settings.port)
    with open_services(settings) as services:
        run(services)


def run(services: Services, ends_s: float = ENDS_S) -> None:
    """Serve with opened services until SIGTERM or SIGINT; at the latest `ends_s` later the process ends."""
    _allow_files(FILES)
    server = make_server(services.settings, create_door(services, create_app(services)))
    server.ends_s = ends_s
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, server.handle_exit)  # raised once more by uvicorn when it has ended
    server.run()


def make_server(settings: Settings, door: Door, within_s: float = WITHIN_S) -> Ending:
    """A server of this application on the settings' address, with bounds to the time, size and number of requests."""
    server = Ending(
        Config(
            door,
            host=settings.host,
            port=settings.port,
            loop="uvloop",
            http=Punctual,
            ws="none",
            lifespan="off",
            interface="asgi3",
            backlog=CONNECTIONS,
            limit_concurrency=CONNECTIONS,
            timeout_keep_alive=IDLE_S,
            timeout_graceful_shutdown=GRACE_S,
            timeout_notify=1,
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
        )
    )
    server.config.callback_notify = partial(close_late, server, within_s)
    return server


def _end_at_once() -> None:
    log.warning("stopped_at_once", next_step="see whether the database answers; what was not is posted again")
    os._exit(0)


def _allow_files(count: int) -> None:
    """Raise this process's own limit of open files, where the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


def _require_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with closing(socket.create_server((host, port), family=family)):
            return
    except OSError as error:
        raise StartupError(
            [f"Port {port} on {host} cannot be used ({error.strerror}): free it, or set SMSGW_PORT to another."]
        ) from None
