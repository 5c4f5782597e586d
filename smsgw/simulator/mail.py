"""What phones were told and what they said, as the terminal and the JSON API show it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import exists, func, select

from smsgw.keywords.gsm7 import measure
from smsgw.messages.states import INBOUND_FINAL, OUTBOUND_FINAL
from smsgw.messages.tables import inbound, outbound
from smsgw.store import Store

LIMIT = 100


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to a phone. `at`: epoch milliseconds; `answers`: the MessageSid of what it answers, or None."""

    id: int
    to: str
    sender: str
    text: str
    state: str
    error_code: str | None
    septets: int
    kind: str
    template: str | None
    language: str
    at: int
    answers: str | None

    def as_json(self) -> dict[str, object]:
        """The object of the JSON API."""
        shown = asdict(self)
        shown["from"] = shown.pop("sender")
        return shown | {"segments": measure(self.text).segments}


@dataclass(frozen=True, slots=True)
class Sent:
    """One text from a phone. `reason`: why it is not answered, or None."""

    id: int
    sender: str
    to: str
    text: str
    state: str
    reason: str | None
    keyword: str | None
    at: int
    message_sid: str

    def as_json(self) -> dict[str, object]:
        """The object of the JSON API."""
        shown = asdict(self)
        shown["from"] = shown.pop("sender")
        return shown


def received(store: Store, phone: str, after: int = 0, limit: int = LIMIT) -> list[Letter]:
    """Messages to a phone with an id above `after`, oldest first."""
    names = ("id", "to_phone", "from_phone", "body", "state", "error_code", "septets", "kind", "template", "language")
    columns = [*(outbound.c[name] for name in names), outbound.c.created_at, inbound.c.carrier_id]
    joined = outbound.outerjoin(inbound, inbound.c.id == outbound.c.inbound_id)
    mine = outbound.c.to_phone == phone, outbound.c.id > after
    found = select(*columns).select_from(joined).where(*mine).order_by(outbound.c.id).limit(limit)
    with store.read() as connection:
        return [Letter(*_text(row)) for row in connection.execute(found)]


def said(store: Store, phone: str, after: int = 0, limit: int = LIMIT) -> list[Sent]:
    """Texts from a phone with an id above `after`, oldest first."""
    names = ("id", "from_phone", "to_phone", "body", "state", "reason", "keyword", "received_at", "carrier_id")
    mine = inbound.c.from_phone == phone, inbound.c.id > after
    found = select(*(inbound.c[name] for name in names)).where(*mine).order_by(inbound.c.id).limit(limit)
    with store.read() as connection:
        return [Sent(*_text(row)) for row in connection.execute(found)]


def _text(row: Sequence[Any]) -> tuple[Any, ...]:
    """The row, with an empty text in place of an erased one."""
    return (*row[:3], row[3] or "", *row[4:])


def newest_id(store: Store) -> int:
    """The id of the newest message to anybody, 0 where there is none."""
    with store.read() as connection:
        return int(connection.scalar(select(func.max(outbound.c.id))) or 0)


def is_open(store: Store, phone: str, after: int = 0) -> bool:
    """Whether something of a phone is still under way: a text without its outcome, a message without its end."""
    waits = exists().where(inbound.c.from_phone == phone, inbound.c.state.not_in(INBOUND_FINAL))
    mine = outbound.c.to_phone == phone, outbound.c.id > after
    goes = exists().where(*mine, outbound.c.state.not_in(OUTBOUND_FINAL))
    with store.read() as connection:
        return bool(connection.scalar(select(waits | goes)))
