"""Participants: each writes one message, and the carrier posts it as Twilio does, again and again, then no more."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count

from tests.bench.wire import Connection, request
from tests.faults.carrier import Carrier
from tests.support import twilio

TRIES = 6  # the first post and five more (#rc=5)
ANSWER_S = 3.0  # for the answer to one post (#rt=3000)
WITHIN_S = 15.0  # for all posts of one message
PAUSES_S = (0.1, 0.2, 0.5, 1.0, 2.0)


@dataclass(slots=True)
class Sent:
    """One message of a participant. `acked` by the harness's clock once a post of it was answered 200."""

    sid: str
    phone: str
    text: str
    began: float = 0.0
    acked: float | None = None
    statuses: list[int] = field(default_factory=list)
    slowest_s: float = 0.0


_numbers = count(1)


def messages(amount: int, text: str = "INFO") -> list[Sent]:
    """So many messages, each from a phone of its own."""
    return [Sent(twilio.sid(), f"+62813{next(_numbers):08d}", text) for _ in range(amount)]


class Senders:
    """What posts. `ports`: the web processes, of which one that does not answer is passed over."""

    def __init__(self, carrier: Carrier, clock: Callable[[], float]) -> None:
        self.ports: list[int] = []
        self.base = twilio.PUBLIC_URL
        self.token = twilio.TOKEN
        self.sent: list[Sent] = []
        self.patience_s = WITHIN_S
        self.answer_s = ANSWER_S
        self._carrier = carrier
        self._clock = clock

    async def post_all(self, letters: Sequence[Sent], at_once: int, per_second: float = 0.0) -> None:
        """Post all, so many at once and, where it is given, so many a second."""
        pending = iter(letters)
        started, begun = time.monotonic(), count()

        async def slot() -> None:
            lines: dict[int, Connection] = {}
            for letter in pending:
                if per_second:
                    await asyncio.sleep(started + next(begun) / per_second - time.monotonic())
                await self.post(letter, lines)
            for line in lines.values():
                line.close()

        await asyncio.gather(*(slot() for _ in range(at_once)))

    async def post(self, letter: Sent, lines: dict[int, Connection]) -> None:
        """Post one until it is answered 200, or until Twilio would give it up."""
        letter.began = self._clock()
        self.sent.append(letter)
        self._carrier.came(letter.sid, letter.phone, letter.text)
        until = time.monotonic() + self.patience_s
        for pause in (*PAUSES_S[: TRIES - 1], None):
            if await self._try(letter, lines) == 200:
                letter.acked = self._clock()
                return
            if pause is None or time.monotonic() + pause > until:
                return
            await asyncio.sleep(pause)

    async def again(self, letters: Iterable[Sent]) -> list[int]:
        """Post messages all at once, once each, whether they were posted before or not; the answers."""
        return await asyncio.gather(*(self._try(letter, {}, close=True) for letter in letters))

    async def _try(self, letter: Sent, lines: dict[int, Connection], *, close: bool = False) -> int:
        ports = (*self.ports,) or (1,)  # where nobody listens
        port = ports[(int(letter.sid[-4:], 16) + len(letter.statuses)) % len(ports)]
        line = lines.setdefault(port, Connection(port))
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self.answer_s):
                status = await line.exchange(self._request(letter, port))
        except TimeoutError:
            line.close()
            status = 0
        letter.slowest_s = max(letter.slowest_s, time.perf_counter() - started)
        letter.statuses.append(status)
        if close:
            line.close()
        return status

    def _request(self, letter: Sent, port: int) -> bytes:
        fields = twilio.inbound_form(letter.text, letter.phone, MessageSid=letter.sid)
        headers = twilio.headers(twilio.INBOUND, fields, self.token, self.base)
        headers.pop("Content-Type")
        return request(twilio.INBOUND, port, twilio.encode(fields), headers)
