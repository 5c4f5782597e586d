"""Pacing: whatever many claimers there are, a number keeps its pace; others are not slowed, and nobody starves."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from smsgw.config import Settings
from smsgw.gateway.bell import Later
from smsgw.gateway.send import SendVerb
from smsgw.messages import outbox
from smsgw.messages.pacing import Pace
from smsgw.messages.rows import Draft, Kind, OutboundRow
from smsgw.messages.tables import outbound, sender_pace
from smsgw.messages.terms import Terms
from smsgw.store import Store, db_now
from tests.conftest import KEY
from tests.support import twilio
from tests.support.gateway import gateway
from tests.support.processes import wait_until
from tests.support.scripted import Scripted

SLOW, FREE = "2757", "+622150000000"
HOUR = 1 / 3600  # messages a second: so slow that no test sees a second one by itself
TEN = Terms((Pace(SLOW, HOUR, burst=10),))


def queue(store: Store, n: int, number: str = SLOW, kind: Kind = Kind.NOTICE, first: int = 0) -> None:
    drafts = [Draft(kind, "x", number, f"+62812{i + first:08}", f"{kind} {i + first}", 6, "id", "t") for i in range(n)]
    with store.write() as connection:
        outbox.queue(connection, drafts)


def claim(store: Store, terms: Terms = TEN, limit: int = 64) -> list[OutboundRow]:
    with store.write() as connection:
        return outbox.claim(connection, "mine", limit, terms)


def numbers(rows: Sequence[OutboundRow]) -> dict[str, int]:
    return dict(Counter(row.from_phone for row in rows))


def pass_time(store: Store, messages: int, pace: Pace = TEN.paces[0]) -> None:
    """So much time passes that the pace allows so many messages more."""
    with store.write() as connection:
        connection.execute(update(sender_pace).values(free_at=sender_pace.c.free_at - messages * pace.gap_us))


def test_a_number_sends_what_its_bucket_holds_and_then_what_time_gives(store: Store) -> None:
    queue(store, 100)
    assert [len(claim(store)) for _ in range(3)] == [10, 0, 0]
    pass_time(store, 3)
    assert [len(claim(store)) for _ in range(2)] == [3, 0]
    pass_time(store, 1000)
    assert [len(claim(store)) for _ in range(2)] == [10, 0]


@pytest.mark.parametrize("limit", [1, 3, 64])
def test_many_claimers_together_keep_one_pace(store: Store, limit: int) -> None:
    queue(store, 60)
    taken: list[OutboundRow] = []
    with ThreadPoolExecutor(8) as pool:
        for more in (0, 7, 2):
            if more:
                pass_time(store, more)
            for rows in pool.map(lambda _: claim(store, limit=limit), range(40)):
                taken += rows
    assert len(taken) == 10 + 7 + 2
    assert len({row.id for row in taken}) == len(taken)


def test_by_the_databases_own_clock_no_more_leaves_than_the_pace_allows(store: Store) -> None:
    terms = Terms((Pace(SLOW, 200.0),))
    queue(store, 300)
    with store.read() as connection:
        before = connection.scalar(select(db_now()))
    with ThreadPoolExecutor(6) as pool:
        taken = sum(len(rows) for rows in pool.map(lambda _: claim(store, terms, 5), range(80)))
    with store.read() as connection:
        after = connection.scalar(select(db_now()))
    assert before is not None
    assert after is not None
    assert terms.paces[0].most <= taken <= terms.paces[0].most + (after - before + 2) / 1000 * 200 + 1


def test_other_numbers_are_not_slowed_and_none_starves(store: Store) -> None:
    queue(store, 40)
    queue(store, 40, FREE)
    assert numbers(claim(store, limit=20)) == {SLOW: 10, FREE: 10}
    assert numbers(claim(store, limit=20)) == {FREE: 20}
    pass_time(store, 2)
    assert numbers(claim(store, limit=20)) == {SLOW: 2, FREE: 10}


def test_each_number_has_a_pace_of_its_own(store: Store) -> None:
    terms = Terms((Pace("+62", HOUR, burst=1), Pace(SLOW, HOUR, burst=3)))
    for number in ("+61", "+62", "+63", SLOW, "2758"):
        queue(store, 5, number)
    assert numbers(claim(store, terms)) == {"+61": 5, "+62": 1, "+63": 5, SLOW: 3, "2758": 5}


def test_replies_go_first_and_each_kind_in_its_order(store: Store) -> None:
    queue(store, 10, kind=Kind.ANNOUNCEMENT)
    queue(store, 12, kind=Kind.ALERT, first=100)
    assert [row.body for row in claim(store)] == [f"alert {i}" for i in range(100, 110)]
    pass_time(store, 4)
    assert [row.body for row in claim(store)] == ["announcement 0", "announcement 1", "alert 110", "alert 111"]


def test_a_paced_number_is_not_claimed_while_it_answers(store: Store) -> None:
    drafts = [Draft(Kind.NOTICE, "x", number, "+62812", "Halo", 4, "id", "t") for number in (SLOW, FREE, SLOW)]
    with store.write() as connection:
        claimed = outbox.queue_claimed(connection, drafts, "mine", TEN)
    assert numbers(claimed) == {FREE: 1}
    assert numbers(claim(store)) == {SLOW: 2}


def test_a_clock_that_was_put_back_silences_nobody(store: Store) -> None:
    queue(store, 30)
    assert len(claim(store)) == 10
    with store.write() as connection:
        connection.execute(update(sender_pace).values(free_at=sender_pace.c.free_at + 7_200_000_000_000))
    assert claim(store) == []
    with store.write() as connection:
        connection.execute(update(sender_pace).values(free_at=db_now() * 1000 + 10**15))
    queue(store, 1, FREE)
    assert numbers(claim(store)) == {FREE: 1}
    fast = Terms((Pace(SLOW, 1_000_000.0, burst=5),))
    assert [len(claim(store, fast)) for _ in range(5)][-1] <= 5


def test_what_has_to_wait_is_rung_for_in_time(store: Store) -> None:
    queue(store, 11)
    waits: list[float] = []
    with ThreadPoolExecutor(1) as pool:
        verb = SendVerb(store, {"x": Scripted()}, pool, terms=TEN, later=waits.append)
        verb(64)
    assert len(waits) == 1
    assert 3500 < waits[0] <= 3600
    with store.write() as connection:
        connection.execute(update(outbound).values(state="accepted"))
    verb(64)
    assert len(waits) == 1


class Counting:
    def __init__(self) -> None:
        self.rung: list[str] = []

    def ring(self, verb: str) -> None:
        self.rung.append(verb)

    call = hold = lift = ring


def test_a_wish_rings_once_and_may_be_told_again() -> None:
    bell = Counting()
    later = Later(bell, "send")
    later(0)
    wait_until(lambda: bell.rung == ["send"])
    later(0)
    wait_until(lambda: bell.rung == ["send", "send"])


def test_a_wish_that_stands_is_not_doubled() -> None:
    bell = Counting()
    later = Later(bell, "send")
    later(3600)
    later(0)
    assert bell.rung == []


@pytest.mark.parametrize("url", ["sqlite_url", "postgresql_url"])
def test_the_gateway_answers_all_in_their_order_at_the_pace(
    request: pytest.FixtureRequest, url: str, redis_url: str
) -> None:
    database = request.getfixturevalue(url)
    changes = {"database_url": database, "redis_url": redis_url, "data_key": KEY.hex()}
    settings = twilio.settings(**changes, twilio_api_url="http://127.0.0.1:1", pace=f"{twilio.NUMBER}=0.01")
    with gateway(settings) as gate:
        for i in range(3):
            gate.receive("BANTUAN", f"+6281200000{i:03}")
            gate.work.answer()
        with gate.services.store.read() as connection:
            found = list(connection.execute(select(outbound.c.state, outbound.c.attempts).order_by(outbound.c.id)))
    assert [row.attempts for row in found] == [1, 0, 0]
    assert [row.state for row in found][1:] == ["queued", "queued"]


def test_the_setting() -> None:
    assert Settings.model_validate({"pace": "+622150000000=10, 2757=0.5"}).pace == {FREE: 10.0, SLOW: 0.5}
    assert Settings.model_validate({"pace": ""}).pace == {}


@pytest.mark.parametrize("pace", ["2757", "2757=", "2757=0", "2757=-1", "2757=fast", "=3", "2757=1=2", "2757=1e9"])
def test_a_pace_that_cannot_be_kept_says_so(pace: str) -> None:
    with pytest.raises(ValueError, match="pace"):
        Settings.model_validate({"pace": pace})


def wait_of(store: Store, free_at: Any) -> int | None:
    with store.write() as connection:
        connection.execute(insert(sender_pace).values(number=SLOW, free_at=free_at))
    with store.read() as connection:
        return outbox.wait_ms(connection, TEN)


def test_a_free_number_has_nothing_to_wait_for(store: Store) -> None:
    queue(store, 1)
    assert wait_of(store, 0) == 0
