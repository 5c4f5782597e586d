"""The log as it is listed: each filter finds just what a look at every row finds, in pages, on both databases."""

import random
from collections.abc import Iterator
from dataclasses import asdict, fields, replace
from itertools import pairwise
from typing import Any

import pytest

from smsgw.messages.log import STATES, Cut, Entry, Filters, everything, page, stand
from smsgw.store import Store
from tests.support import past

COUNT = 1_200
AT = past.LAST_MS - COUNT * 8_000 // 2


@pytest.fixture
def log(store: Store) -> Store:
    """A store with a past of some hours."""
    assert [*past.write(store, past.Past(store.cipher, COUNT, phones=40))][-1] == COUNT
    return store


def wanted(entry: Entry, filters: Filters) -> bool:
    """The plain meaning of the filters."""
    reply = entry.reply
    told = {
        "phone": entry.phone,
        "number": entry.number,
        "carrier": entry.carrier,
        "why": entry.reason,
        "error_code": reply.error_code if reply else None,
        "keyword": entry.keyword or ("-" if entry.side == "in" and entry.state != "received" else None),
    }
    states = {reply.state} if reply else set()
    if entry.state == "failed":
        states.add("handler_failed")
    elif entry.state:
        states.add(entry.state)
    text = f"{entry.body}\n{reply.body if reply else ''}".lower()
    return (
        all(value is None or told[name] == value for name, value in asdict(filters).items() if name in told)
        and (filters.state is None or filters.state in states)
        and (filters.since_ms or 0) <= entry.at < (filters.until_ms or past.LAST_MS * 2)
        and (filters.text or "").lower() in text
    )


ONE: dict[str, list[Any]] = {
    "since_ms": [AT],
    "until_ms": [AT, 5],
    "phone": [past.phone(7), past.phone(999)],
    "number": [past.member(7), past.member(3), "99000000999"],
    "state": [*STATES],
    "keyword": ["JHT", "SIMULASI", "-", "KANTOR"],
    "carrier": ["twilio", "kannel", "none"],
    "error_code": ["30003", "30034", "99999"],
    "why": ["limit", "own_number", "none"],
    "text": [past.NEEDLE, "saldo jht ANDA per 5", "%"],
}


def cases() -> Iterator[Filters]:
    for name, values in ONE.items():
        yield from (Filters(**{name: value}) for value in values)
    chance = random.Random(7)
    for _ in range(60):
        names = chance.sample([*ONE], chance.choice([2, 2, 3]))
        yield Filters(**{name: chance.choice(ONE[name]) for name in names})


def test_every_filter_finds_what_a_look_at_every_row_finds(log: Store) -> None:
    whole = [*everything(log, Filters())]
    assert len({entry.key for entry in whole}) == len(whole) > COUNT
    for filters in cases():
        found = [entry.key for entry in everything(log, filters)]
        assert found == [entry.key for entry in whole if wanted(entry, filters)], filters


def test_the_rows_are_listed_by_time(log: Store) -> None:
    times = [entry.at for entry in everything(log, Filters())]
    assert times == sorted(times, reverse=True)
    assert {entry.side for entry in page(log, Filters()).entries} == {"in", "out"}


@pytest.mark.parametrize("filters", [Filters(), Filters(state="undelivered"), Filters(text="saldo")])
def test_pages_down_and_up_again_are_the_same(log: Store, filters: Filters) -> None:
    pages = [page(log, filters, size=20)]
    while pages[-1].more:
        pages.append(page(log, filters, pages[-1].older, size=20))
    for above, below in pairwise(pages):
        again = page(log, filters, below.newer, upwards=True, size=20)
        assert again.entries == above.entries
        assert again.more is (above is not pages[0])


def test_where_time_runs_out_a_page_says_how_far_it_looked(log: Store) -> None:
    filters, steps = Filters(text=past.NEEDLE), []
    one = page(log, filters, budget_s=0)
    while not one.entries:
        assert one.searched_to_ms is not None
        assert one.more
        steps.append(one.searched_to_ms)
        one = page(log, filters, one.older, budget_s=0)
    assert [entry.body for entry in one.entries] == [past.NEEDLE]
    assert steps == sorted(steps, reverse=True)
    assert len(steps) > 1
    with_budget = page(log, filters, budget_s=60)
    assert ([entry.id for entry in with_budget.entries], with_budget.searched_to_ms) == ([1], None)


def test_a_resent_reply_is_listed_by_what_came_of_it_last(log: Store) -> None:
    (resent,) = [entry for entry in everything(log, Filters()) if entry.reply and entry.reply.resend_no]
    assert (resent.id, resent.reply and resent.reply.state) == (997, "delivered")


def test_a_cut_is_written_and_read() -> None:
    for cut in (Cut(), Cut(5, 0), Cut(2**40, 17)):
        assert Cut.read(str(cut)) == cut
    for wrong in ("", "5", "5-x", "-1-5", "1-2-3", f"{2**70:x}-1"):
        with pytest.raises(ValueError):  # noqa: PT011 - whatever the sentence
            Cut.read(wrong)


def test_the_cursor_of_the_live_list_changes_with_any_row(log: Store) -> None:
    entries = page(log, Filters()).entries
    assert stand(entries) == stand(page(log, Filters()).entries)
    at = next(i for i, entry in enumerate(entries) if entry.reply)
    reply = entries[at].reply
    assert reply is not None
    changed = [*entries[:at], replace(entries[at], reply=replace(reply, state="failed")), *entries[at + 1 :]]
    assert len({stand(entries), stand(entries[1:]), stand(changed)}) == 3


def test_no_filter_at_all() -> None:
    assert not Filters().any
    assert all(Filters(**{one.name: ONE[one.name][0]}).any for one in fields(Filters))
