"""Notices: outbound rows that no inbound asked for, each told once under a key of its own."""

import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select, update

from smsgw.messages import events, states
from smsgw.messages.events import Step
from smsgw.messages.rows import LIFE_MS, PRIORITY, Kind
from smsgw.messages.tables import contact, outbound
from smsgw.store import db_now
from smsgw.store.sql import dialect_of, insert_ignore

OPTED_OUT: Final = "opted_out"
UNBOUND: Final = "unbound"
_LATELY_MS: Final = 10 * 60_000


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice or announcement to be queued. `key`: what it tells, so that it is told once; `wait_ms`: from now."""

    key: str
    kind: Kind
    carrier: str
    from_phone: str
    to_phone: str
    body: str
    septets: int
    language: str
    template: str
    wait_ms: int = 0


def queue(connection: Connection, notices: Sequence[Notice]) -> None:
    """Queue notices. One whose key stands already stays as it is, whatever became of it."""
    if notices:
        connection.execute(_queue(dialect_of(connection)), [_row(notice) for notice in notices])


@cache
def _queue(dialect: str) -> Any:
    stamps = {"created_at": db_now(), "updated_at": db_now(), "next_attempt_at": db_now() + bindparam("wait_ms")}
    return insert_ignore(dialect, outbound).values(**stamps, expires_at=db_now() + bindparam("life_ms"))


def _row(notice: Notice) -> dict[str, Any]:
    return {
        "notice_key": notice.key,
        "kind": notice.kind,
        "resend_no": 0,
        "carrier": notice.carrier,
        "from_phone": notice.from_phone,
        "to_phone": notice.to_phone,
        "body": notice.body,
        "septets": notice.septets,
        "template": notice.template,
        "language": notice.language,
        "priority": PRIORITY[notice.kind],
        "state": states.QUEUED,
        "wait_ms": notice.wait_ms,
        "life_ms": notice.wait_ms + LIFE_MS[notice.kind],  # its life begins when it may be sent
        "callback_token": secrets.token_urlsafe(16),
    }


def told(connection: Connection, keys: Collection[str]) -> set[str]:
    """Those of these keys that stand already."""
    return set(connection.scalars(select(outbound.c.notice_key).where(outbound.c.notice_key.in_(keys))))


def withdraw(connection: Connection) -> int:
    """Cancel what waits for phones that opted out lately; how many.

    Run where somebody opts out and in each sweep: a notice that another process queued at the same moment is caught.
    """
    ids = [*connection.scalars(_WITHDRAW)]
    events.add(connection, ids, "withdraw", OPTED_OUT, Step(states.QUEUED, states.CANCELED, OPTED_OUT))
    return len(ids)


def withdraw_from(connection: Connection, phone: str, about: Callable[[str], object]) -> int:
    """Cancel what waits for a phone under the keys that are `about` what it has no right to hear any more; how many."""
    waiting = outbound.c.to_phone == phone, outbound.c.notice_key.is_not(None), outbound.c.state == states.QUEUED
    found = connection.execute(select(outbound.c.id, outbound.c.notice_key).where(*waiting)).all()
    mine = outbound.c.id.in_([row.id for row in found if about(row.notice_key)])
    canceled = {"state": states.CANCELED, "error_code": UNBOUND, "error_text": "the phone was unbound first"}
    change = update(outbound).where(mine, outbound.c.state == states.QUEUED).values(**canceled, updated_at=db_now())
    ids = [*connection.scalars(change.returning(outbound.c.id))]
    events.add(connection, ids, UNBOUND, "withdrawn", Step(states.QUEUED, states.CANCELED, UNBOUND))
    return len(ids)


_gone = select(contact.c.phone).where(contact.c.opted_out_at > db_now() - _LATELY_MS)
_WITHDRAW = (
    update(outbound)
    .where(outbound.c.to_phone.in_(_gone), outbound.c.notice_key.is_not(None), outbound.c.state == states.QUEUED)
    .values(state=states.CANCELED, error_code=OPTED_OUT, error_text="the phone opted out first", updated_at=db_now())
    .returning(outbound.c.id)
)
