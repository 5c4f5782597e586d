"""The tester's tools beside the table: the gateway's clock, and the way back to the first state."""

from flask import request
from werkzeug.wrappers import Response as AnyResponse

from smsgw.clock import DAY_MS, Clock
from smsgw.simulator import reset
from smsgw.simulator.frame import SECOND_MS, Frame, offset_ms
from smsgw.simulator.people import BY_PHONE, prepare
from smsgw.simulator.talk import Line
from smsgw.store import Store

FARTHEST_S = 400 * DAY_MS // SECOND_MS
STEPS = (600, 3600, 86_400, 60 * 86_400)
"""Seconds that one click moves the clock on: past an offer, past the hour's replies, past a lock, past a binding."""


class Tools:
    """What changes the whole demo."""

    def __init__(self, frame: Frame, store: Store, line: Line, clock: Clock) -> None:
        self._frame = frame
        self._store = store
        self._line = line
        self._clock = clock

    def move_clock(self) -> AnyResponse:
        """Move the gateway's clock on by so many seconds, or back to the machine's: never the machine's own."""
        visit, given = self._frame.visit(), request.form.get("seconds", "")
        if given == "back":
            self._clock.move(-offset_ms(self._clock))
            return self._frame.back(visit)
        try:
            seconds = int(given)
        except ValueError:
            return self._frame.problem(visit, "not_a_time", 422)
        if not 0 < seconds <= FARTHEST_S:
            return self._frame.problem(visit, "not_a_time", 422)
        self._clock.move(seconds * SECOND_MS)
        return self._frame.back(visit)

    def set_back(self) -> AnyResponse:
        """Begin anew: nothing said, nothing remembered, no fault on; the phones on the table stay."""
        visit = self._frame.visit()
        self._line.carrier.reset()
        reset.everything(self._store)
        self._line.carrier.reset()  # what was under way meanwhile
        for phone in visit.phones:
            if phone in BY_PHONE:
                prepare(self._store, self._clock, BY_PHONE[phone])
        return self._frame.back(visit)
