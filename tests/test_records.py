"""Records through the whole answer step, on both databases: what is stored is what is told, page by page."""

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import select

from smsgw.members.binding import bind
from smsgw.members.demo import DEMO_PEOPLE, populate
from smsgw.members.tables import complaints
from smsgw.messages.tables import inbound, outbound
from smsgw.store import Cipher, open_store
from tests.conftest import KEY
from tests.support import twilio
from tests.support.gateway import Gateway, gateway

SITI, JOKO = DEMO_PEOPLE[:2]
REPORT = "LAPOR iuran Juni belum dibayar perusahaan"


@pytest.fixture(params=["sqlite_url", "postgresql_url"])
def gate(request: pytest.FixtureRequest, redis_url: str) -> Iterator[Gateway]:
    url = request.getfixturevalue(request.param)
    with closing(open_store(url, Cipher(KEY))) as store:
        populate(store, count=8, seed=1)
    with gateway(twilio.settings(database_url=url, redis_url=redis_url, data_key=KEY.hex())) as open_gate:
        with open_gate.services.store.write() as connection:
            for one in (SITI, JOKO):
                bind(connection, one.phone, one.number, open_gate.services.clock.now_ms())
        yield open_gate


def ask(gate: Gateway, text: str, phone: str = SITI.phone) -> str:
    sid = gate.receive(text, phone)
    while gate.work.answering(64):
        pass
    with gate.services.store.read() as connection:
        joined = inbound.join(outbound, outbound.c.inbound_id == inbound.c.id)
        found = select(outbound.c.body).select_from(joined).where(inbound.c.carrier_id == sid)
        return str(connection.scalar(found))


def test_the_statement_of_the_documents(gate: Gateway) -> None:
    months = r"Sep( 2025)? 285\.000, Agt 285\.000, Jul 285\.000, Jun 0 \(tak dilaporkan\), Mei 285\.000"
    assert re.search(months, ask(gate, "MUTASI"))
    last = ask(gate, "LANJUT")
    assert re.search(r"\(2/2\): Apr( 2025)? 285\.000, Mar 285\.000, Feb 270\.000, Jan 270\.000\. Total 9 bln", last)
    assert "Rp2.250.000" in last


def test_the_history_of_the_documents(gate: Gateway) -> None:
    jobs = "1) PT MAJU J* PU 05-2018 s.d. kini 2) CV ABADI PU 02-2015 s.d. 04-2018"
    assert jobs in ask(gate, "RIWAYAT")
    assert "1) CV SINAR A* PU 03-2012 s.d. 08-2025" in ask(gate, "RIWAYAT", JOKO.phone)


def test_a_claim_is_told_to_whom_it_is_of_alone(gate: Gateway) -> None:
    assert "K2510-00123: tahap 4/6 WAWANCARA" in ask(gate, "LACAK", JOKO.phone)
    assert "K2510-00123: tahap 4/6 WAWANCARA" in ask(gate, "LACAK K2510-00123", JOKO.phone)
    assert ask(gate, "LACAK K2510-00123") == ask(gate, "LACAK K2510-99999")


def test_a_report_is_filed_once_in_its_own_words_and_found_by_its_phone_alone(gate: Gateway) -> None:
    filed = re.search(r"L\d{4}-00001", ask(gate, REPORT))
    assert filed
    with gate.services.store.write() as connection:
        row = connection.execute(select(complaints)).one()
        assert (row.number, row.text, row.phone, row.state) == (filed[0], REPORT, SITI.phone, "received")
        connection.execute(complaints.update().values(state="answered", answer="Sudah dibayar perusahaan"))
    assert ask(gate, f"LAPOR {filed[0]}").endswith("DIJAWAB. Sudah dibayar perusahaan. Info 175")
    assert ask(gate, f"LAPOR {filed[0]}", JOKO.phone) == ask(gate, "LAPOR L2510-99999", JOKO.phone)
    assert re.search(r"L\d{4}-00002", ask(gate, REPORT, JOKO.phone))
