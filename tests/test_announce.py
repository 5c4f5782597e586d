"""The yearly balance: who is told, once a year, how fast, and that a call goes on where the last one stopped."""

from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from smsgw.gateway.announce import Call, balances
from smsgw.gateway.notices import Sender
from smsgw.keywords import load_registry, measure
from smsgw.members.binding import bind
from smsgw.members.demo import DEMO_PEOPLE, populate
from smsgw.members.directory import IDLE_MS
from smsgw.members.tables import memberships, phones_on_record
from smsgw.messages.tables import contact, outbound
from smsgw.store import Store, db_now
from tests.support.transcript import NOW_MS, RULES

SENDER = Sender(load_registry(), RULES, "twilio", "+622150000000")
SITI, JOKO, RINA = DEMO_PEOPLE[:3]
YEAR_MS = 365 * 86_400_000
DAY_MS = 86_400_000


@pytest.fixture
def bound(store: Store) -> Store:
    """A store in which everybody of the menu has bound the phone; one of them has no JHT."""
    populate(store, 300, 1)
    with store.write() as connection:
        for one in DEMO_PEOPLE:
            bind(connection, one.phone, one.number, NOW_MS)
    return store


def rows(store: Store) -> list[Any]:
    with store.read() as connection:
        return list(connection.execute(select(outbound).order_by(outbound.c.id)))


def announce(store: Store, call: Call = Call(60), now_ms: int = NOW_MS) -> Any:  # noqa: B008 - frozen
    return balances(store, SENDER, call, now_ms)


def test_every_bound_account_is_told_once_a_year(bound: Store) -> None:
    done = announce(bound)
    assert (done.queued, done.told_before, done.segments) == (8, 0, 8)
    assert {row.to_phone for row in rows(bound)} == {one.phone for one in DEMO_PEOPLE[:-1]}
    again = announce(bound)
    assert (again.queued, again.told_before) == (0, 8)
    with bound.write() as connection:
        for one in DEMO_PEOPLE:
            bind(connection, one.phone, one.number, NOW_MS + YEAR_MS)
    assert announce(bound, now_ms=NOW_MS + YEAR_MS).queued == 8


def test_the_words(bound: Store) -> None:
    with bound.write() as connection:
        english = {"phone": JOKO.phone, "language": "en", "updated_at": db_now()}
        connection.execute(insert(contact).values(english))
    announce(bound)
    siti, joko = (next(row for row in rows(bound) if row.to_phone == one.phone) for one in (SITI, JOKO))
    assert siti.body == (
        "Saldo JHT Anda Rp23.451.200 per 31-10-2025 (180*****345), termasuk hasil pengembangan 2025 Rp982.300. "
        "Rincian: ketik MUTASI. Tak mau SMS: BERHENTI"
    )
    assert joko.body == (
        "Your JHT balance: Rp41,870,500 on 31 Oct 2025 (990*****012). Yearly note of BPJS Ketenagakerjaan. "
        "Check: send SALDO. No more SMS: BERHENTI"
    )
    assert (siti.kind, siti.priority, siti.template) == ("announcement", 9, "jht.yearly")
    assert all((measure(row.body).encoding, measure(row.body).segments) == ("GSM-7", 1) for row in rows(bound))


def test_a_dry_run_queues_nothing_and_says_what_would_be(bound: Store) -> None:
    done = announce(bound, Call(60, dry=True))
    assert (done.queued, done.segments, rows(bound)) == (8, 8, [])
    assert done.sample is not None
    assert SITI.number not in done.sample.body


def test_it_goes_on_where_it_stopped_and_keeps_the_pace(bound: Store) -> None:
    first = announce(bound, Call(6, limit=3))
    second = announce(bound, Call(6))
    assert (first.queued, second.queued, second.told_before) == (3, 5, 3)
    due = [row.next_attempt_at for row in rows(bound)]
    assert due == sorted(due)
    assert all(9_000 <= later - before <= 11_000 for before, later in pairwise(due))
    lives = [row.expires_at - row.next_attempt_at for row in rows(bound)]  # the clock is looked at once for each
    assert all(abs(life - 7 * DAY_MS) < 1_000 for life in lives), lives


def test_nobody_is_told_who_should_not_be(bound: Store) -> None:
    with bound.write() as connection:
        out = {"phone": SITI.phone, "opted_out_at": db_now(), "updated_at": db_now()}
        connection.execute(insert(contact).values(out))
        dead = update(memberships).where(memberships.c.number == JOKO.number).values(status="MENINGGAL")
        connection.execute(dead)
    done = announce(bound)
    assert (done.queued, done.opted_out) == (6, 1)
    assert not {SITI.phone, JOKO.phone} & {row.to_phone for row in rows(bound)}


def test_a_binding_at_rest_is_not_told(bound: Store) -> None:
    assert announce(bound, now_ms=NOW_MS + IDLE_MS + 1).queued == 0


def test_phones_on_record_are_told_when_asked_and_nobody_elses(store: Store) -> None:
    populate(store, 300, 1)
    assert announce(store).queued == 0
    with store.write() as connection:
        # RINA's phone is on JOKO's record too: it may be their employer's.
        joko = select(memberships.c.id).where(memberships.c.number == JOKO.number).scalar_subquery()
        connection.execute(insert(phones_on_record).values(phone=RINA.phone, membership_id=joko))
    announce(store, Call(6_000, on_record=True))
    heard = [row.to_phone for row in rows(store)]
    assert {SITI.phone, JOKO.phone} <= set(heard)
    assert RINA.phone not in heard
    assert len(heard) > 50
    assert len({row.notice_key for row in rows(store)}) == len(heard)
