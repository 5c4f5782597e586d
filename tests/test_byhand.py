"""By hand: a message is sent once more as one new row, however many ask, or given up; nothing of it by itself."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from smsgw.errors import NotPossible
from smsgw.messages import byhand, inbox, notices, outbox, states
from smsgw.messages.notices import Notice
from smsgw.messages.rows import LIFE_MS, Answer, Arrival, Draft, Kind
from smsgw.messages.tables import contact, inbound, outbound, outbound_event
from smsgw.store import Store, db_now
from tests.support.sweeping import sweep

PHONE, OURS = "+6281299000001", "2757"
HOUR_MS = 3_600_000


def answered(store: Store, state: str = "failed") -> int:
    """The id of a reply in a state."""
    with store.write() as connection:
        inbox.record(store, connection, [Arrival("twilio", "SM1", PHONE, OURS, "saldo")])
        (row,) = inbox.claim(connection, "t", 1)
        inbox.finish(connection, [Answer(row.id, PHONE, "answered", language="en")])
        outbox.queue(connection, [Draft(Kind.REPLY, "twilio", OURS, PHONE, "Halo", 4, "en", "jht.balance", row.id)])
        connection.execute(update(outbound).values(state=state, attempts=3, error_code="30003", expires_at=1))
        return int(connection.scalar(select(outbound.c.id)) or 0)


def resend(store: Store, outbound_id: int) -> int | str:
    try:
        with store.write() as connection:
            return byhand.resend(connection, outbound_id)
    except NotPossible as refused:
        return refused.why


def rows(store: Store) -> list[Any]:
    with store.read() as connection:
        return list(connection.execute(select(outbound, (outbound.c.expires_at - db_now()).label("left"))))


@pytest.mark.parametrize("state", states.TRANSITIONS)
def test_only_what_has_failed_is_sent_once_more(store: Store, state: str) -> None:
    first = answered(store, state)
    allowed = state in ("failed", "failed_unknown", "expired", "undelivered")
    assert (resend(store, first) == "state") is not allowed
    assert len(rows(store)) == 1 + allowed


def test_it_is_a_new_row_with_the_same_text_and_a_life_of_its_own(store: Store) -> None:
    made = resend(store, answered(store))
    old, new = rows(store)
    assert new.id == made
    same = ("inbound_id", "kind", "carrier", "from_phone", "to_phone", "body", "septets", "template", "language")
    assert [getattr(new, name) for name in same] == [getattr(old, name) for name in same]
    fresh = (new.resend_no, new.state, new.attempts, new.error_code, new.carrier_id, new.claim_token)
    assert fresh == (1, "queued", 0, None, None, None)
    assert 0 < LIFE_MS[Kind.REPLY] - new.left < 60_000
    assert new.callback_token != old.callback_token
    assert (old.state, old.attempts) == ("failed", 3)
    with store.read() as connection:
        told = connection.execute(select(outbound_event).where(outbound_event.c.outbound_id == made)).one()
    assert (told.cause, told.cause_key, told.to_state) == ("resent", f"resent:{old.id}", "queued")


def test_many_at_once_make_one_new_row(store: Store) -> None:
    first = answered(store)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: resend(store, first), range(8)))
    assert sorted(map(str, made)) == sorted([str(rows(store)[1].id), *["resent"] * 7])


def test_the_new_one_may_be_sent_again_when_it_has_failed_too(store: Store) -> None:
    first = answered(store)
    second = resend(store, first)
    assert isinstance(second, int)
    assert resend(store, second) == "state"
    with store.write() as connection:
        connection.execute(update(outbound).values(state="failed"))
    assert resend(store, first) == "resent"
    assert isinstance(resend(store, second), int)
    assert [row.resend_no for row in rows(store)] == [0, 1, 2]


def test_what_answers_nothing_is_sent_once_more_once(store: Store) -> None:
    with store.write() as connection:
        text = {"to_phone": PHONE, "body": "Klaim", "septets": 5, "language": "id", "template": "lacak.changed"}
        notices.queue(connection, [Notice("claim:K1:5:open", Kind.NOTICE, "twilio", OURS, **text)])  # type: ignore[arg-type]  # texts and a number
        connection.execute(update(outbound).values(state="undelivered"))
    assert isinstance(resend(store, 1), int)
    assert resend(store, 1) == "resent"
    assert [row.notice_key for row in rows(store)] == ["claim:K1:5:open", "resent:1"]


REFUSED = [
    ("purged", {"body": None}, None),
    ("opted_out", {}, {"opted_out_at": 5}),
    ("blocked", {}, {"blocked_at": 5}),
]


@pytest.mark.parametrize(("why", "changes", "known"), REFUSED, ids=["purged", "opted out", "blocked"])
def test_what_cannot_be_sent_is_not(store: Store, why: str, changes: dict[str, Any], known: dict[str, Any]) -> None:
    first = answered(store)
    with store.write() as connection:
        connection.execute(update(outbound).values(septets=4, **changes))
        if known:
            connection.execute(insert(contact).values(phone=PHONE, updated_at=1, **known))
    assert resend(store, first) == why
    assert resend(store, first + 1) == "state"
    assert len(rows(store)) == 1


@pytest.mark.parametrize(("hours", "why"), [(23, ""), (25, "old")])
def test_a_text_is_resent_for_a_day(store: Store, hours: int, why: str) -> None:
    first = answered(store)
    with store.write() as connection:
        connection.execute(update(inbound).values(received_at=db_now() - hours * HOUR_MS))
    second = resend(store, first)
    assert second == why or (isinstance(second, int) and not why)


def test_what_was_resent_is_as_old_as_what_it_answers(store: Store) -> None:
    second = resend(store, answered(store))
    assert isinstance(second, int)
    with store.write() as connection:
        connection.execute(update(outbound).values(state="failed"))
        connection.execute(update(inbound).values(received_at=db_now() - 25 * HOUR_MS))
    assert resend(store, second) == "old"


def test_a_notice_is_resent_for_a_day(store: Store) -> None:
    with store.write() as connection:
        text = {"to_phone": PHONE, "body": "Klaim", "septets": 5, "language": "id", "template": "lacak.changed"}
        notices.queue(connection, [Notice("claim:K1:5:open", Kind.NOTICE, "twilio", OURS, **text)])  # type: ignore[arg-type]  # texts and a number
        connection.execute(update(outbound).values(state="undelivered", created_at=db_now() - 25 * HOUR_MS))
    assert resend(store, 1) == "old"


def test_no_apology_follows_a_resent_one_that_expires(store: Store) -> None:
    resend(store, answered(store))
    with store.write() as connection:
        connection.execute(update(outbound).values(expires_at=db_now() - 1))
    sweep(store)
    assert [(row.kind, row.state) for row in rows(store)] == [("reply", "failed"), ("reply", "expired")]


def give_up(store: Store, outbound_id: int) -> str:
    try:
        with store.write() as connection:
            byhand.give_up(connection, outbound_id)
    except NotPossible as refused:
        return refused.why
    return "done"


@pytest.mark.parametrize("state", states.TRANSITIONS)
def test_only_what_is_queued_can_be_given_up(store: Store, state: str) -> None:
    first = answered(store, state)
    assert give_up(store, first) == ("done" if state == "queued" else "state")
    assert rows(store)[0].state == ("canceled" if state == "queued" else state)


def test_what_is_given_up_while_a_worker_claims_it_is_either_sent_or_canceled(store: Store) -> None:
    first = answered(store, "queued")
    with store.write() as connection:
        connection.execute(update(outbound).values(expires_at=db_now() + 60_000, attempts=0))

    def claim() -> int:
        with store.write() as connection:
            return len(outbox.claim(connection, "mine", 5))

    with ThreadPoolExecutor(2) as pool:
        claimed, given = pool.submit(claim), pool.submit(give_up, store, first)
        assert (claimed.result(), given.result()) in ((1, "state"), (0, "done"))
    (row,) = rows(store)
    assert row.state == ("sending" if claimed.result() else "canceled")


def test_an_inbound_that_waits_is_left_without_an_answer(store: Store) -> None:
    with store.write() as connection:
        inbox.record(store, connection, [Arrival("twilio", "SM1", PHONE, OURS, "saldo", secret="123456")])
        (row,) = inbox.claim(connection, "worker", 1)
    with store.write() as connection:
        byhand.leave_unanswered(connection, row.id)
    with store.write() as connection:
        assert inbox.held(connection, "worker", [row.id]) == set()
        left = connection.execute(select(inbound)).one()
        assert (left.state, left.reason, left.secret) == ("suppressed", "given_up", None)
    with store.write() as connection, pytest.raises(NotPossible):
        byhand.leave_unanswered(connection, row.id)
