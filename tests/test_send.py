"""Send: the claim is committed before the call; what comes of the call decides whether it may be repeated."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from math import inf
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError

from smsgw.carriers import Outcome, Parcel, Verdict
from smsgw.errors import StoreUnavailable
from smsgw.gateway.calling import NEAR_AFTER
from smsgw.gateway.send import BEGIN_WITHIN_S, MAX_BACKOFF_MS, SendVerb
from smsgw.messages import inbox, outbox, states
from smsgw.messages.outbox import Mark
from smsgw.messages.reroutes import Leaving, Why
from smsgw.messages.rows import LIFE_MS, Draft, Kind, OutboundRow
from smsgw.messages.tables import contact, outbound, outbound_event
from smsgw.store import Store, db_now
from tests.support.scripted import Scripted, accept
from tests.support.sweeping import sweep

DRAFT = Draft(Kind.NOTICE, "scripted", "+622150000000", "+6281200000001", "Halo", 4, "id", "t")


def queue(store: Store, n: int = 1, kind: Kind = Kind.NOTICE, carrier: str = "scripted") -> None:
    drafts = [Draft(kind, carrier, "+622150000000", f"+62812{i:08}", f"Halo {i}", 6, "id", "t") for i in range(n)]
    with store.write() as connection:
        outbox.queue(connection, drafts)


def rows(store: Store) -> list[Any]:
    with store.read() as connection:
        return list(connection.execute(select(outbound).order_by(outbound.c.id)))


def events(store: Store, outbound_id: int) -> list[tuple[str, ...]]:
    columns = [outbound_event.c[name] for name in ("from_state", "to_state", "cause", "cause_key")]
    mine = select(*columns).where(outbound_event.c.outbound_id == outbound_id).order_by(outbound_event.c.id)
    with store.read() as connection:
        return [tuple(row) for row in connection.execute(mine)]


def send(store: Store, carrier: Scripted, limit: int = 64) -> int:
    with ThreadPoolExecutor(8) as pool:
        return SendVerb(store, {carrier.name: carrier}, pool)(limit)


VERDICTS = [
    (Verdict.ACCEPTED, "accepted"),
    (Verdict.SAFE, "queued"),
    (Verdict.REFUSED, "failed"),
    (Verdict.AMBIGUOUS, "unknown"),
]


@pytest.mark.parametrize(("verdict", "state"), VERDICTS)
def test_each_verdict_has_its_state(store: Store, verdict: Verdict, state: str) -> None:
    queue(store)
    send(store, Scripted(lambda parcel: Outcome(verdict, carrier_id=None, error_code="1")))
    assert [row.state for row in rows(store)] == [state]


def test_what_is_longer_than_its_column_is_cut_and_its_neighbours_stay(store: Store) -> None:
    queue(store, 3)

    def talkative(parcel: Parcel) -> Outcome:
        if parcel.body != "Halo 1":
            return replace(accept(parcel), status="s" * 25)
        return Outcome(Verdict.REFUSED, error_code="policy_violation_x", breaker=True)

    send(store, Scripted(talkative))
    told = [(row.state, row.carrier_status, row.error_code) for row in rows(store)]
    assert told == [("accepted", "s" * 24, None), ("failed", None, "policy_violation"), ("accepted", "s" * 24, None)]


def test_the_claim_is_committed_before_the_call(store: Store) -> None:
    seen: list[str] = []

    def look(parcel: Parcel) -> Outcome:
        seen.extend(row.state for row in rows(store))
        return accept(parcel)

    queue(store)
    send(store, Scripted(look))
    assert seen == ["sending"]


def test_twenty_senders_at_once_hand_each_message_over_once(store: Store) -> None:
    queue(store, 100)
    carrier = Scripted(accept)
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _: send(store, carrier, 10), range(40)))
    assert sorted(parcel.body for parcel in carrier.taken) == sorted(f"Halo {i}" for i in range(100))
    assert {row.state for row in rows(store)} == {"accepted"}


def test_a_message_is_not_sent_again_before_its_time(store: Store) -> None:
    queue(store)
    carrier = Scripted(lambda parcel: Outcome(Verdict.SAFE, retry_after_s=60))
    assert (send(store, carrier), send(store, carrier), len(carrier.taken)) == (1, 0, 1)
    row = rows(store)[0]
    assert 55_000 < row.next_attempt_at - row.updated_at <= 60_000


# After so many attempts a call waits so long, in seconds, where the carrier asks for this; and half as long again.
WAITS = [
    (1, None, 2),
    (2, None, 4),
    (5, None, 32),
    (9, None, 300),
    (2000, None, 300),
    (1, 0.0, 2),
    (4, 3.0, 16),
    (1, inf, 300),
]


@pytest.mark.parametrize(("attempt", "asked_s", "least_s"), WAITS)
def test_the_waits_grow_with_jitter_up_to_five_minutes(
    store: Store, attempt: int, asked_s: float | None, least_s: int
) -> None:
    queue(store, 20)
    with store.write() as connection:
        connection.execute(update(outbound).values(attempts=attempt - 1))
    send(store, Scripted(lambda parcel: Outcome(Verdict.SAFE, retry_after_s=asked_s)))
    waits = [round(row.next_attempt_at - row.updated_at, -2) / 1000 for row in rows(store)]
    assert all(least_s <= wait <= min(least_s * 1.5, 300) for wait in waits)
    assert least_s == 300 or len({*waits}) > 1


def test_a_reply_grows_too_old_before_it_was_tried_too_often() -> None:
    waits_ms = [min(1000 * 2**attempt, MAX_BACKOFF_MS) for attempt in range(1, outbox.MAX_ATTEMPTS)]
    assert sum(waits_ms) > LIFE_MS[Kind.REPLY]


def test_a_carrier_that_hangs_uses_up_no_attempts_of_what_it_was_never_given(store: Store) -> None:
    queue(store, 64, Kind.REPLY)
    calls: list[Parcel] = []

    def hang(parcel: Parcel) -> Outcome:
        calls.append(parcel)
        return Outcome(Verdict.AMBIGUOUS)

    with ThreadPoolExecutor(1) as pool:
        verb = SendVerb(store, {"scripted": Scripted(hang)}, pool, now=lambda: len(calls) * (BEGIN_WITHIN_S + 1))
        for _ in range(outbox.MAX_ATTEMPTS + 1):
            verb(64)
    assert sweep(store) == ("send",)
    found = [(row.state, row.attempts) for row in rows(store)]
    assert sorted(found) == [("queued", 0)] * (64 - outbox.MAX_ATTEMPTS - 1) + [("unknown", 1)] * (
        outbox.MAX_ATTEMPTS + 1
    )


def test_a_carrier_that_was_slow_is_called_side_by_side_from_the_first_call_on(store: Store) -> None:
    queue(store, 9)
    calls: list[Parcel] = []
    together = Barrier(8)

    def slow(parcel: Parcel) -> Outcome:
        calls.append(parcel)
        if len(calls) > 1:
            together.wait(30)  # passes only where eight calls are under way at once
        return accept(parcel)

    with ThreadPoolExecutor(8) as pool:
        verb = SendVerb(store, {"scripted": Scripted(slow)}, pool, now=lambda: float(len(calls)))
        assert [verb(1), verb(8)] == [1, 8]
    assert {row.state for row in rows(store)} == {"accepted"}


def test_no_more_is_to_be_claimed_than_is_called_for_at_once_unless_calls_are_quick(store: Store) -> None:
    queue(store, NEAR_AFTER + 1)
    seconds = 0.0

    def call(parcel: Parcel) -> Outcome:
        nonlocal seconds
        seconds += len(rows_called) == NEAR_AFTER
        rows_called.append(parcel)
        return accept(parcel)

    rows_called: list[Parcel] = []
    with ThreadPoolExecutor(8) as pool:
        verb = SendVerb(store, {"scripted": Scripted(call)}, pool, width=8, now=lambda: seconds)
        limits = [verb.at_once]
        for limit in (NEAR_AFTER, 1):
            assert verb(limit) == limit
            limits.append(verb.at_once)
    assert limits == [8, None, 8]


def test_what_is_uncertain_is_never_sent_again(store: Store) -> None:
    queue(store)
    carrier = Scripted(lambda parcel: Outcome(Verdict.AMBIGUOUS))
    assert (send(store, carrier), send(store, carrier), len(carrier.taken)) == (1, 0, 1)


def test_whoever_asked_goes_before_whoever_did_not(store: Store) -> None:
    for kind in (Kind.ANNOUNCEMENT, Kind.NOTICE, Kind.ALERT, Kind.APOLOGY, Kind.REPLY):
        queue(store, 1, kind)
    sent = []
    for _ in Kind:
        before = {row.id for row in rows(store) if row.state == "queued"}
        send(store, Scripted(accept), 1)
        sent += [row.kind for row in rows(store) if row.state == "accepted" and row.id in before]
    assert sent == [Kind.APOLOGY, Kind.REPLY, Kind.ALERT, Kind.NOTICE, Kind.ANNOUNCEMENT]


def test_a_message_past_its_time_expires_unsent(store: Store) -> None:
    queue(store)
    with store.write() as connection:
        connection.execute(update(outbound).values(expires_at=db_now() - 1))
    carrier = Scripted(accept)
    assert send(store, carrier) == 0
    sweep(store)
    assert ([row.state for row in rows(store)], carrier.taken) == (["expired"], [])


def test_a_claim_that_outlived_its_lease_becomes_unknown(store: Store) -> None:
    queue(store)
    with store.write() as connection:
        outbox.claim(connection, "dead", 1)
    sweep(store)
    assert [row.state for row in rows(store)] == ["sending"]
    with store.write() as connection:
        connection.execute(update(outbound).values(claimed_at=outbound.c.claimed_at - outbox.LEASE_MS - 1))
    sweep(store)
    assert [row.state for row in rows(store)] == ["unknown"]


def test_a_carrier_that_is_not_there_fails_visibly(store: Store) -> None:
    queue(store, carrier="gone")
    send(store, Scripted(accept))
    row = rows(store)[0]
    assert (row.state, row.error_code) == ("failed", "no_carrier")


def test_an_id_that_another_message_has_makes_that_one_uncertain_and_no_other(store: Store) -> None:
    queue(store, 3)
    send(store, Scripted(lambda parcel: Outcome(Verdict.ACCEPTED, carrier_id="SM" + parcel.body[-1].replace("2", "1"))))
    found = rows(store)
    assert sorted(row.state for row in found) == ["accepted", "accepted", "unknown"]
    assert [row.error_code for row in found if row.state == "unknown"] == ["id_taken"]


def test_each_step_is_an_event(store: Store) -> None:
    queue(store)
    send(store, Scripted(accept))
    with store.read() as connection:
        events = connection.execute(select(outbound_event.c.from_state, outbound_event.c.to_state)).all()
    assert [tuple(event) for event in events] == [("queued", "sending"), ("sending", "accepted")]


def received(store: Store) -> Draft:
    """A reply to an inbound message that stands in the log."""
    with store.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO inbound (id, carrier, carrier_id, from_phone, to_phone, received_at, source, state, "
            "next_attempt_at) VALUES (1, 'x', 'y', '', '+62', 0, 'webhook', 'received', 0)"
        )
    return Draft(Kind.REPLY, "scripted", "+622150000000", "+6281200000001", "Halo", 4, "id", "t", inbound_id=1)


def queue_claimed(store: Store, drafts: Sequence[Draft], token: str = "mine") -> list[OutboundRow]:
    with store.write() as connection:
        return outbox.queue_claimed(connection, drafts, token)


def test_the_same_inbound_has_one_reply(store: Store) -> None:
    draft = received(store)
    with store.write() as connection:
        outbox.queue(connection, [draft])
        outbox.queue(connection, [draft])
    assert queue_claimed(store, [draft]) == []
    assert [row.state for row in rows(store)] == ["queued"]


def test_what_is_queued_claimed_is_claimed_as_by_a_claim(store: Store) -> None:
    draft = received(store)
    queue(store, 2)
    (claimed,) = queue_claimed(store, [draft])
    with store.write() as connection:
        others = outbox.claim(connection, "other", 64)
    assert (claimed.to_phone, claimed.body, claimed.attempts) == (draft.to_phone, draft.body, 1)
    assert claimed.expires_in_ms == LIFE_MS[Kind.REPLY]
    assert [claimed.id] == [row.id for row in rows(store) if row.claim_token == "mine"]
    assert len(others) == 2
    same = "state", "attempts", "resend_no"
    mine, other = (next(row for row in rows(store) if row.claim_token == token) for token in ("mine", "other"))
    assert [getattr(mine, name) for name in same] == [getattr(other, name) for name in same]
    assert 0 <= mine.claimed_at - mine.created_at < 1000
    assert mine.expires_at - mine.created_at == LIFE_MS[Kind.REPLY]
    assert mine.callback_token == claimed.callback_token
    assert events(store, mine.id) == [("queued", "sending", "claim", "claim:mine")]
    assert events(store, other.id) == [("queued", "sending", "claim", "claim:other")]


def test_what_is_queued_claimed_is_sent_once_in_order(store: Store) -> None:
    drafts = [replace(DRAFT, body=f"Halo {i}") for i in range(130)]
    queue(store)
    claimed = queue_claimed(store, drafts)
    carrier = Scripted(accept)
    with ThreadPoolExecutor(1) as pool:
        SendVerb(store, {carrier.name: carrier}, pool).hand_over("mine", claimed)
    assert [parcel.body for parcel in carrier.taken] == [f"Halo {i}" for i in range(130)]
    assert [row.state for row in rows(store)] == ["queued"] + ["accepted"] * 130
    assert [(row.body, row.carrier_id) for row in rows(store)][1:] == [
        (parcel.body, f"SM{parcel.token}") for parcel in carrier.taken
    ]
    assert send(store, carrier) == 1


def test_what_is_given_back_is_sent_later(store: Store) -> None:
    claimed = queue_claimed(store, [DRAFT])
    with store.write() as connection:
        outbox.mark(connection, "mine", [Mark(row.id, states.QUEUED, begun=False) for row in claimed])
    carrier = Scripted(accept)
    assert (send(store, carrier), [row.attempts for row in rows(store)]) == (1, [1])


def test_marks_of_several_kinds_are_written_at_once(store: Store) -> None:
    outcomes = [
        Outcome(Verdict.ACCEPTED, carrier_id="SM1", status="queued"),
        Outcome(Verdict.REFUSED, error_code="21211", error_text="refused with HTTP 400"),
        Outcome(Verdict.REFUSED, error_code="21610"),
        Outcome(Verdict.AMBIGUOUS, error_code="Broken"),
        Outcome(Verdict.ACCEPTED, carrier_id="SM5"),
    ]
    queue(store, 5)
    send(store, Scripted(lambda parcel: outcomes[int(parcel.body[-1])]))
    kept = [(r.state, r.carrier_id, r.carrier_status, r.error_code, r.error_text) for r in rows(store)]
    assert kept == [
        ("accepted", "SM1", "queued", None, None),
        ("failed", None, None, "21211", "refused with HTTP 400"),
        ("failed", None, None, "21610", None),
        ("unknown", None, None, "Broken", None),
        ("accepted", "SM5", None, None, None),
    ]
    after = [events(store, row.id)[1][1] for row in rows(store)]
    assert after == ["accepted", "failed", "failed", "unknown", "accepted"]


def test_a_stop_that_the_carrier_alone_has_heard_counts(store: Store) -> None:
    queue(store, 2)
    keyed = Draft(Kind.NOTICE, "scripted", "2757", "+6281200000000", "News", 4, "id", "t")
    with store.write() as connection:
        outbox.queue(connection, [keyed])
        news = update(outbound).where(outbound.c.body.is_not(None), outbound.c.id == 3)
        connection.execute(news.values(notice_key="k", next_attempt_at=db_now() + 60_000))
    refused = Outcome(Verdict.REFUSED, error_code="21610", opted_out=True)
    send(store, Scripted(lambda parcel: refused if parcel.to_phone == "+6281200000000" else accept(parcel)))
    assert [(row.state, row.error_code) for row in rows(store)] == [
        ("failed", "21610"),
        ("accepted", None),
        ("canceled", "opted_out"),
    ]
    with store.read() as connection:
        said = inbox.languages(connection, ["+6281200000000", "+6281200000001"])
    assert said == {"+6281200000000": (None, True)}


@pytest.mark.parametrize(
    ("changed", "plain"),
    [
        ({}, True),
        ({"error_code": "30008", "wait_ms": 1}, True),
        ({"begun": False, "first": True}, False),
        ({"refused_by": "a"}, False),
        ({"leaving": Leaving(1, "2757", "a", 3, Why.TRIES)}, False),
        ({"opted_out": "+62811"}, False),
    ],
)
def test_a_mark_is_plain_where_it_changes_nothing_but_its_row(changed: dict[str, Any], *, plain: bool) -> None:
    assert Mark(1, states.QUEUED, **changed).is_plain is plain


def test_a_refusal_stands_only_together_with_the_stop_that_it_tells(store: Store) -> None:
    queue(store)
    with store.write() as connection:
        connection.execute(text("ALTER TABLE contact RENAME TO elsewhere"))
    refused = Outcome(Verdict.REFUSED, error_code="21610", opted_out=True)
    with suppress(DBAPIError, StoreUnavailable):
        send(store, Scripted(lambda parcel: refused))
    assert [row.state for row in rows(store)] == ["sending"]  # the sweep finds out about it


def opted_out_at(store: Store) -> int | None:
    with store.read() as connection:
        return connection.scalar(select(contact.c.opted_out_at))


def test_when_a_phone_opted_out_stays_as_it_was(store: Store) -> None:
    with store.write() as connection:
        connection.execute(insert(contact).values(phone="+6281", opted_out_at=5, updated_at=5))
        inbox.opt_out(connection, ["+6281"])
    assert opted_out_at(store) == 5
    with store.write() as connection:
        connection.execute(update(contact).values(opted_out_at=None))
        inbox.opt_out(connection, ["+6281", "+6281"])
    assert (opted_out_at(store) or 0) > 5
