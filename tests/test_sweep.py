"""Sweep: what is overdue is closed with its event, and a reply that came too late leaves one apology."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from smsgw.gateway.settle import Settle
from smsgw.messages import outbox
from smsgw.messages.queries import figures
from smsgw.messages.reports import Delivery
from smsgw.messages.rows import Draft, Kind
from smsgw.messages.tables import contact, inbound, outbound, outbound_event
from smsgw.store import Store, db_now
from tests.support.sweeping import sweep

PHONE = "+6281200000001"
APOLOGY = {
    "id": "Maaf, data belum bisa diambil. Kirim lagi nanti. Mendesak: call center 175 jam 06.00-22.00 WIB",
    "en": "Sorry, the data cannot be read right now. Please send again later. Urgent: call centre 175, 06.00-22.00 WIB",
}


def queue(store: Store, kind: Kind, language: str = "id") -> None:
    """A message that answers one inbound, or that nobody asked for."""
    asked = kind in (Kind.REPLY, Kind.APOLOGY, Kind.ALERT)
    with store.write() as connection:
        came = {"id": 1, "carrier": "x", "carrier_id": "y", "from_phone": PHONE, "to_phone": "2757"}
        came |= {"received_at": 0, "source": "webhook", "state": "answered", "next_attempt_at": 0}
        connection.execute(insert(inbound).values(came))
        outbox.queue(connection, [Draft(kind, "twilio", "2757", PHONE, "Halo", 4, language, "t", 1 if asked else None)])


def let_expire(store: Store) -> None:
    with store.write() as connection:
        connection.execute(update(outbound).values(expires_at=db_now() - 1))


def rows(store: Store) -> list[Any]:
    with store.read() as connection:
        return list(connection.execute(select(outbound).order_by(outbound.c.id)))


def kinds(store: Store) -> list[tuple[str, str]]:
    return [(row.kind, row.state) for row in rows(store)]


def steps(store: Store, cause: str) -> Sequence[tuple[str, str]]:
    columns = outbound_event.c.from_state, outbound_event.c.to_state
    with store.read() as connection:
        found = connection.execute(select(*columns).where(outbound_event.c.cause == cause))
        return [tuple(row) for row in found]


@pytest.mark.parametrize("language", APOLOGY)
def test_a_reply_that_expires_leaves_one_apology_in_its_language(store: Store, language: str) -> None:
    queue(store, Kind.REPLY, language)
    let_expire(store)
    assert sweep(store) == ("send",)
    sweep(store)
    assert kinds(store) == [("reply", "expired"), ("apology", "queued")]
    late, apology = rows(store)
    same = "inbound_id", "carrier", "from_phone", "to_phone", "language", "resend_no"
    assert [getattr(apology, name) for name in same] == [getattr(late, name) for name in same]
    assert (apology.body, apology.template) == (APOLOGY[language], "base.unavailable")
    assert steps(store, "expire") == [("queued", "expired")]


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.REPLY])
def test_what_else_expires_leaves_none(store: Store, kind: Kind) -> None:
    queue(store, kind)
    let_expire(store)
    sweep(store)
    assert kinds(store) == [(kind, "expired")]


def test_an_apology_that_expires_too_is_the_end_of_it(store: Store) -> None:
    queue(store, Kind.REPLY)
    for _ in range(3):
        let_expire(store)
        sweep(store)
    assert kinds(store) == [("reply", "expired"), ("apology", "expired")]


def test_a_phone_that_opted_out_meanwhile_hears_no_apology(store: Store) -> None:
    queue(store, Kind.REPLY)
    let_expire(store)
    with store.write() as connection:
        connection.execute(insert(contact).values(phone=PHONE, opted_out_at=db_now(), updated_at=db_now()))
    sweep(store)
    assert kinds(store) == [("reply", "expired")]


def test_many_sweeps_at_once_leave_one_apology(store: Store) -> None:
    queue(store, Kind.REPLY)
    let_expire(store)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: sweep(store), range(8)))
    assert kinds(store) == [("reply", "expired"), ("apology", "queued")]
    assert steps(store, "expire") == [("queued", "expired")]


def test_what_was_tried_often_enough_fails_with_its_event_and_without_an_apology(store: Store) -> None:
    queue(store, Kind.REPLY)
    with store.write() as connection:
        connection.execute(update(outbound).values(attempts=outbox.MAX_ATTEMPTS))
    sweep(store)
    assert kinds(store) == [("reply", "failed")]
    assert steps(store, "exhaust") == [("queued", "failed")]


@pytest.mark.parametrize("kind", [Kind.ALERT, Kind.NOTICE, Kind.ANNOUNCEMENT])
def test_what_nobody_asked_for_outlives_any_number_of_tries(store: Store, kind: Kind) -> None:
    queue(store, kind)
    with store.write() as connection:
        connection.execute(update(outbound).values(attempts=100 * outbox.MAX_ATTEMPTS))
    assert sweep(store) == ("send",)
    assert (kinds(store), steps(store, "exhaust")) == ([(kind, "queued")], [])
    with store.write() as connection:
        assert len(outbox.claim(connection, "token", 1)) == 1


def let_pass(store: Store, state: str, hours: float) -> None:
    """The last news of every message came so long ago."""
    with store.write() as connection:
        connection.execute(update(outbound).values(state=state, updated_at=db_now() - int(hours * 3_600_000)))


@pytest.mark.parametrize("state", ["accepted", "sent"])
def test_what_no_last_report_came_of_is_marked_once_and_keeps_its_state(store: Store, state: str) -> None:
    queue(store, Kind.REPLY)
    let_pass(store, state, 71.9)
    sweep(store)
    assert (rows(store)[0].no_report_at, steps(store, "no_report")) == (None, [])
    let_pass(store, state, 72.1)
    for _ in range(2):
        sweep(store)
    assert (rows(store)[0].no_report_at is not None, rows(store)[0].state) == (True, state)
    assert steps(store, "no_report") == [(state, state)]
    assert figures(store).unreported == 1


@pytest.mark.parametrize("state", ["delivered", "undelivered", "failed", "canceled", "unknown", "failed_unknown"])
def test_what_has_had_its_last_report_or_never_left_is_not_marked(store: Store, state: str) -> None:
    queue(store, Kind.REPLY)
    let_pass(store, state, 100)
    sweep(store)
    assert rows(store)[0].no_report_at is None


def test_a_report_that_comes_after_all_still_raises_it(store: Store) -> None:
    queue(store, Kind.REPLY)
    let_pass(store, "accepted", 100)
    sweep(store)
    settle = Settle(store)
    for word in ("sent", "delivered"):
        assert settle(Delivery("twilio", rows(store)[0].callback_token, "SM1", word, word, None))
        assert rows(store)[0].state == word
        assert figures(store).unreported == (1 if word == "sent" else 0)


def test_what_is_withdrawn_has_its_event(store: Store) -> None:
    queue(store, Kind.NOTICE)
    with store.write() as connection:
        connection.execute(update(outbound).values(notice_key="k"))
        connection.execute(insert(contact).values(phone=PHONE, opted_out_at=db_now(), updated_at=db_now()))
    sweep(store)
    assert kinds(store) == [("notice", "canceled")]
    assert steps(store, "withdraw") == [("queued", "canceled")]
