"""The sums of the log: each equals what the log lists under the same filters; delays, backlog and unread texts."""

from itertools import pairwise

import pytest
from sqlalchemy import func, insert, select, update

from smsgw.messages import states
from smsgw.messages.log import Filters, everything
from smsgw.messages.log.backlog import Waiting, backlog
from smsgw.messages.log.delays import Spread, delays, spread
from smsgw.messages.log.sums import FAILING, Sums, sums
from smsgw.messages.log.unread import unread
from smsgw.messages.tables import inbound, outbound, outbound_event
from smsgw.store import Store, db_now
from tests.support import past

COUNT = 1_200
STEP = 3_600_000
END = past.LAST_MS + 1
TIMES = [END - STEP * (3 - n) for n in range(4)]  # over all, the oldest slot is not full
ALL = [0, END + STEP]  # our own are queued a little later than what they are about


@pytest.fixture
def log(store: Store) -> Store:
    """A store with a past of some hours, in which one message failed with an apology and one without."""
    assert [*past.write(store, past.Past(store.cipher, COUNT, phones=40))][-1] == COUNT
    with store.write() as connection:
        sorry = {"state": "failed", "reason": "handler", "keyword": None}
        connection.execute(update(inbound).where(inbound.c.id == COUNT - 9).values(**sorry))
        connection.execute(
            update(inbound).where(inbound.c.id == COUNT - 8).values(state="failed", reason="handler", keyword=None)
        )
        replies = outbound.c.inbound_id
        connection.execute(update(outbound).where(replies == COUNT - 9).values(kind="apology", state="delivered"))
        connection.execute(outbound.delete().where(replies == COUNT - 8))
        queued = {"state": "queued", "error_code": None}
        connection.execute(update(outbound).where(replies.in_([5, COUNT - 20, COUNT - 30])).values(**queued))
        connection.execute(update(outbound).where(replies == COUNT - 40).values(state="sending", claimed_at=1))
    return store


def listed(store: Store, since: int, until: int, **wanted: str) -> int:
    return len([*everything(store, Filters(since_ms=since, until_ms=until, **wanted))])


def seen(found: Sums) -> dict[str, list[int]]:
    own = {"received": found.waiting, "suppressed": found.suppressed, "handler_failed": found.failed}
    return own | found.by_state


@pytest.mark.parametrize("times", [TIMES, ALL], ids=["slots", "all"])
def test_every_state_is_as_often_as_the_log_lists_it(log: Store, times: list[int]) -> None:
    for state, counts in seen(sums(log, times)).items():
        assert counts == [listed(log, *ends, state=state) for ends in pairwise(times)], state


def test_what_came_is_every_inbound(log: Store) -> None:
    found = sums(log, TIMES)
    exchanges = [
        len([one for one in everything(log, Filters(since_ms=low, until_ms=high)) if one.side == "in"])
        for low, high in pairwise(TIMES)
    ]
    assert found.came == exchanges
    assert sum(exchanges) == COUNT


def test_words_codes_and_reasons_are_as_often_as_the_log_lists_them(log: Store) -> None:
    found = sums(log, TIMES)
    whole = TIMES[0], TIMES[-1]
    assert found.words
    assert found.codes
    assert found.why
    for word, count in found.words.items():
        assert count == listed(log, *whole, keyword=word or "-"), word
    for (code, state), count in found.codes.items():
        assert count == listed(log, *whole, error_code=code, state=state), (code, state)
    for why, count in found.why.items():
        assert count == listed(log, *whole, why=why, state="suppressed"), why


def test_a_reply_that_was_sent_again_counts_once_by_its_newest_row(log: Store) -> None:
    with log.read() as connection:
        assert connection.scalar(select(func.count()).where(outbound.c.resend_no == 1))
    sent = [one for one in everything(log, Filters()) if one.reply is not None]
    assert sum(sums(log, ALL).of(*states.TRANSITIONS)) == len(sent)


def test_an_empty_log_has_no_sums(store: Store) -> None:
    found = sums(store, TIMES)
    assert (found.came, found.of(*FAILING)) == ([0, 0, 0], [0, 0, 0])
    assert (found.words, found.codes, found.why) == ({}, {}, {})
    assert delays(store, TIMES).to_carrier.whole is None
    assert unread(store, 0, END) == []
    assert [(one.count, one.age_ms) for one in backlog(store)] == [(0, None)] * 4


@pytest.mark.parametrize(
    ("found", "said"),
    [([], None), ([7], Spread(7, 7)), ([2, 1], Spread(1, 2)), ([*range(1, 101)], Spread(50, 95))],
)
def test_a_spread_is_by_nearest_rank(found: list[int], said: Spread | None) -> None:
    assert spread(found) == said


def tell(store: Store, inbound_id: int, state: str, after_ms: int) -> None:
    with store.write() as connection:
        row = connection.execute(
            outbound.select()
            .with_only_columns(outbound.c.id, inbound.c.received_at)
            .join(inbound, inbound.c.id == outbound.c.inbound_id)
            .where(outbound.c.inbound_id == inbound_id, outbound.c.kind == "reply", outbound.c.resend_no == 0)
        ).one()
        step = {"from_state": "sending", "to_state": state, "cause": "call", "cause_key": f"call:{state}"}
        at = row.received_at + after_ms
        connection.execute(insert(outbound_event).values(outbound_id=row.id, at=at, last_at=at, **step))


def test_delays_run_from_the_inbound_on(log: Store) -> None:
    answered = [one.id for one in everything(log, Filters()) if one.side == "in" and one.state == "answered"][:100]
    for n, number in enumerate(answered, 1):
        tell(log, number, "accepted", n * 10)
        tell(log, number, "delivered", n * 100)
    found = delays(log, TIMES)
    assert (found.to_carrier.whole, found.to_handset.whole) == (Spread(500, 950), Spread(5_000, 9_500))
    assert (found.to_carrier.replies, found.sampled) == (100, False)
    assert found.to_carrier.by_slot[0] is None
    part = delays(log, TIMES, sample=60)
    assert part.sampled
    assert 0 < part.to_carrier.replies < 60


def test_the_backlog_tells_the_oldest_of_each(log: Store) -> None:
    with log.write() as connection:
        connection.execute(update(inbound).where(inbound.c.state == "received").values(received_at=db_now() - 60_000))
        connection.execute(update(outbound).where(outbound.c.state == "queued").values(created_at=db_now() - 5_000))
    found = {one.state: one for one in backlog(log)}
    assert [*found] == ["received", "queued", "sending", "unknown"]
    assert found["received"].count == 3
    assert found["queued"].count == 3
    assert 60_000 <= (found["received"].age_ms or 0) < 120_000
    assert 5_000 <= (found["queued"].age_ms or 0) < 60_000
    assert found["sending"] == Waiting("sending", 1, found["sending"].age_ms)


def test_unread_texts_are_those_that_were_answered_without_a_keyword(log: Store) -> None:
    texts = unread(log, 0, END)
    wanted = [one for one in everything(log, Filters(keyword="-")) if one.state == "answered"]
    assert [text.id for text in texts] == [one.id for one in wanted]
    assert {text.body for text in texts} == {one.body for one in wanted}
    assert len({text.phone for text in texts}) == len({one.phone for one in wanted})
    assert len(unread(log, 0, END, most=10)) <= 10
    assert [text for text in unread(log, TIMES[1], TIMES[2]) if not TIMES[1] <= text.at < TIMES[2]] == []
