"""Spending: no more messages leave in a day than may, whoever claims them; the last fifth is kept for who asked."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import select, update

from smsgw.cli.checks import all_checks
from smsgw.config import Settings
from smsgw.gateway.send import SendVerb
from smsgw.messages import outbox, spending, states
from smsgw.messages.outbox import Mark
from smsgw.messages.pacing import Pace
from smsgw.messages.rows import Draft, Kind, OutboundRow
from smsgw.messages.tables import daily_sends, outbound
from smsgw.messages.terms import Terms
from smsgw.store import Store, db_now
from tests.conftest import KEY
from tests.support import twilio
from tests.support.gateway import gateway

TEN = Terms(per_day=10)


def drafts(n: int, kind: Kind = Kind.ALERT) -> list[Draft]:
    return [Draft(kind, "x", "2757", f"+62812{i:08}", kind, 6, "id", "t") for i in range(n)]


def queue(store: Store, n: int, kind: Kind = Kind.ALERT) -> None:
    with store.write() as connection:
        outbox.queue(connection, drafts(n, kind))


def claim(store: Store, terms: Terms = TEN, limit: int = 64) -> list[OutboundRow]:
    with store.write() as connection:
        return outbox.claim(connection, "mine", limit, terms)


def queue_claimed(store: Store, n: int, terms: Terms = TEN) -> list[OutboundRow]:
    with store.write() as connection:
        return outbox.queue_claimed(connection, drafts(n), "mine", terms)


def kinds(rows: list[OutboundRow]) -> dict[str, int]:
    return dict(Counter(row.body for row in rows))


def sent(store: Store) -> int:
    with store.read() as connection:
        return spending.sent_today(connection)


def next_day(store: Store) -> None:
    with store.write() as connection:
        connection.execute(update(daily_sends).values(day=daily_sends.c.day - 1))


def test_a_full_day_stops_everything_until_the_next(store: Store) -> None:
    queue(store, 25)
    assert [len(claim(store, limit=4)) for _ in range(5)] == [4, 4, 2, 0, 0]
    assert queue_claimed(store, 2) == []
    assert sent(store) == 10
    next_day(store)
    assert (sent(store), len(claim(store)), len(claim(store)), sent(store)) == (0, 8, 2, 10)


def test_the_last_fifth_is_for_who_asked(store: Store) -> None:
    queue(store, 9, Kind.ANNOUNCEMENT)
    queue(store, 9, Kind.NOTICE)
    assert kinds(claim(store)) == {"notice": 8}
    assert claim(store) == []
    queue(store, 5)
    assert kinds(claim(store)) == {"alert": 2}
    next_day(store)
    assert kinds(claim(store)) == {"alert": 3, "notice": 1, "announcement": 4}


def test_an_answer_is_claimed_as_far_as_there_is_room(store: Store) -> None:
    assert len(queue_claimed(store, 7)) == 7
    assert len(queue_claimed(store, 7)) == 3
    with store.read() as connection:
        states = Counter(connection.scalars(select(outbound.c.state)))
    assert (states, sent(store)) == ({"sending": 10, "queued": 4}, 10)


def test_what_is_tried_again_counts_once(store: Store) -> None:
    queue(store, 3)
    for _ in range(4):
        claimed = claim(store)
        with store.write() as connection:
            outbox.mark(connection, "mine", [Mark(row.id, states.QUEUED) for row in claimed])
    assert sent(store) == 3


def test_what_is_given_back_is_not_counted(store: Store) -> None:
    queue(store, 3)
    stopping = Event()
    stopping.set()
    for _ in range(4):
        with ThreadPoolExecutor(1) as pool:
            SendVerb(store, {}, pool, terms=TEN, stopping=stopping).hand_over("mine", claim(store))
    assert sent(store) == 0


def test_many_claimers_together_do_not_go_beyond_it(store: Store) -> None:
    queue(store, 60)

    def work(turn: int) -> int:
        return len(queue_claimed(store, 2) if turn % 3 == 0 else claim(store, limit=3))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(60))) == 10
    assert sent(store) == 10


def test_the_pace_is_kept_too(store: Store) -> None:
    queue(store, 60)
    terms = Terms((Pace("2757", 1 / 3600, burst=6),), per_day=10)
    assert [len(claim(store, terms)) for _ in range(2)] == [6, 0]
    assert sent(store) == 6


def test_a_full_day_does_not_ring_for_its_pace(store: Store) -> None:
    queue(store, 60)
    terms = Terms((Pace("2757", 1 / 3600, burst=6),), per_day=6)
    assert sum(len(claim(store, terms)) for _ in range(2)) == 6
    with store.read() as connection:
        assert outbox.wait_ms(connection, terms) is None


def test_without_a_bound_nobody_counts(store: Store) -> None:
    queue(store, 5)
    assert (len(claim(store, Terms())), len(queue_claimed(store, 2, Terms())), sent(store)) == (5, 2, 0)


def reached(store: Store) -> int | None:
    with store.write() as connection:
        return spending.newly_reached(connection, 10)


def test_each_level_is_told_once_by_one_of_many(store: Store) -> None:
    queue(store, 20)
    assert reached(store) is None
    claim(store, limit=8)
    with ThreadPoolExecutor(6) as pool:
        assert [level for level in pool.map(lambda _: reached(store), range(6)) if level] == [spending.NEARLY]
    claim(store)
    with ThreadPoolExecutor(6) as pool:
        assert [level for level in pool.map(lambda _: reached(store), range(6)) if level] == [spending.FULL]


def test_the_day_begins_at_midnight_in_western_indonesia(store: Store) -> None:
    with store.write() as connection:
        day = spending.today(connection)
        now_ms = connection.scalar(select(db_now()))
    assert now_ms is not None
    assert day.number == (now_ms + 7 * 3_600_000) // 86_400_000


@pytest.mark.parametrize("url", ["sqlite_url", "postgresql_url"])
def test_an_operator_sees_it(
    request: pytest.FixtureRequest, url: str, redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    changes = {"database_url": request.getfixturevalue(url), "redis_url": redis_url, "data_key": KEY.hex()}
    settings = twilio.settings(**changes, twilio_api_url="http://127.0.0.1:1", sends_per_day=1)
    with gateway(settings) as gate:
        gate.receive("BANTUAN")
        gate.receive("BANTUAN", "+6281200000002")
        gate.work.answer()
        for _ in range(2):
            gate.work.sweep()
        lines = gate.client.get("/metrics").get_data(as_text=True).splitlines()
        with gate.services.store.read() as connection:
            attempts = [*connection.scalars(select(outbound.c.attempts).order_by(outbound.c.id))]
    assert {"smsgw_sends_today 1.0", "smsgw_sends_per_day 1.0"} <= set(lines)
    assert sorted(attempts) == [0, 1]
    assert capsys.readouterr().err.count('"event": "day_full"') == 1
    steps = {finding.what: finding.next_step for finding in all_checks(settings)}
    assert "SMSGW_SENDS_PER_DAY" in steps["1 of 1 messages of today have left"]


def test_the_setting_is_a_number(settings: Callable[..., Settings]) -> None:
    assert settings().sends_per_day == 0
    with pytest.raises(ValueError, match="sends_per_day"):
        settings(sends_per_day=-1)
