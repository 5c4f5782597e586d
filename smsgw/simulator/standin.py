"""A stand-in for Twilio: its REST API, signed callbacks and webhooks, and the switches that let it fail."""

import hmac
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from flask import Request
from waitress.channel import ClientDisconnected

from smsgw.config import Settings
from smsgw.simulator.behaviour import Behaviour, Delays
from smsgw.simulator.callbacks import Callbacks
from smsgw.simulator.faults import Switchboard
from smsgw.simulator.faulty import Faulty
from smsgw.simulator.guard import credentials, host_of, refuse_production
from smsgw.simulator.inbound import Inbound, Text
from smsgw.simulator.inspector import API, Entry, Ring, edited
from smsgw.simulator.ledger import Ledger, Message
from smsgw.simulator.recording import REPLAY_OF
from smsgw.simulator.replay import Gone, Replay, replay_post
from smsgw.simulator.rest import make_app
from smsgw.simulator.timetable import Timetable
from smsgw.simulator.webhook import Posted
from smsgw.simulator.wire import Wire

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

KEEP = 10_000


class StandIn:
    """One account of the carrier, as a WSGI application. Close it, or use it as a context manager.

    `clock` gives epoch seconds for the dates shown; `keep` is the number of messages remembered;
    `callback_hosts` may be called besides loopback; `behaviour` replaces `delays` and the switches of `board`;
    `public_url` is the gateway's, whose webhook texts are brought to.
    """

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        *,
        delays: Delays | None = None,
        clock: Callable[[], float] = time.time,
        keep: int = KEEP,
        callback_hosts: Collection[str] = (),
        behaviour: Behaviour | None = None,
        public_url: str = "",
    ) -> None:
        self.account_sid, self.clock = account_sid, clock
        self._auth_token = auth_token
        self.board, self.ring, self.ledger = Switchboard(), Ring(), Ledger(keep, clock)
        self._faulty = Faulty(self.board, delays)
        self.behaviour = behaviour or self._faulty
        self._timetable = Timetable(limit=keep)
        self._wire = Wire(callback_hosts, self.ring.add)
        self.callbacks = Callbacks(self.ledger, auth_token, self._wire, self._timetable)
        self._inbound = Inbound(public_url, account_sid, auth_token, self._wire, self.ledger, clock)
        self.app = make_app(self)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """The WSGI application."""
        return self.app(environ, start_response)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop making callbacks, and let go of what is held back."""
        self._faulty.close()
        self._timetable.close()

    def reset(self, phone: str | None = None) -> None:
        """Begin anew: no messages, no switches, nothing waiting, nothing remembered; or so for one phone.

        What a phone said must leave the list with it: the gateway looks there for webhooks that it missed.
        """
        if phone is not None:
            self.board.clear(phone)
            self.ledger.clear(phone)
            return
        self._timetable.clear()
        self.board.clear()
        self.ledger.clear()
        self.ring.clear()

    def messages(self) -> list[Message]:
        """What the carrier remembers, newest first."""
        return list(self.ledger.newest())

    def remember(self, message: Message) -> None:
        """Have a message in the list that was not created here: one that came in."""
        self.ledger.add(message)

    def may_call(self, url: str) -> bool:
        """Whether a StatusCallback of this URL would be called."""
        return self._wire.may_call(url)

    def admits(self, incoming: Request) -> bool:
        """Whether the request bears this account's Basic credentials."""
        auth = incoming.authorization
        if auth is None or auth.type != "basic":
            return False
        given = f"{auth.username}:{auth.password}".encode()
        return hmac.compare_digest(given, f"{self.account_sid}:{self._auth_token}".encode())

    def bring(self, text: Text) -> Posted:
        """A phone's text comes in; what the gateway answered."""
        return self._inbound.bring(text, self.board, self._timetable)

    def burst(self, texts: list[Text], per_second: float) -> int:
        """Many texts come in, in the background; how many will."""
        return self._inbound.burst(texts, per_second, self.board, self._timetable)

    def replay(self, number: int, change: Replay) -> Entry:
        """Send a remembered request once more, signed anew. Gone where it is forgotten."""
        entry = self.ring.get(number)
        if entry is None:
            raise Gone
        if entry.way != API:
            return replay_post(self._wire, entry, change, self._auth_token)
        return self._call_once_more(entry, change)

    def _call_once_more(self, entry: Entry, change: Replay) -> Entry:
        """The gateway's call of our own API, with its credentials."""
        token = f"not {self._auth_token}" if change.forged else self._auth_token
        fields, part = dict(edited(entry, change.fields)), "query_string" if entry.method == "GET" else "data"
        asked: dict[str, Any] = {part: fields, "auth": (self.account_sid, token)}
        with self.app.test_client() as client, suppress(ClientDisconnected):
            client.open(entry.url, method=entry.method, environ_base={REPLAY_OF: entry.id}, **asked)
        return next(one for one in self.ring.newest(entry.id) if one.replay_of == entry.id)


def from_settings(settings: Settings, delays: Delays | None = None) -> StandIn:
    """The stand-in of `smsgw simulator`. StartupError in production and without an account."""
    refuse_production(settings)
    sid, token = credentials(settings)
    hosts = {host_of(settings.public_url)} - {""}
    return StandIn(sid, token, delays=delays, callback_hosts=hosts, public_url=settings.public_url)
