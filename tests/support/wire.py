"""The other end of a connection, as a test wants it: answering, hanging up, falling to pieces."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

Talk = Callable[[socket.socket, int], None]


@contextlib.contextmanager
def server(talk: Talk) -> Iterator[str]:
    """A server that hands each connection and its number to `talk`, then closes it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            for number in range(100):
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection, contextlib.suppress(OSError):
                    talk(connection, number)

        threading.Thread(target=run, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def answering(status: str, body: str, *headers: str) -> Talk:
    """Reads one request and answers it."""
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers])

    def talk(connection: socket.socket, number: int) -> None:
        connection.recv(65536)
        connection.sendall(f"{head}\r\n\r\n{body}".encode())

    return talk


def resetting(connection: socket.socket, number: int) -> None:
    connection.recv(65536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")


def hanging_up(connection: socket.socket, number: int) -> None:
    connection.recv(65536)


def in_pieces(pieces: list[bytes]) -> Talk:
    """Answers each request of a connection with these pieces, one by one; an empty one closes it."""

    def talk(connection: socket.socket, number: int) -> None:
        while connection.recv(65536):
            for piece in pieces:
                if not piece:
                    return
                connection.sendall(piece)
                threading.Event().wait(0.005 * (len(pieces) > 1))

    return talk
