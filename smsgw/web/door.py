"""The ASGI door: webhooks are taken on the event loop, many in one commit; all else goes to the WSGI application.

A request reaches the WSGI application's threads only when its body is whole, so a slow client holds no thread.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from a2wsgi import WSGIMiddleware
from flask import Flask, Response
from werkzeug.exceptions import RequestEntityTooLarge

from smsgw.carriers import Carrier, Hook
from smsgw.services import Services
from smsgw.web.answers import of_error, secured
from smsgw.web.app import BODY_LIMIT
from smsgw.web.hooks import PREFIX, Kind, kinds, target_of

THREADS = 16

Message = dict[str, Any]
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Door = Callable[[Scope, Receive, Send], Awaitable[None]]
Answer = tuple[Message, Message]
Take = Callable[[Hook], Awaitable[Answer]]


class Gone(Exception):
    """The client has left before its request was whole."""


class RawHeaders:
    """The headers of an ASGI request, by name in any case; repeated ones are joined as WSGI joins them."""

    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        self._raw = raw

    def get(self, name: str, default: str, /) -> str:
        """The value of a header."""
        wanted = name.lower().encode()
        found = [value for key, value in self._raw if key == wanted]
        return b",".join(found).decode("latin-1") if found else default


def create_door(services: Services, app: Flask) -> Door:
    """The ASGI application: the webhooks of `services`, and `app` for every other request."""
    takers = {
        (carrier.hook_method, f"{PREFIX}/{carrier.name}/{name}"): _taker(carrier, kind)
        for carrier in services.carriers.values()
        for name, kind in kinds(services).items()
    }
    # The same protocol to both, spelled by each in types of its own.
    rest: Door = WSGIMiddleware(app, workers=THREADS)  # type: ignore[arg-type, assignment]

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        take = takers.get((scope["method"], scope["path"]))
        try:
            body = await _whole(receive)
            answer = await take(_hook(scope, body)) if take else None
        except Gone:
            return
        except Exception as error:  # noqa: BLE001 - the edge of a request
            answer = _messages(of_error(error))
        if answer is None:
            await rest(_spelled(scope), _again(body), send)
        else:
            for message in answer:
                await send(message)

    return door


def _taker(carrier: Carrier, kind: Kind) -> Take:
    done = _messages(kind.done(carrier))

    async def take(hook: Hook) -> Answer:
        await kind.verb.gathered(kind.read(carrier, hook))
        return done

    return take


async def _whole(receive: Receive) -> bytes:
    """The body of a request. RequestEntityTooLarge beyond the limit, Gone when it does not come whole."""
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        parts.append(message["body"])
        size += len(parts[-1])
        if size > BODY_LIMIT:
            raise RequestEntityTooLarge
        more = message["more_body"]
    return b"".join(parts)


def _hook(scope: Scope, body: bytes) -> Hook:
    peer = scope["client"][0] if scope.get("client") else ""
    return Hook(target_of(scope["path"], scope["query_string"]), RawHeaders(scope["headers"]), body, peer)


def _spelled(scope: Scope) -> Scope:
    # WSGI spells X_Forwarded_For as it spells X-Forwarded-For, and so joins what a client wrote to what a proxy did.
    return {**scope, "headers": [(name, value) for name, value in scope["headers"] if b"_" not in name]}


def _again(body: bytes) -> Receive:
    """Gives a body that was read already, then the news that no more will come."""
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Message:
        return next(messages, {"type": "http.disconnect"})

    return receive


def _messages(response: Response) -> Answer:
    body = response.get_data()
    response.content_length = len(body)
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in secured(response).headers]
    start = {"type": "http.response.start", "status": response.status_code, "headers": headers}
    return start, {"type": "http.response.body", "body": body}
