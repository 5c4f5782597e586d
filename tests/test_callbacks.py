"""Delivery reports: in any order, twice, early, late or for nobody, the state only rises and all are kept."""

import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, event, func, select, update

from smsgw.carriers.twilio import OPTED_OUT, STATUS
from smsgw.gateway.settle import Settle
from smsgw.messages import outbox, reports, states
from smsgw.messages.outbox import Mark
from smsgw.messages.reports import Delivery
from smsgw.messages.rows import Draft, Kind
from smsgw.messages.tables import contact, orphan_callback, outbound, outbound_event
from smsgw.store import Store
from tests.support import truth

RANK = {"accepted": 1, "sent": 2, "undelivered": 3, "failed": 3, "canceled": 3, "delivered": 4}


def queued(store: Store, n: int = 1) -> list[Any]:
    """`n` messages claimed and accepted, as rows with id and token."""
    with store.write() as connection:
        drafts = [
            Draft(Kind.NOTICE, "twilio", "+622150000000", f"+62812{i:08}", "Halo", 4, "id", "t") for i in range(n)
        ]
        outbox.queue(connection, drafts)
    with store.read() as connection:
        columns = outbound.c.id, outbound.c.callback_token, outbound.c.state
        return list(connection.execute(select(*columns).order_by(outbound.c.id)))


def accepted(store: Store, n: int = 1) -> list[Any]:
    queued(store, n)
    with store.write() as connection:
        rows = outbox.claim(connection, "claim", n)
        outbox.mark(connection, "claim", [Mark(r.id, states.ACCEPTED, f"SM{r.id}", "queued") for r in rows])
    with store.read() as connection:
        columns = outbound.c.id, outbound.c.callback_token, outbound.c.state
        return list(connection.execute(select(*columns).order_by(outbound.c.id)))


def report(status: str, token: str = "", carrier_id: str = "SM1", code: str | None = None) -> Delivery:
    state = STATUS.get(status.lower())
    return Delivery("twilio", token, carrier_id, status.lower(), state, code, opted_out=code == OPTED_OUT)


def state_of(store: Store, row_id: int) -> Any:
    with store.read() as connection:
        return connection.execute(select(outbound).where(outbound.c.id == row_id)).one()


def play(store: Store, row: Any, statuses: Sequence[str]) -> str:
    settle = Settle(store)
    for status in statuses:
        assert settle(report(status, row.callback_token, f"SM{row.id}"))
    return str(state_of(store, row.id).state)


ORDERS = [
    order
    for size in (1, 2, 3, 4)
    for chosen in itertools.combinations(("queued", "sending", "sent", "delivered", "undelivered", "read"), size)
    for order in itertools.permutations(chosen)
    if not {"delivered", "undelivered"} <= set(order) or size < 4
]


def test_a_report_that_is_longer_than_its_columns_is_cut_and_its_neighbours_stay(store: Store) -> None:
    first, second = accepted(store, 2)
    long = Delivery("twilio", first.callback_token, "SM1", "s" * 25, states.FAILED, "policy_violation_x")
    orphan = replace(long, token="", carrier_id="SM9")
    with store.write() as connection:
        assert reports.apply_all(connection, [long, report("sent", second.callback_token), orphan]) == [
            True,
            True,
            False,
        ]
    told = state_of(store, first.id)
    assert (told.state, told.carrier_status, told.error_code) == ("failed", "s" * 24, "policy_violation")
    assert state_of(store, second.id).state == "sent"


def test_in_every_order_the_highest_rank_stays(sqlite_store: Store) -> None:
    rows = accepted(sqlite_store, len(ORDERS))
    wrong = []
    for row, order in zip(rows, ORDERS, strict=True):
        reported = [STATUS[status] for status in order]
        best = max(reported, key=lambda state: RANK[state])
        if play(sqlite_store, row, order) != best:
            wrong.append(order)
    assert not wrong


@pytest.mark.parametrize("case", truth.rows("status_sequences"))
def test_sequences_from_outside_end_as_they_should(sqlite_store: Store, case: dict[str, Any]) -> None:
    row = accepted(sqlite_store)[0]
    for told in case["events"]:
        Settle(sqlite_store)(report(told["status"], row.callback_token, "SM1", told.get("error_code")))
    found = state_of(sqlite_store, row.id)
    # The carrier's first word, queued, is our accepted.
    assert found.state in [STATUS.get(final, final) for final in case["expected_final"]]
    if case["expected_error_code"]:
        assert found.error_code == str(case["expected_error_code"])


def test_twenty_threads_reporting_at_once_do_not_lower_it(store: Store) -> None:
    row = accepted(store)[0]
    settle = Settle(store)
    all_of_them = ["queued", "sending", "sent", "delivered"] * 25
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda status: settle(report(status, row.callback_token)), all_of_them))
    assert state_of(store, row.id).state == "delivered"
    with store.read() as connection:
        events = connection.execute(
            select(outbound_event.c.cause_key, outbound_event.c.repeats).where(outbound_event.c.cause == "report")
        ).all()
    assert {key: repeats + 1 for key, repeats in events} == {
        f"report:{status}": 25 for status in ("queued", "sending", "sent", "delivered")
    }


