"""One message from webhook to handset: everything that is known of it, in the order in which it happened."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Connection, select

from smsgw.messages import states
from smsgw.messages.byhand import RESENT
from smsgw.messages.log.entry import Reply, Side
from smsgw.messages.log.streams import reply_columns
from smsgw.messages.tables import inbound, orphan_callback, outbound, outbound_event
from smsgw.store import Store

Verdict = Literal["raised", "late", "repeat", "lower", "foreign"]
"""What became of a callback: it raised the state; it did so after we had given up; it said what was known; it was lower
than what was known, having been overtaken; its word is none that we know."""

GIVEN_UP: Final = (states.FAILED_UNKNOWN, states.EXPIRED)
REPORT: Final = "report"


@dataclass(frozen=True, slots=True)
class Received:
    """The inbound message of a thread."""

    id: int
    at: int
    carrier: str
    carrier_id: str
    phone: str
    ours: str
    body: str | None
    num_media: int
    opt_out_type: str | None
    source: str
    state: str
    reason: str | None
    attempts: int
    keyword: str | None
    number: str | None
    language: str | None
    answered_at: int | None


@dataclass(frozen=True, slots=True)
class Sent:
    """An outbound message of a thread, with its participant and what it lives by."""

    reply: Reply
    phone: str
    ours: str
    inbound_id: int | None
    error_text: str | None
    expires_at: int
    next_attempt_at: int


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. `actor`: who did it; `fields` are its own."""

    at: int
    what: str
    actor: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Thread:
    """A message with all that came of it. `received` is None where we wrote of our own accord.

    What we wrote of our own accord may have been sent once more, as another message: `before` and `after` are the ids
    of the one that it repeats and of the one that repeats it. A reply's stand in its own thread.
    """

    received: Received | None
    sent: tuple[Sent, ...]
    events: tuple[Event, ...]
    before: int | None = None
    after: int | None = None


def thread(store: Store, side: Side, number: int) -> Thread | None:
    """The thread of a row of the log; of a reply that of its inbound; None where there is no such row."""
    with store.read() as connection:
        came = _received(connection, number) if side == "in" else None
        sent = _sent(connection, outbound.c.inbound_id == number if side == "in" else outbound.c.id == number)
        if came is None and (side == "in" or not sent):
            return None
        told = [event for one in sent for event in _told(connection, one)]
        before, after = _neighbours(connection, number) if side == "out" else (None, None)
    first = _beginning(came) if came else []
    queued = [_queued(one) for one in sent]
    events = sorted([*first, *queued, *told], key=lambda event: event.at)
    return Thread(came, tuple(sent), tuple(events), before, after)


def _neighbours(connection: Connection, number: int) -> tuple[int | None, int | None]:
    """What a message repeats, and what repeats it, as far as they are kept, by the keys of smsgw.messages.byhand."""
    columns = outbound.c.notice_key, outbound.c.inbound_id, outbound.c.kind, outbound.c.resend_no
    row: Any = connection.execute(select(*columns).where(outbound.c.id == number)).one()
    if row.inbound_id is None:
        stem, _, original = (row.notice_key or "").partition(":")
        before = outbound.c.id == (int(original) if stem == RESENT else None)
        after = outbound.c.notice_key == f"{RESENT}:{number}"
    else:
        mine = (outbound.c.inbound_id == row.inbound_id) & (outbound.c.kind == row.kind)
        before, after = (mine & (outbound.c.resend_no == row.resend_no + step) for step in (-1, 1))
    found = [connection.scalar(select(outbound.c.id).where(one)) for one in (before, after)]
    return found[0], found[1]


def _received(connection: Connection, number: int) -> Received | None:
    columns = (
        inbound.c.id, inbound.c.received_at, inbound.c.carrier, inbound.c.carrier_id, inbound.c.from_phone,
        inbound.c.to_phone, inbound.c.body, inbound.c.num_media, inbound.c.opt_out_type, inbound.c.source,
        inbound.c.state, inbound.c.reason, inbound.c.attempts, inbound.c.keyword, inbound.c.number,
        inbound.c.language, inbound.c.answered_at,
    )  # fmt: skip
    row: Any = connection.execute(select(*columns).where(inbound.c.id == number)).first()
    return Received(*row) if row else None


