"""Blocked phones: recorded, answered nothing, sent nothing, until they are unblocked; and what a branch undoes."""

import pytest
from sqlalchemy import select, update

from smsgw.errors import NotPossible
from smsgw.gateway import branch
from smsgw.members.binding import bind, bound_phone
from smsgw.members.demo import DEMO_PEOPLE, populate
from smsgw.members.tables import memberships
from smsgw.messages import blocking, byhand, inbox, outbox
from smsgw.messages.retention import leftovers
from smsgw.messages.rows import Draft, Kind
from smsgw.messages.tables import contact, outbound, outbound_event
from smsgw.store import Store
from smsgw.store.leftovers import leave
from tests.support.gateway import Gateway
from tests.test_answer import ask, row

PHONE, OTHER = "+6281200000001", "+6281200000002"
SITI = DEMO_PEOPLE[0]


def block(store: Store, phone: str = PHONE) -> int:
    with store.write() as connection:
        return blocking.block(connection, phone)


def unblock(store: Store, phone: str = PHONE) -> None:
    with store.write() as connection:
        blocking.unblock(connection, phone)


def test_a_blocked_phone_is_recorded_and_not_answered(gate: Gateway) -> None:
    assert ask(gate, "BANTUAN", PHONE)
    block(gate.services.store)
    for text in ("BANTUAN", "apa saja", f"JHT {SITI.number}", "MULAI", "http://x.example"):
        assert (ask(gate, text, PHONE), row(gate)) == (None, ("suppressed", "blocked"))
    assert ask(gate, "BANTUAN", OTHER)
    unblock(gate.services.store)
    assert ask(gate, "BANTUAN", PHONE)


def test_its_stop_counts_all_the_same(gate: Gateway) -> None:
    store = gate.services.store
    block(store)
    ask(gate, "STOP", PHONE, OptOutType="STOP")
    assert row(gate) == ("suppressed", "opt_out")
    unblock(store)
    assert (ask(gate, "BANTUAN", PHONE), row(gate)) == (None, ("suppressed", "opted_out"))


def test_what_is_queued_for_it_is_canceled_and_no_notice_is_made(store: Store) -> None:
    drafts = [Draft(Kind.ALERT, "twilio", "2757", phone, "Halo", 4, "id", "t") for phone in (PHONE, PHONE, OTHER)]
    with store.write() as connection:
        outbox.queue(connection, drafts)
        connection.execute(update(outbound).where(outbound.c.id == 2).values(state="sending"))
    assert block(store) == 1
    with store.read() as connection:
        found = connection.execute(select(outbound.c.state, outbound.c.error_code).order_by(outbound.c.id)).all()
        told = connection.execute(select(outbound_event.c.outbound_id, outbound_event.c.cause)).all()
        assert [tuple(one) for one in found] == [("canceled", "blocked"), ("sending", None), ("queued", None)]
        assert [tuple(one) for one in told] == [(1, "blocked")]
        assert inbox.languages(connection, [PHONE, OTHER]) == {PHONE: (None, True)}


def test_it_is_blocked_and_unblocked_once_and_keeps_its_language(store: Store) -> None:
    with store.write() as connection:
        connection.execute(contact.insert().values(phone=PHONE, language="en", updated_at=1))
    with pytest.raises(NotPossible):
        unblock(store)
    block(store)
    with pytest.raises(NotPossible):
        block(store)
    with store.read() as connection:
        assert connection.scalar(select(contact.c.language)) == "en"
    unblock(store)
    with pytest.raises(NotPossible):
        unblock(store, OTHER)


def test_it_stays_blocked_when_all_else_of_it_is_forgotten(store: Store) -> None:
    block(store)
    with store.write() as connection:
        connection.execute(contact.insert().values(phone=OTHER, language="en", updated_at=1))
        connection.execute(update(contact).values(updated_at=1))
    for one in leftovers(1, 1):
        list(leave(store, one))
    with store.read() as connection:
        assert connection.scalars(select(contact.c.phone)).all() == [PHONE]


def test_nothing_is_resent_to_it(store: Store) -> None:
    with store.write() as connection:
        outbox.queue(connection, [Draft(Kind.ALERT, "twilio", "2757", PHONE, "Halo", 4, "id", "t")])
        connection.execute(update(outbound).values(state="failed"))
    block(store)
    with store.write() as connection, pytest.raises(NotPossible, match="blocked"):
        byhand.resend(connection, 1)


def test_a_branch_unbinds_a_phone_from_one_membership(store: Store) -> None:
    populate(store, 5, 1)
    with store.write() as connection:
        bind(connection, SITI.phone, SITI.number, 5)
        key = int(connection.scalar(select(memberships.c.id).where(memberships.c.number == SITI.number)) or 0)
    for phone, membership_id in ((PHONE, key), (SITI.phone, key + 1)):
        with store.write() as connection, pytest.raises(NotPossible):
            branch.unbind(connection, phone, membership_id, 6)
    with store.write() as connection:
        branch.unbind(connection, SITI.phone, key, 6)
        assert bound_phone(connection, SITI.number) is None
