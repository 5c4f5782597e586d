"""The dashboard: its numbers against a known set, its links against the log, its clusters without anybody's name."""

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from html import unescape
from typing import Literal

import pytest
from sqlalchemy import insert, update

from smsgw.console.chart import lines, nice, stacked
from smsgw.console.clusters import HIDDEN, clusters, shape
from smsgw.console.dashboard import gather
from smsgw.console.look import ZONES
from smsgw.console.spans import SPANS, Span
from smsgw.messages.log.backlog import Waiting
from smsgw.messages.log.unread import Text
from smsgw.messages.tables import inbound, outbound, outbound_event
from smsgw.services import Services
from smsgw.simulator.serving import serving
from smsgw.store import Store
from smsgw.web.app import create_app
from tests.support import past
from tests.support.axe import Findings
from tests.support.browser import NARROW, WIDE, Look
from tests.support.console import Browser, Console, console_over
from tests.support.payloads import MARK, PAYLOADS, fill
from tests.test_console_browser import sign_in, width_of

COUNT = 400
JAN_1 = 1_767_225_600_000  # 2026-01-01 00.00 UTC, 07.00 WIB
MINUTE, HOUR = 60_000, 3_600_000


def texts(*rows: tuple[int, str]) -> list[Text]:
    """Texts of these phones, folded already, the newest last."""
    return [Text(n, n, str(phone).encode(), folded, folded) for n, (phone, folded) in enumerate(rows, 1)][::-1]


SHAPES = [
    ("CEK SALDO SAYA", "CEK SALDO …"),
    ("CEK 18050012345", "CEK 99999999999"),
    ("BUDI SANTOSO MINTA SALDO", "… SALDO"),
    ("1/2/1990", "9 9999"),
    ("???", ""),
]


@pytest.mark.parametrize(("folded", "said"), SHAPES)
def test_a_shape_has_no_digit_and_no_rare_word(folded: str, said: str) -> None:
    assert " ".join(shape(folded, {"CEK", "SALDO"})) == said


def test_a_word_is_shown_once_three_phones_wrote_it() -> None:
    rows = [(n, f"DUIT SAYA {name}") for n, name in enumerate(("ANI", "BUDI", "CICI"))]
    two = [(n, "UANG JOKO") for n in (7, 8, 8, 8)]
    found = clusters(texts(*rows, *two), frozenset())
    assert [(one.shape, one.count, one.phones, one.word) for one in found] == [
        (HIDDEN, 4, 2, None),
        (f"DUIT SAYA {HIDDEN}", 3, 3, "DUIT"),
    ]
    assert [text.folded for text in found[1].examples] == ["DUIT SAYA CICI", "DUIT SAYA BUDI"]


TIMES = [
    ("hour", JAN_1 + 12 * MINUTE, "WIB", JAN_1 + 15 * MINUTE, "07.10"),
    ("day", JAN_1 + 12 * MINUTE, "WIB", JAN_1 + HOUR, "07.00"),
    ("week", JAN_1, "WIB", JAN_1 + 5 * HOUR, "1 Jan 06.00"),
    ("month", JAN_1, "WIB", JAN_1 + 17 * HOUR, "1 Jan"),
    ("month", JAN_1, "WIT", JAN_1 + 15 * HOUR, "1 Jan"),
]


@pytest.mark.parametrize(("name", "now", "zone", "end", "label"), TIMES)
def test_slots_begin_with_the_clock(name: str, now: int, zone: str, end: int, label: str) -> None:
    span: Span = SPANS[name]
    times = span.times(now, ZONES[zone])
    assert (len(times), times[-1]) == (span.count + 1, end)
    assert times[-2] <= now < times[-1]
    assert span.label(times[-2], ZONES[zone], ["Jan"], ".") == label


@pytest.mark.parametrize(
    ("largest", "top"), [(0, 2), (2, 2), (3, 4), (9, 10), (10, 10), (11, 20), (61, 80), (801, 1000)]
)
def test_an_axis_ends_in_a_round_number(largest: int, top: int) -> None:
    assert nice(largest) == top


def test_bars_stand_on_one_another_and_lines_break_at_gaps() -> None:
    drawn = stacked({"good": [1, 0], "bad": [1, 4]})
    assert [(bar.tone, bar.y, bar.height) for bar in drawn.bars] == [
        ("good", 120, 40),
        ("bad", 80, 40),
        ("bad", 0, 160),
    ]
    (line,) = lines({"act": [1, 2, None, 2]}).lines
    assert line.path == "M37.5 80.0L75.0 80.0L225.0 0.0L262.5 0.0M487.5 0.0L525.0 0.0L562.5 0.0"


@pytest.fixture
def console(console_services: Services, store: Store, redis_url: str) -> Iterator[Console]:
    """A console over each database, with a past whose newest message came two minutes ago."""
    write_past(store)
    with console_over(console_services, store) as opened:
        yield opened


@pytest.fixture
def full(console_services: Services, sqlite_store: Store, redis_url: str) -> Iterator[Console]:
    """The same over SQLite alone."""
    write_past(sqlite_store)
    with console_over(console_services, sqlite_store) as opened:
        yield opened


def write_past(store: Store) -> None:
    assert [*past.write(store, past.Past(store.cipher, COUNT, phones=40))][-1] == COUNT
    moved = time.time_ns() // 1_000_000 - past.LAST_MS - 2 * MINUTE
    with store.write() as connection:
        connection.execute(update(inbound).values(received_at=inbound.c.received_at + moved))
        connection.execute(update(outbound).values(created_at=outbound.c.created_at + moved))


