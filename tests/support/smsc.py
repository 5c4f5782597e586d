"""An operator's SMSC, as far as Kannel needs one: SMPP 3.4 on a free port of loopback, for the length of a block."""

import contextlib
import queue
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

HEAD = struct.Struct(">IIII")  # length, command, status, number
RESPONSE = 0x8000_0000
SUBMIT, DELIVER, UNBIND, ENQUIRE = 0x4, 0x5, 0x6, 0x15
BINDS = (0x1, 0x2, 0x9)
INTERNATIONAL, NETWORK = 1, 3  # types of number
RECEIPT = 0x04
INVALID_DESTINATION = 0x0B


@dataclass(frozen=True)
class Submitted:
    """A message that Kannel handed over."""

    id: str
    from_phone: str
    to_phone: str
    text: bytes
    coding: int
    validity: str
    wants_receipt: bool


@dataclass
class Smsc:
    """The SMSC. `submitted` fills as messages come; `refusing` turns each away."""

    listener: socket.socket
    submitted: "queue.Queue[Submitted]" = field(default_factory=queue.Queue)
    refusing: bool = False
    _bound: "queue.Queue[socket.socket]" = field(default_factory=queue.Queue)
    _client: socket.socket | None = None
    _count: int = 0

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.listener.getsockname()[1])

    def wait_bound(self, within_s: float) -> None:
        """Wait until Kannel is bound."""
        self._client = self._bound.get(timeout=within_s)

    def text(self, from_phone: str, to_phone: str, octets: bytes, coding: int = 0) -> None:
        """A participant's SMS, to Kannel. `coding`: 0 text, 8 UTF-16."""
        self._deliver(from_phone, to_phone, octets, coding, 0)

    def report(self, message: Submitted, stat: str, err: str) -> None:
        """A delivery receipt for a message that was handed over; it quotes the text, as many do."""
        said = (
            f"id:{message.id} sub:001 dlvrd:001 submit date:2501010000 done date:2501010001 stat:{stat} err:{err} text:"
        )
        self._deliver(message.to_phone, message.from_phone, said.encode() + message.text[:20], 0, RECEIPT)

    def serve(self) -> None:
        """Take Kannel's connections, one after the other, until the listener is closed."""
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError, EOFError):
                while self._take(connection):
                    pass

    def _take(self, connection: socket.socket) -> bool:
        length, command, _, number = HEAD.unpack(_exactly(connection, HEAD.size))
        body = _exactly(connection, length - HEAD.size)
        status, answer = 0, b""
        if command in BINDS:
            answer = b"smsc\0"
        elif command == SUBMIT:
            status, answer = self._submit(body)
        if not command & RESPONSE:
            _send(connection, command | RESPONSE, number, answer, status)
        if command in BINDS:
            self._bound.put(connection)
        return bool(command != UNBIND)

    def _submit(self, body: bytes) -> tuple[int, bytes]:
        if self.refusing:
            return INVALID_DESTINATION, b""
        self._count += 1
        message = _read(body, f"{self._count:08x}")
        self.submitted.put(message)
        return 0, message.id.encode() + b"\0"

    def _deliver(self, source: str, target: str, octets: bytes, coding: int, esm_class: int) -> None:
        assert self._client is not None
        self._count += 1
        body = b"\0" + _address(source) + _address(target) + bytes([esm_class, 0, 0]) + b"\0\0"
        body += bytes([0, 0, coding, 0, len(octets)]) + octets
        _send(self._client, DELIVER, self._count, body)


@contextlib.contextmanager
def running() -> Iterator[Smsc]:
    """An SMSC that listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        smsc = Smsc(listener)
        thread = threading.Thread(target=smsc.serve, daemon=True)
        thread.start()
        try:
            yield smsc
        finally:
            listener.shutdown(socket.SHUT_RDWR)


def _read(body: bytes, given: str) -> Submitted:
    rest = body[body.index(b"\0") + 1 :]
    source, rest = _cut_address(rest)
    target, rest = _cut_address(rest)
    _, validity, rest = rest[3:].split(b"\0", 2)
    registered, _, coding, _, length = rest[:5]
    return Submitted(given, source, target, rest[5 : 5 + length], coding, validity.decode(), bool(registered & 1))


def _cut_address(rest: bytes) -> tuple[str, bytes]:
    end = rest.index(b"\0", 2)
    plus = "+" if rest[0] == INTERNATIONAL else ""
    return plus + rest[2:end].decode(), rest[end + 1 :]


def _address(number: str) -> bytes:
    kind = INTERNATIONAL if number.startswith("+") else NETWORK
    return bytes([kind, 1]) + number.removeprefix("+").encode() + b"\0"


def _send(connection: socket.socket, command: int, number: int, body: bytes, status: int = 0) -> None:
    connection.sendall(HEAD.pack(HEAD.size + len(body), command, status, number) + body)


def _exactly(connection: socket.socket, size: int) -> bytes:
    octets = b""
    while len(octets) < size:
        piece = connection.recv(size - len(octets))
        if not piece:
            raise EOFError
        octets += piece
    return octets
