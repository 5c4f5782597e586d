"""A gateway that only writes down what a carrier posts to it."""

import queue
from typing import NamedTuple

from flask import Flask, request

WAIT_S = 10


class Seen(NamedTuple):
    """A post as the receiver got it."""

    url: str
    fields: dict[str, str]
    signature: str


class Receiver:
    """Answers every post to /status and to the webhooks with `status`, and remembers it."""

    def __init__(self, status: int = 200) -> None:
        self.seen: queue.Queue[Seen] = queue.Queue()
        self.app = Flask("receiver")
        for path in ("/status", "/webhooks/twilio/status", "/webhooks/twilio/inbound"):
            self.app.add_url_rule(path, path, lambda: self._take(status), methods=["POST"])

    def _take(self, status: int) -> tuple[str, int]:
        self.seen.put(Seen(request.url, dict(request.form.items()), request.headers["X-Twilio-Signature"]))
        return "", status

    def take(self, count: int) -> list[Seen]:
        """The next so many, in the order in which they came."""
        return [self.seen.get(timeout=WAIT_S) for _ in range(count)]
