"""Opened: what is claimed can be read, since what cannot is set aside first."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from smsgw import logs
from smsgw.errors import KeyLost
from smsgw.store import Store

NEXT_STEP = "put back the data key that wrote them (see `smsgw doctor`): they are tried again every half hour"

Rows = TypeVar("Rows")

log = logs.get()


class Box(Protocol):
    """Where rows wait (smsgw.messages.inbox, smsgw.messages.outbox)."""

    __name__: str

    def set_aside(self, connection: Connection, token: str) -> list[int]:
        """Put off what a claim under this token could not open; the ids of it."""
        ...


def opened(store: Store, box: Box, token: str, claim: Callable[[], Rows]) -> Rows:
    """What `claim` claims. Rows under another data key do not stop the others; KeyLost where none is to blame."""
    try:
        return claim()
    except KeyLost:
        with store.write() as connection:
            ids = box.set_aside(connection, token)
        if not ids:
            raise
        log.error("set_aside_unreadable", box=box.__name__, rows=ids, next_step=NEXT_STEP)
    return claim()
