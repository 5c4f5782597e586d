"""The page /simulator/why/<id>: how one message was read, who answered it, in which words, and when."""

from flask import abort
from werkzeug.wrappers import Response as AnyResponse

from smsgw.keywords import Registry
from smsgw.messages.story import story
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
        visit, told = self._frame.visit(), story(self._store, number)
        if told is None:
            abort(404)
        replies = [(sent, list(pieces(sent.body or "")), wordings(self._registry, sent)) for sent in told.told]
        console = f"/console/messages/{number}"
        return self._frame.page(
            "why.html",
            visit,
            told=told,
            text=list(pieces(told.body or "")),
            why=read_again(self._registry, told),
            replies=replies,
            size_of=size_of,
            moments=moments(told, visit.language),
            in_console=console if leads_somewhere(console) else "",
        )