def test_a_report_that_overtakes_the_answer_of_the_call(store: Store) -> None:
    row = queued(store)[0]
    with store.write() as connection:
        outbox.claim(connection, "claim", 1)
    Settle(store)(report("delivered", row.callback_token, "SM9"))
    with store.write() as connection:
        outbox.mark(connection, "claim", [Mark(row.id, states.ACCEPTED, "SM9", "queued")])
    found = state_of(store, row.id)
    assert (found.state, found.carrier_id) == ("delivered", "SM9")


@pytest.mark.parametrize("outcome", [states.UNKNOWN, states.FAILED, states.QUEUED])
def test_a_report_proves_acceptance_whatever_the_call_seemed_to_be(store: Store, outcome: str) -> None:
    row = queued(store)[0]
    with store.write() as connection:
        outbox.claim(connection, "claim", 1)
    Settle(store)(report("sent", row.callback_token, "SM9"))
    with store.write() as connection:
        outbox.mark(connection, "claim", [Mark(row.id, outcome)])
    assert state_of(store, row.id).state == "sent"


@pytest.mark.parametrize("state", [states.UNKNOWN, states.FAILED_UNKNOWN, states.EXPIRED, states.QUEUED])
def test_a_late_report_lifts_what_was_given_up(store: Store, state: str) -> None:
    row = queued(store)[0]
    with store.write() as connection:
        connection.execute(update(outbound).values(state=state))
    Settle(store)(report("queued", row.callback_token, "SM9"))
    assert state_of(store, row.id).state == "accepted"


def test_a_report_for_nobody_is_kept_as_an_orphan(store: Store) -> None:
    settle = Settle(store)
    assert [settle(report("sent", "no-such-token", "SM404")) for _ in range(3)] == [False] * 3
    with store.read() as connection:
        rows = connection.execute(select(orphan_callback.c.carrier_id, orphan_callback.c.repeats)).all()
    assert [tuple(row) for row in rows] == [("SM404", 2)]


def test_without_a_token_the_carriers_id_is_enough(store: Store) -> None:
    row = accepted(store)[0]
    assert Settle(store)(report("sent", "", f"SM{row.id}"))
    assert state_of(store, row.id).state == "sent"


def test_a_word_that_nobody_knows_is_kept_and_changes_nothing(store: Store) -> None:
    row = accepted(store)[0]
    assert Settle(store)(report("huh", row.callback_token))
    assert state_of(store, row.id).state == "accepted"
    with store.read() as connection:
        kept = select(func.count()).where(outbound_event.c.cause_key == "report:huh")
        assert connection.scalar(kept) == 1


def test_the_table_of_transitions_only_rises() -> None:
    rank = {state: RANK.get(state, 0) for state in states.TRANSITIONS}
    down = [(a, b) for a, after in states.TRANSITIONS.items() for b in after if rank[b] < rank[a]]
    assert down == []


def test_an_id_that_an_smsc_gives_twice_stays_with_the_first(store: Store) -> None:
    rows = queued(store, 4)
    settle = Settle(store)
    for row, given in zip(rows, ["smsc/1", "smsc/1", "", ""], strict=True):
        assert settle(Delivery("twilio", row.callback_token, given, "delivered", "delivered", None))
    found = [state_of(store, row.id) for row in rows]
    assert [row.state for row in found] == ["delivered"] * 4
    assert [row.carrier_id for row in found] == ["smsc/1", None, None, None]


def opted_out(store: Store) -> list[str]:
    """The phones that have told somebody to stop."""
    with store.read() as connection:
        found = select(contact.c.phone).where(contact.c.opted_out_at.is_not(None))
        return sorted(connection.scalars(found))


REFUSED = [
    ("undelivered", OPTED_OUT, True),
    ("failed", OPTED_OUT, True),
    ("failed", "30003", False),
    ("failed", None, False),
    ("huh", OPTED_OUT, False),
]


@pytest.mark.parametrize(("status", "code", "stops"), REFUSED)
def test_a_stop_that_only_a_report_tells_counts(store: Store, status: str, code: str | None, *, stops: bool) -> None:
    first, _ = accepted(store, 2)
    assert Settle(store)(report(status, first.callback_token, f"SM{first.id}", code))
    assert opted_out(store) == (["+6281200000000"] if stops else [])


def test_who_has_opted_in_again_is_not_put_out_by_the_same_report(store: Store) -> None:
    row = accepted(store)[0]
    refused = report("failed", row.callback_token, f"SM{row.id}", OPTED_OUT)
    assert Settle(store)(refused)
    with store.write() as connection:
        connection.execute(update(contact).values(opted_out_at=None))
    assert Settle(store)(refused)
    assert opted_out(store) == []


def test_many_stops_of_one_moment_take_two_statements_more(store: Store) -> None:
    rows = accepted(store, 20)
    counts = []
    for code in ("30003", OPTED_OUT):
        batch, rows = rows[:10], rows[10:]
        told = [report("failed", row.callback_token, f"SM{row.id}", code) for row in batch]
        with store.write() as connection, counted(connection) as statements:
            assert reports.apply_all(connection, told) == [True] * 10
        counts.append(len(statements))
    assert counts[1] == counts[0] + 2
    assert opted_out(store) == [f"+62812{i:08}" for i in range(10, 20)]


@contextmanager
def counted(connection: Connection) -> Iterator[list[str]]:
    """The statements that run meanwhile."""
    seen: list[str] = []

    def spy(*run: Any) -> None:
        seen.append(run[2])

    event.listen(connection, "before_cursor_execute", spy)
    yield seen
    event.remove(connection, "before_cursor_execute", spy)
