"""The stand-in carrier of the harness: takes orders in any mood, counts what it took, lists it, reports on it."""

import asyncio
import json
import secrets
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from urllib.parse import parse_qs, parse_qsl, urlsplit

from smsgw.simulator.ledger import Message
from smsgw.simulator.listing import page_of
from tests.bench.wire import Connection, request
from tests.faults.line import Line
from tests.faults.moods import MODES, Mode, Mood, Order, Reports, always
from tests.support import twilio

MESSAGES = f"/2010-04-01/Accounts/{twilio.ACCOUNT}/Messages.json"
BAD_NUMBER = {"code": 21211, "message": "Invalid 'To' Phone Number", "status": 400}
TOO_MANY = {"code": 20429, "message": "Too Many Requests", "status": 429}
BROKEN = {"code": 20500, "message": "Internal Server Error", "status": 500}
PROBLEMS = {"400": ("400 Bad Request", BAD_NUMBER), "429": ("429 Too Many Requests", TOO_MANY)}
PROBLEMS |= {"500": ("500 Internal Server Error", BROKEN)}


@dataclass(slots=True)
class Taken:
    """A message that the carrier has taken: our token in its callback, and when (by the harness's clock)."""

    message: Message
    token: str
    at: float


@dataclass(slots=True)
class Counts:
    """What it saw: requests under way, the longest that one was held without an answer, reports that failed."""

    open: int = 0
    longest_held_s: float = 0.0
    orders: int = 0
    lists: int = 0
    reports: int = 0
    reports_refused: int = 0  # by another answer than 200: Twilio would not ask again either
    statuses: Counter[int] = field(default_factory=Counter)


