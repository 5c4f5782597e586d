"""Serves a WSGI application on loopback: until the process ends, or for the length of a block."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from waitress import create_server, wasyncore
from waitress.channel import HTTPChannel
from waitress.task import WSGITask

from smsgw.errors import StartupError
from smsgw.simulator.guard import LOOPBACK

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

THREADS = 16
CONNECTIONS = 1_000
RESET = "smsgw.reset"  # in the WSGI environment: a call after which the connection ends by a reset


def serve(app: "WSGIApplication", port: int, ready: Callable[[], None]) -> None:
    """Serve `app` on 127.0.0.1:`port` until SIGINT or SystemExit. StartupError when the port is taken.

    `ready` is called when the port is ours.
    """
    server = _server(app, port)
    ready()
    try:
        server.run()
    finally:
        server.close()


@contextmanager
def serving(app: "WSGIApplication", port: int = 0) -> Iterator[str]:
    """Serve `app` within the block on a free port; gives its URL, without a slash at the end."""
    server = _server(app, port)
    thread = threading.Thread(target=server.run, name="simulator-server", daemon=True)
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.effective_port}"
    finally:
        server.task_dispatcher.shutdown(timeout=2)
        # Only the server's own loop may close its sockets; it ends when none is left.
        with suppress(OSError):  # the loop has ended already
            server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map, ignore_all=True))
        thread.join(timeout=5)


def _server(app: "WSGIApplication", port: int) -> Any:
    try:
        made = create_server(app, host=LOOPBACK, port=port, threads=THREADS, connection_limit=CONNECTIONS, ident=None)
    except OSError as error:
        raise StartupError([f"Port {port} of {LOOPBACK} cannot be used: {error.strerror}. Choose another."]) from None
    made.channel_class = _Channel
    return made


class _Task(WSGITask):  # type: ignore[misc]  # waitress has no types
    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ[RESET] = self.channel.reset
        return environ


class _Channel(HTTPChannel):  # type: ignore[misc]  # as above
    task_class = _Task

    def reset(self) -> None:
        # A socket that must not linger ends by RST instead of FIN when it is closed.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