def numbers(html: str) -> list[tuple[str, int]]:
    """Each number that leads to the log, with its address."""
    found = re.findall(r'<a href="/console/messages(\?[^"]*)?"[^>]*>(\d{1,3}(?:\.\d{3})*)</a>', html)
    return [(unescape(address), int(text.replace(".", ""))) for address, text in found]


def listed(browser: Browser, address: str) -> int:
    """How many rows the log lists under an address, page by page."""
    rows, path = 0, f"/messages{address}"
    while path:
        html = browser.get(path).text
        rows += html.count("<tr data-row")
        older = re.search(r'href="/console(/messages\?[^"]*below=[^"]*)"', html)
        path = unescape(older[1]) if older else ""
    return rows


@pytest.mark.parametrize("span", ["hour", "day"])
def test_each_number_is_that_of_the_rows_it_leads_to(console: Console, span: str) -> None:
    browser = console.signed_in("viewer")
    html = browser.get(f"?span={span}").text
    found = numbers(html.split('<h2 id="unread">')[0])
    assert len(found) > 20
    for address, number in found[:: 3 if span == "day" else 1]:
        if "since" in address and "state" not in address and "keyword" not in address and "error" not in address:
            assert listed(browser, address) >= number, address  # our own are listed there too
        else:
            assert listed(browser, address) == number, address


def test_speed_failures_and_spend_are_told(console: Console) -> None:
    with console.services.store.write() as connection:
        rows = connection.execute(
            outbound.select().where(outbound.c.kind == "reply").order_by(outbound.c.id.desc()).limit(9)
        )
        for row in rows.all():
            for state, after in (("accepted", 400), ("delivered", 2_500)):
                came = connection.execute(inbound.select().where(inbound.c.id == row.inbound_id)).one().received_at
                step = {"from_state": "sending", "to_state": state, "cause": "call", "cause_key": state}
                at = {"at": came + after, "last_at": came + after}
                connection.execute(insert(outbound_event).values(outbound_id=row.id, **at, **step))
    html = console.signed_in("viewer").get("").text
    assert "400 ms" in html
    assert "2,5 dtk" in html
    assert "30003" in html
    assert "Biaya kirim" not in html  # no price is set


def test_spend_is_told_where_there_is_a_price(console: Console) -> None:
    priced = console.services.settings.model_copy(update={"segment_price": Decimal(435)})
    services = replace(console.services, settings=priced)
    found = gather(services, SPANS["day"], SPANS["day"].times(time.time_ns() // 1_000_000, ZONES["WIB"]))
    taken = sum(sum(found.sums.by_state[state]) for state in ("accepted", "sent", "delivered", "undelivered"))
    assert found.spend == taken * 435 > 0
    html = Console(services).signed_in("viewer").get("").text
    assert f"Rp{taken * 435:,}".replace(",", ".") in html


AGES = [("received", 61_000, True), ("received", 59_000, False), ("sending", 61_000, True), ("queued", 9**9, False)]


@pytest.mark.parametrize(("state", "age_ms", "late"), AGES)
def test_whoever_waits_too_long_is_told_of(console: Console, state: str, age_ms: int, late: bool) -> None:
    times = SPANS["hour"].times(time.time_ns() // 1_000_000, ZONES["WIB"])
    found = gather(console.services, SPANS["hour"], times)
    assert replace(found, waiting=[Waiting(state, 1, age_ms)]).is_late is late


def test_an_empty_span_teaches(console: Console) -> None:
    with console.services.store.write() as connection:
        connection.execute(update(inbound).values(received_at=1))
        connection.execute(update(outbound).values(created_at=1))
    html = console.signed_in("viewer").get("?span=hour").text
    assert "Belum ada SMS dalam rentang ini" in html
    assert console.signed_in("viewer", "lain").get("?span=nonsense").status_code == 200


def test_hostile_texts_that_were_not_understood_are_harmless(console: Console) -> None:
    store, now = console.services.store, time.time_ns() // 1_000_000
    with store.write() as connection:
        for table in (outbound_event, outbound, inbound):
            connection.execute(table.delete())
    fill(store)
    with store.write() as connection:
        for n, text in enumerate(PAYLOADS, 1):
            told = text.encode("utf-8", "replace").decode().replace("\0", "")
            values = {"received_at": now - 60 * MINUTE + n, "keyword": None, "folded": told.upper()}
            connection.execute(update(inbound).where(inbound.c.id == n).values(**values))
    html = console.signed_in("admin").get("").text
    assert MARK in html
    assert "<script>pwn" not in html
    assert "\u202e" not in html


@pytest.mark.parametrize(("colours", "size"), [("light", WIDE), ("dark", WIDE), ("light", NARROW)])
def test_it_is_well_in_a_browser(
    look: Look, serious_findings: Findings, full: Console, colours: Literal["light", "dark"], size: tuple[int, int]
) -> None:
    full.account("rina", "viewer")
    with serving(create_app(full.services)) as address:
        window = sign_in(look(f"{address}/console/sign-in", colours=colours, size=size))
        for span in SPANS:
            window.goto(f"{address}/console?span={span}")
            for one in window.locator("details.panel > summary").all():
                one.click()
            assert (serious_findings(window), width_of(window)) == ([], size[0]), span
        window.click('.tiles a[href*="keyword=-"]')
        window.wait_for_url("**/messages?*")
