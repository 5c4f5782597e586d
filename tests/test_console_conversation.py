"""A participant's conversation: both directions, and what is known of the phone, masked."""

from sqlalchemy import insert, update

from smsgw.members import complaints
from smsgw.members.binding import begin_move, bind
from smsgw.members.demo import DEMO_PEOPLE, populate
from smsgw.members.guards import FOR_EVER
from smsgw.messages.tables import contact, inbound
from smsgw.store import db_now
from tests.support import past
from tests.support.console import Console
from tests.test_console_message import NUMBER, PHONE, answered, mark, words

SITI = DEMO_PEOPLE[0]


def test_both_directions_stand_in_order_and_are_masked(console: Console) -> None:
    answered(console.services.store, f"saldo {NUMBER} dong")
    mark(console.services.store, "one", "failed", error_code="21610")
    found = words(console.signed_in("viewer"), "/conversations/1")
    assert found.index("saldo *********** dong") < found.index("Saldo ***********: Rp**.***.***")
    assert "gagal 21610" in found
    assert "tidak terikat" in found
    assert PHONE not in found
    assert "+62812*****001" in found


def test_it_can_be_reached_by_any_of_its_messages_and_revealed(console: Console) -> None:
    answered(console.services.store, f"saldo {NUMBER}", alerts=True)
    browser = console.signed_in("branch")
    assert "+62812*****001" in words(browser, "/conversations/out/1")
    assert "+62812*****002" in words(browser, "/conversations/out/2")
    browser.post("/reveal", {"about": "conversation/1", "reason": "di loket"})
    assert PHONE in words(browser, "/conversations/1")
    assert PHONE not in words(browser, "/conversations/out/1")


def test_binding_lock_opt_out_and_reports_are_told(console: Console) -> None:
    store, now_ms = console.services.store, console.services.clock.now_ms()
    populate(store, 5, 1)
    answered(store, "LAPOR iuran")
    with store.write() as connection:
        connection.execute(update(inbound).values(from_phone=SITI.phone))
        bind(connection, SITI.phone, SITI.number, now_ms)
        begin_move(connection, SITI.phone, SITI.number, now_ms)
        complaints.file(connection, "L2611-00007", 1, SITI.phone, "iuran 3 bulan belum masuk 081299000001", now_ms)
        values = {"phone": SITI.phone, "language": "en", "locked_until": FOR_EVER, "opted_out_at": db_now()}
        connection.execute(insert(contact).values(**values, updated_at=db_now()))
    found = words(console.signed_in("viewer"), "/conversations/1")
    masked = f"{SITI.number[:3]}*****{SITI.number[-3:]}"
    for told in (
        f"Terikat (DAFTAR) {masked} : aktif",
        f"Tercatat pada {masked}",
        "boleh ditolak sampai",
        "Berhenti (STOP) berhenti",
        "terkunci sampai dibuka cabang",
        "L2611-00007 diterima",
        "iuran 3 bulan belum masuk ************",
    ):
        assert told in found
    assert SITI.number not in found


def test_a_long_one_is_told_in_pages(console: Console) -> None:
    store = console.services.store
    assert [*past.write(store, past.Past(store.cipher, 120, phones=1))] == [120]
    browser = console.signed_in("viewer")
    first = browser.get("/conversations/1").text
    assert first.count("data-row") == 40
    older = first.partition("/console/conversations/1?before=")[2].partition('"')[0]
    second = browser.get(f"/conversations/1?before={older}").text
    assert second.count("data-row") == 40
    assert browser.get("/conversations/1?before=x").text.count("data-row") == 40
