"""Reset: the first state comes back, for all or for one phone, on both databases and while traffic runs."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import Table, insert, select, update

from smsgw.carriers.twilio import Twilio
from smsgw.clock import clock_offset
from smsgw.members.tables import claims, memberships, people, phones_on_record
from smsgw.messages.rows import OutboundRow
from smsgw.messages.tables import contact, emptied, heartbeat, inbound, newcomers, outbound
from smsgw.operators.tables import audit
from smsgw.simulator import reset
from smsgw.simulator.remote import Remote
from smsgw.simulator.serving import serving
from smsgw.simulator.standin import StandIn
from smsgw.store import Store, metadata
from tests.support import twilio
from tests.support.gateway import Gateway
from tests.support.identity import HOUR_MS, JOKO, SITI, STRANGER, alerts, bound, heard, say

KEPT = {heartbeat.name}
NAMES = ("id", "person_id", "membership_id")  # which are numbered anew


def dump(store: Store) -> dict[str, list[str]]:
    """Every table with its rows, but for what only numbers them."""
    with store.read() as connection:
        return {
            table.name: sorted(rows(connection, table)) for table in metadata.sorted_tables if table.name not in KEPT
        }


def rows(connection: Any, table: Table) -> Iterator[str]:
    columns = [column for column in table.c if column.name not in NAMES]
    return (str(tuple(row)) for row in connection.execute(select(*columns)))


def live(gate: Gateway) -> list[str]:
    """Days full of everything that is remembered."""
    said = [
        say(gate, SITI.daftar(), SITI.phone),
        say(gate, "BAHASA EN", SITI.phone),
        say(gate, "LAPOR iuran juni belum dibayar", SITI.phone),
        say(gate, SITI.daftar(born="02-07-1990"), STRANGER),
        say(gate, JOKO.daftar(), STRANGER),
        say(gate, "STOP", JOKO.phone),
        say(gate, "KANTOR BANDNUG", "+6281298000901"),
    ]
    gate.services.clock.move(HOUR_MS)
    while gate.work.sending(64):
        pass
    return said


def test_everything_is_as_it_was_at_first(gate: Gateway) -> None:
    store = gate.services.store
    first = dump(store)
    said = live(gate)
    with store.write() as connection:
        connection.execute(update(claims).values(stage=5))
        connection.execute(update(people).where(people.c.name == "SITI RAHAYU").values(name="BUDI"))
        mine = select(memberships.c.id).where(memberships.c.number == SITI.number).scalar_subquery()
        connection.execute(insert(phones_on_record).values(phone=STRANGER, membership_id=mine))
    reset.everything(store)
    again = dump(store)
    assert {name for name in first if first[name] != again[name]} <= {"claims"}  # of those whom nobody meets
    assert live(gate) == said
    reset.everything(store)
    assert dump(store)["inbound"] == []


def test_the_named_people_are_not_brought_where_they_were_not(store: Store) -> None:
    reset.everything(store)
    with store.read() as connection:
        assert connection.execute(select(people.c.id)).all() == []


def test_one_phone_begins_anew_and_others_go_on(gate: Gateway) -> None:
    store = gate.services.store
    first = live(gate)
    assert [phone for _, phone in bound(store)] == [SITI.phone]
    reset.phone(store, SITI.phone)
    assert (bound(store), heard(gate, SITI.phone)) == ([], [])
    assert heard(gate, STRANGER) != []
    with store.read() as connection:
        phones = set(connection.scalars(select(contact.c.phone)))
    assert (SITI.phone in phones, JOKO.phone in phones) == (False, True)
    assert say(gate, SITI.daftar(), SITI.phone) == first[0]
    assert {to for to, _ in alerts(gate)} == {JOKO.phone}
    reset.phone(store, JOKO.phone)
    assert alerts(gate) == []
    say(gate, JOKO.daftar(), STRANGER)
    assert {to for to, _ in alerts(gate)} == {JOKO.phone}  # who is warned once a day


def test_a_locked_phone_is_open_again(gate: Gateway) -> None:
    guesses = [say(gate, SITI.daftar(born="02-07-1990"), SITI.phone) for _ in range(4)]
    assert guesses[0] != guesses[3]
    reset.phone(gate.services.store, SITI.phone)
    assert say(gate, SITI.daftar(born="02-07-1990"), SITI.phone) == guesses[0]


def test_it_is_safe_while_traffic_runs(gate: Gateway) -> None:
    store, ended = gate.services.store, threading.Event()

    def work() -> None:
        while not ended.is_set():
            with suppress(Exception):  # the edge of a job
                gate.work.answering(64)
                gate.work.sending(64)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for number in range(60):
        gate.receive(f"KANTOR BANDUNG {number}", f"+62812980009{number % 7:02d}")
        if number % 12 == 11:
            reset.everything(store)
    ended.set()
    for worker in workers:
        worker.join()
    reset.everything(store)
    with store.read() as connection:
        assert [connection.execute(select(table.c.id)).all() for table in (inbound, outbound)] == [[], []]
    assert say(gate, f"JHT {SITI.number}", SITI.phone) == "jht.balance"


def test_what_a_phone_said_is_not_taken_from_the_carriers_list_again(gate: Gateway) -> None:
    store = gate.services.store
    with (
        serving(gate.client.application) as hook,
        StandIn(twilio.ACCOUNT, twilio.TOKEN, public_url=hook) as standin,
        serving(standin) as url,
    ):
        carrier, listed = Remote(url, twilio.ACCOUNT, twilio.TOKEN), Twilio(twilio.settings(twilio_api_url=url))
        for phone in (SITI.phone, JOKO.phone):
            carrier.bring(phone, twilio.NUMBER, "BANTUAN")
        carrier.switch({"kind": "429", "phone": SITI.phone})
        reset.begin_anew(carrier, store, SITI.phone)
        assert [one.from_phone for page in listed.list_received(twilio.NUMBER, 0) for one in page.found] == [JOKO.phone]
        assert carrier.faults()["faults"] == []
        reset.begin_anew(carrier, store)
        assert [page.found for page in listed.list_received(twilio.NUMBER, 0)] == [[]]
        assert carrier.traffic(phone=SITI.phone) == []


def test_a_worker_that_holds_a_message_lets_it_go(gate: Gateway) -> None:
    store, held = gate.services.store, list[tuple[str, Sequence[OutboundRow]]]()
    gate.receive("BANTUAN", SITI.phone)
    gate.work.answering(1, lambda token, rows: held.append((token, rows)))
    reset.everything(store)
    ((token, rows),) = held
    gate.work.sending.hand_over(token, rows)
    with store.read() as connection:
        assert connection.execute(select(outbound.c.id)).all() == []


def test_what_names_rows_by_number_goes_with_them(sqlite_store: Store) -> None:
    with sqlite_store.write() as connection:
        connection.execute(insert(emptied).values(log="inbound", upto=17))
        connection.execute(insert(newcomers).values(upto=17, at=1, phones=1))
        connection.execute(insert(audit).values(at=1, actor="cli", act="reset"))
    reset.everything(sqlite_store)
    with sqlite_store.read() as connection:
        left = [len(connection.execute(select(table)).all()) for table in (emptied, newcomers, audit)]
    assert left == [0, 0, 1]


def test_the_clock_is_set_back(gate: Gateway) -> None:
    gate.services.clock.move(HOUR_MS)
    reset.everything(gate.services.store)
    with gate.services.store.read() as connection:
        assert connection.execute(select(clock_offset)).all() == []
