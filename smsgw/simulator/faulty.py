"""A bad day: the stand-in's behaviour under the switches that are on, and for the magic numbers."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from flask import Response, jsonify
from waitress.channel import ClientDisconnected
from werkzeug.wrappers import Response as AnyResponse

from smsgw.simulator.behaviour import Behaviour, Delays, Order, Step
from smsgw.simulator.codes import FAILURES, REFUSALS, magic_code
from smsgw.simulator.faults import Fault, Switchboard
from smsgw.simulator.ledger import Message
from smsgw.simulator.problems import Problem
from smsgw.simulator.serving import RESET

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

R = TypeVar("R", bound=AnyResponse)

HOLDS = 8  # answers held back at once; each holds a thread of the server
FAULT = "X-Simulator-Fault"
RETRY_AFTER_S = 1


class Cut(Response):
    """No answer: the connection is reset."""

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """End the connection under the server's feet."""
        environ.get(RESET, lambda: None)()
        raise ClientDisconnected


class Faulty(Behaviour):
    """The behaviour under `board`. Close it, so that no answer is held back any longer."""

    def __init__(self, board: Switchboard, delays: Delays | None = None) -> None:
        super().__init__(delays)
        self._board = board
        self._holds = threading.Semaphore(HOLDS)
        self._closed = threading.Event()

    def close(self) -> None:
        """Let go of everything that is held back."""
        self._closed.set()

    def instead(self, order: Order) -> AnyResponse | None:
        """What is answered instead of accepting."""
        code = magic_code(order.to, order.sender)
        if code is not None and code in REFUSALS:
            return _refusal(code, "magic number")
        fault = self._board.strikes(order.to, "429", "refused", "500", "reset-lost", "timeout-lost")
        return self._refused(fault) if fault else None

    def answer(self, message: Message, respond: Callable[[], AnyResponse]) -> AnyResponse:
        """What is answered although the message is taken."""
        fault = self._board.strikes(message.to, "500-taken", "reset", "timeout", "slow")
        if fault is None:
            return respond()
        if fault.kind == "500-taken":
            return _broken(fault.kind)
        if fault.kind == "reset" or not self._hold(fault.seconds):
            return _marked(Cut(), fault.kind)
        return _marked(respond() if fault.kind == "slow" else Cut(), fault.kind)

    def journey(self, message: Message) -> Sequence[Step]:
        """The callbacks, as the switches bend them."""
        steps = self._way(message)
        for kind, bend in _BENDS.items():
            fault = self._board.strikes(message.to, kind)
            if fault:
                steps = [replace(step, fault=kind) for step in bend(steps, fault)]
        return steps

    def _way(self, message: Message) -> Sequence[Step]:
        code, why = magic_code(message.to, message.sender), "magic number"
        if code not in FAILURES:
            fault = self._board.strikes(message.to, "undelivered")
            code, why = (fault.code, fault.kind) if fault else (None, "")
        if code is None:
            return super().journey(message)
        status = FAILURES[code][0]
        sent = [] if status == "failed" else [Step(self.delays.sent, "sent", fault=why)]
        return [*sent, Step(self.delays.delivered, status, code, fault=why)]

    def _refused(self, fault: Fault) -> AnyResponse:
        if fault.kind == "429":
            return _refusal(20429, fault.kind)
        if fault.kind == "refused" and fault.code is not None:
            return _refusal(fault.code, fault.kind)
        if fault.kind == "500":
            return _broken(fault.kind)
        if fault.kind == "timeout-lost":
            self._hold(fault.seconds)
        return _marked(Cut(), fault.kind)

    def _hold(self, seconds: float) -> bool:
        """Hold an answer back; False where too many are held already: it is cut off at once, then."""
        if not self._holds.acquire(blocking=False):
            return False
        try:
            self._closed.wait(seconds)
        finally:
            self._holds.release()
        return True


def _untold(steps: Sequence[Step], fault: Fault) -> list[Step]:
    return [replace(step, tells=False) for step in steps]


def _late(steps: Sequence[Step], fault: Fault) -> list[Step]:
    return [replace(step, after=step.after + fault.seconds) for step in steps]


def _twice(steps: Sequence[Step], fault: Fault) -> list[Step]:
    return [one for step in steps for one in (step, replace(step, moves=False))]


def _unordered(steps: Sequence[Step], fault: Fault) -> list[Step]:
    *first, last = steps
    silent = [replace(step, tells=False) for step in first]
    return [*silent, last, *(replace(step, after=last.after, moves=False) for step in reversed(first))]


# In this order, so that several at once make sense: what is told late may also be told twice.
_BENDS: dict[str, Callable[[Sequence[Step], Fault], list[Step]]] = {
    "callback-unordered": _unordered,
    "callback-twice": _twice,
    "callback-late": _late,
    "callback-never": _untold,
}


def _refusal(code: int, why: str) -> Response:
    status, text = REFUSALS[code]
    response = jsonify(Problem(status, code, text).body())
    response.status_code = status
    if status == 429:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return _marked(response, why)


def _broken(why: str) -> Response:
    response = jsonify(Problem(500, 20500, "Internal Server Error").body())
    response.status_code = 500
    return _marked(response, why)


def _marked(response: R, why: str) -> R:
    response.headers[FAULT] = why
    return response