def _sent(connection: Connection, which: ColumnElement[bool]) -> list[Sent]:
    more = (
        outbound.c.to_phone,
        outbound.c.from_phone,
        outbound.c.inbound_id,
        outbound.c.error_text,
        outbound.c.expires_at,
        outbound.c.next_attempt_at,
    )
    width = len(Reply.__dataclass_fields__)
    rows = connection.execute(select(*reply_columns(), *more).where(which).order_by(outbound.c.id))
    return [Sent(Reply(*row[:width]), *row[width:]) for row in rows]


def _beginning(came: Received) -> list[Event]:
    found = [Event(came.at, "received", came.source, {"carrier": came.carrier, "carrier_id": came.carrier_id})]
    if came.answered_at is not None:
        found.append(Event(came.answered_at, came.state, "worker", {"reason": came.reason, "keyword": came.keyword}))
    return found


def _queued(one: Sent) -> Event:
    reply = one.reply
    told = {"kind": reply.kind, "template": reply.template, "septets": reply.septets, "language": reply.language}
    actor = "operator" if reply.resend_no else "worker"  # nothing is sent again of its own accord
    return Event(reply.created_at, "queued", actor, {"out": reply.id, "resend": reply.resend_no, **told})


def _told(connection: Connection, one: Sent) -> Iterator[Event]:
    """The events of an outbound row, and the callbacks that came before anybody knew whose they were."""
    mine = outbound_event.c.outbound_id == one.reply.id
    rows = connection.execute(select(outbound_event).where(mine).order_by(outbound_event.c.at, outbound_event.c.id))
    attempt = 0
    for row in rows:
        attempt += row.cause == "claim"
        yield _event(one, row, attempt)
    if one.reply.carrier_id:
        yield from _orphans(connection, one)


def _event(one: Sent, row: Any, attempt: int) -> Event:
    fields = {"out": one.reply.id, "before": row.from_state, "after": row.to_state, "error_code": row.error_code}
    if row.cause == REPORT:
        word = row.cause_key.partition(":")[2]
        again = {"repeats": row.repeats, "last_at": row.last_at} if row.repeats else {}
        return Event(row.at, "report", one.reply.carrier, {**fields, "word": word, "verdict": _verdict(row), **again})
    if row.cause in ("claim", "call"):
        fields["attempt"] = attempt
    key = row.cause_key.partition(":")[2]
    return Event(row.at, row.cause, _ACTORS.get(row.cause, "worker"), {**fields, "key": key})


_ACTORS: Final = {
    "lease": "sweep",
    "expire": "sweep",
    "exhaust": "sweep",
    "no_report": "sweep",
    "list": "look",
    "withdraw": "participant",
    "resent": "operator",
    "given_up": "operator",
    "blocked": "operator",
}


def _verdict(row: Any) -> Verdict:
    if row.from_state != row.to_state:
        return "late" if row.from_state in GIVEN_UP else "raised"
    word = row.cause_key.partition(":")[2]
    if word == row.from_state:
        return "repeat"
    return "lower" if word in LOWER else "foreign"


# Words of the carriers that are known, and so can only have said less than was known already.
LOWER: Final = frozenset(
    {"accepted", "scheduled", "queued", "sending", "sent", "buffered", "smsc_accepted"}
    | {"delivered", "read", "undelivered", "failed", "canceled", "partially_delivered", "smsc_rejected"}
)


def _orphans(connection: Connection, one: Sent) -> Iterator[Event]:
    mine = orphan_callback.c.carrier == one.reply.carrier, orphan_callback.c.carrier_id == one.reply.carrier_id
    for row in connection.execute(select(orphan_callback).where(*mine)):
        fields = {"out": one.reply.id, "word": row.carrier_status, "error_code": row.error_code}
        yield Event(row.at, "orphan", one.reply.carrier, {**fields, "repeats": row.repeats} if row.repeats else fields)
