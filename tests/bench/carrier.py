"""A carrier with least overhead: takes messages by Twilio's REST API, counts them, reports delivery if asked."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote_plus, urlsplit

from tests.bench.posts import ACCOUNT, signed
from tests.bench.wire import Connection, Served

CREATE = f"POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json ".encode()
REPORTERS = 8  # connections over which delivery reports are posted
DATE = "Tue, 24 Nov 2026 00:00:00 +0000"


@dataclass(slots=True)
class Taken:
    """What the carrier has taken for one phone: how often, when first, the text, and its reports."""

    text: str
    at: float
    times: int = 1
    reported: list[float] = field(default_factory=list)


class Carrier:
    """The stand-in. `arrived(phone)` is called at each first message; with `reports` every message is
    followed by two signed callbacks, sent and delivered, and `arrived` waits until both were answered."""

    def __init__(self) -> None:
        self.taken: dict[str, Taken] = {}
        self.refused = 0  # requests that are no create, or without credentials
        self.report_failures = 0
        self.reports = False
        self.arrived: Callable[[str], None] = lambda phone: None
        self._made = 0
        self._due: deque[tuple[str, str, str]] = deque()
        self._bell = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen on a free port of 127.0.0.1 and return it."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Served(self._answer), "127.0.0.1", 0, backlog=512)
        self._tasks = [loop.create_task(self._report()) for _ in range(REPORTERS)]
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening and reporting."""
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def doubles(self) -> int:
        """Messages taken again for a phone that has one already, since the start."""
        return sum(taken.times - 1 for taken in self.taken.values())

    def _answer(self, head: bytes, body: bytes) -> bytes:
        if not head.startswith(CREATE) or b"\r\nauthorization: basic" not in head.lower():
            self.refused += 1
            return _response("404 Not Found", b"{}")
        form = dict(pair.split("=", 1) for pair in body.decode().split("&"))
        phone, sender, text = (unquote_plus(form[name]) for name in ("To", "From", "Body"))
        self._made += 1
        sid = f"SM{self._made:032x}"
        self._note(phone, text, sid, unquote_plus(form.get("StatusCallback", "")))
        return _response("201 Created", _message(sid, phone, sender, text))

    def _note(self, phone: str, text: str, sid: str, callback: str) -> None:
        if (known := self.taken.get(phone)) is not None:
            known.times += 1
            return
        self.taken[phone] = Taken(text, time.perf_counter())
        if self.reports and callback:
            self._due.append((phone, sid, callback))
            self._bell.set()
        else:
            self.arrived(phone)

    async def _report(self) -> None:
        connections: dict[int, Connection] = {}
        while True:
            while not self._due:
                self._bell.clear()
                await self._bell.wait()
            phone, sid, callback = self._due.popleft()
            for status in ("sent", "delivered"):
                await self._post(connections, phone, sid, callback, status)
            self.arrived(phone)

    async def _post(self, held: dict[int, Connection], phone: str, sid: str, callback: str, status: str) -> None:
        parts = urlsplit(callback)
        port = parts.port or 80
        fields = {"MessageSid": sid, "SmsSid": sid, "MessageStatus": status, "SmsStatus": status}
        fields |= {"AccountSid": ACCOUNT, "To": phone, "ApiVersion": "2010-04-01"}
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        started = time.perf_counter()
        answer = await held.setdefault(port, Connection(port)).exchange(signed(target, port, fields))
        self.taken[phone].reported.append(time.perf_counter() - started)
        self.report_failures += not 200 <= answer < 300


def _template() -> str:
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/%(sid)s"
    empty = dict.fromkeys(("date_sent", "error_code", "error_message", "messaging_service_sid", "price"))
    message = empty | {
        "sid": "%(sid)s",
        "account_sid": ACCOUNT,
        "api_version": "2010-04-01",
        "date_created": DATE,
        "date_updated": DATE,
        "direction": "outbound-api",
        "num_media": "0",
        "num_segments": "1",
        "price_unit": "USD",
        "status": "queued",
        "subresource_uris": {"media": f"{path}/Media.json"},
        "uri": f"{path}.json",
    }
    return json.dumps(message)[:-1] + ', "to": %(to)s, "from": %(from)s, "body": %(body)s}'


MESSAGE = _template()  # filled in by hand: the carrier shares two processors with what it measures


def _message(sid: str, phone: str, sender: str, text: str) -> bytes:
    quoted = {"to": json.dumps(phone), "from": json.dumps(sender), "body": json.dumps(text)}
    return (MESSAGE % {"sid": sid, **quoted}).encode()


def _response(status: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body