class Carrier:
    """The stand-in. `clock` tells the harness's time in seconds, which may be moved on; `lag_s` is its list's."""

    def __init__(self, dice: Random, clock: Callable[[], float]) -> None:
        self.mood: Mood = always("ok")
        self.reports = Reports()
        self.lag_s = 0.0
        self.callback_port: Callable[[], int] = lambda: 0
        self.token = twilio.TOKEN  # that signs the reports
        self.on_taken: Callable[[Order], None] = lambda order: None
        self.taken: list[Taken] = []
        self.received: list[Message] = []
        self.dark: set[str] = set()  # tokens of orders that were not taken, of which the caller cannot know that
        self.refused: set[str] = set()
        self.told: defaultdict[str, list[str]] = defaultdict(list)  # the reports of each token that were answered 200
        self.counts = Counts()
        self._dice = dice
        self._clock = clock
        self._attempts: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen on a free port of 127.0.0.1 and return it."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Line(self._serve), "127.0.0.1", 0, backlog=512)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening and reporting."""
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def is_idle(self) -> bool:
        """Whether no request and no report is under way."""
        return not self._tasks

    def came(self, sid: str, phone: str, text: str) -> None:
        """A participant's message has reached the carrier: its list has it, whatever becomes of the webhook."""
        self.received.append(_message(sid, phone, twilio.NUMBER, text, time.time(), direction="inbound"))

    def pass_time(self, seconds: float) -> None:
        """Make everything so much older."""
        self.received = [_older(message, seconds) for message in self.received]
        for taken in self.taken:
            taken.message = _older(taken.message, seconds)

    def _serve(self, line: Line, head: bytes, body: bytes) -> "asyncio.Future[None]":
        return self._do(self._answer(line, head, body))

    def _do(self, work: "asyncio._CoroutineLike[None]") -> "asyncio.Task[None]":
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _answer(self, line: Line, head: bytes, body: bytes) -> None:
        method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        if urlsplit(target).path != MESSAGES or b"\r\nauthorization: basic" not in head.lower():
            line.answer("404 Not Found", b"{}")
        elif method == "GET":
            self.counts.lists += 1
            line.answer("200 OK", self._list(target))
        else:
            self.counts.orders += 1
            await self._order(line, dict(parse_qsl(body.decode(), keep_blank_values=True)))

    def _list(self, target: str) -> bytes:
        query = {name: values[-1] for name, values in parse_qs(urlsplit(target).query).items()}
        listed_until = time.time() - self.lag_s
        sent = [taken.message for taken in self.taken] if query.get("To") != twilio.NUMBER else self.received
        rows = [row for row in reversed(sent) if row.created_at <= listed_until]
        return json.dumps(page_of(rows, MESSAGES, query)).encode()

    async def _order(self, line: Line, form: dict[str, str]) -> None:
        order = self._read(form)
        mode = MODES[self.mood(order)]
        taken = self._take(order) if mode.takes else None
        if mode.is_dark:
            self.dark.add(_token(order.callback))
        if mode.answer == "400":
            self.refused.add(_token(order.callback))
        if taken is not None:
            await self._report_on(taken, order)
        await asyncio.sleep(mode.wait_s)
        await self._reply(line, mode, taken)

    def _read(self, form: dict[str, str]) -> Order:
        callback = form.get("StatusCallback", "")
        self._attempts[callback] += 1
        attempt = self._attempts[callback]
        return Order(form["To"], form["From"], form["Body"], callback, self.counts.orders, attempt)

    def _take(self, order: Order) -> Taken:
        sid = f"SM{secrets.token_hex(16)}"
        message = _message(sid, order.sender, order.to, order.text, time.time(), callback=order.callback)
        taken = Taken(message, _token(order.callback), self._clock())
        self.taken.append(taken)
        self.on_taken(order)
        return taken

    async def _reply(self, line: Line, mode: Mode, taken: Taken | None) -> None:
        if mode.answer == "hang":
            started = time.monotonic()
            await line.gone.wait()
            self.counts.longest_held_s = max(self.counts.longest_held_s, time.monotonic() - started)
        elif mode.answer == "reset":
            line.reset()
        elif mode.answer == "garbage":
            line.answer("201 Created", b"<html>It works!")
        elif mode.answer in PROBLEMS:
            status, problem = PROBLEMS[mode.answer]
            line.answer(status, json.dumps(problem).encode())
        elif taken is not None:
            line.answer("201 Created", json.dumps(taken.message.resource()).encode())

    async def _report_on(self, taken: Taken, order: Order) -> None:
        words = [*self.reports.words] * self.reports.repeats
        if self.reports.shuffled:
            self._dice.shuffle(words)
            words = words[: self._dice.randint(1, len(words))]
        if words and self.reports.early:
            await self._report(taken, words.pop(0))
        if words:
            self._do(self._follow(taken, words, self.reports.wait_s))

    async def _follow(self, taken: Taken, words: list[str], wait_s: float) -> None:
        for word in words:
            await asyncio.sleep(wait_s)
            await self._report(taken, word)

    async def _report(self, taken: Taken, word: str) -> None:
        """One report, posted once more where it was not answered, as Twilio does."""
        if await self._post(taken, word) != 200 and await self._post(taken, word) != 200:
            self.counts.reports_refused += 1
        else:
            self.told[taken.token].append(word)

    async def _post(self, taken: Taken, word: str) -> int:
        parts = urlsplit(taken.message.callback)
        target = f"{parts.path}?{parts.query}"
        fields = twilio.status_form(taken.message.sid, word, To=taken.message.to)
        headers = twilio.headers(target, fields, self.token, f"{parts.scheme}://{parts.netloc}")
        port = self.callback_port() or parts.port or 80
        content_type = headers.pop("Content-Type")
        assert content_type == twilio.FORM
        connection = Connection(port)
        self.counts.reports += 1
        status = await connection.exchange(request(target, port, twilio.encode(fields), headers))
        connection.close()
        self.counts.statuses[status] += 1
        return status


def _message(
    sid: str, sender: str, to: str, text: str, at: float, *, callback: str = "", direction: str = "outbound-api"
) -> Message:
    status = "received" if direction == "inbound" else "queued"
    return Message(sid, twilio.ACCOUNT, to, sender, text, 1, status, at, at, callback, direction)


def _older(message: Message, seconds: float) -> Message:
    return replace(message, created_at=message.created_at - seconds, updated_at=message.updated_at - seconds)


def _token(callback: str) -> str:
    return callback.partition("t=")[2]
