"""How the stand-in behaves: a good day. A fault is a subclass that overrides one of four methods."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from werkzeug.wrappers import Response

from smsgw.simulator.ledger import Message


@dataclass(frozen=True, slots=True)
class Delays:
    """Seconds from the creation of a message until it is sent and until it is delivered."""

    sent: float = 0.3
    delivered: float = 0.8


@dataclass(frozen=True, slots=True)
class Step:
    """One status callback: due `after` seconds from creation, never before the step that stands before it.

    `moves`: whether the message itself takes this status; `tells`: whether the gateway is told; `fault`: what bent it.
    """

    after: float
    status: str
    error_code: int | None = None
    moves: bool = True
    tells: bool = True
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """What a create request asks for, already checked."""

    to: str
    sender: str
    body: str
    callback: str


class Behaviour:
    """Every message is accepted at once, then sent, then delivered.

    An answer is a WSGI response: it may be late, empty or nonsense, or close the connection.
    """

    def __init__(self, delays: Delays | None = None) -> None:
        self.delays = delays or Delays()

    def instead(self, order: Order) -> Response | None:
        """An answer given in place of accepting the order: nothing is created. None: accept."""
        return None

    def answer(self, message: Message, respond: Callable[[], Response]) -> Response:
        """The answer after acceptance: the message exists, whatever its sender is told."""
        return respond()

    def listed(self, message: Message, now: float) -> bool:
        """Whether the list shows this message yet."""
        return True

    def journey(self, message: Message) -> Sequence[Step]:
        """The callbacks, in the order in which they are made. Twilio makes none for the first status."""
        return (Step(self.delays.sent, "sent"), Step(self.delays.delivered, "delivered"))
