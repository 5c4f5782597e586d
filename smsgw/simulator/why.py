"""The page /simulator/why/<id>: how one message was read, who answered it, in which words, and when."""

from flask import abort
from werkzeug.wrappers import Response as AnyResponse

from smsgw.keywords import Registry
from smsgw.messages.log.timeline import thread
from smsgw.simulator.bubble import size_of
from smsgw.simulator.frame import Frame, leads_somewhere
from smsgw.simulator.reasons import moments, read_again, wordings
from smsgw.simulator.visible import pieces
from smsgw.store import Store


class WhyPage:
    """One message explained."""

    def __init__(self, frame: Frame, store: Store, registry: Registry) -> None:
        self._frame = frame
        self._store = store
        self._registry = registry

    def why(self, number: int) -> AnyResponse:
        """The message of this number in the log."""
        visit, found = self._frame.visit(), thread(self._store, "in", number)
        if found is None or found.received is None:
            abort(404)
        replies = [
            (one.reply, one.phone, list(pieces(one.reply.body or "")), wordings(self._registry, one.reply))
            for one in found.sent
        ]
        console = f"/console/messages/{number}"
        return self._frame.page(
            "why.html",
            visit,
            told=found.received,
            text=list(pieces(found.received.body or "")),
            why=read_again(self._registry, found.received),
            replies=replies,
            size_of=size_of,
            moments=moments(found, visit.language),
            in_console=console if leads_somewhere(console) else "",
        )
