"""Acts on a phone: block and unblock by operators, unlock and unbind by branches, each with its reason."""

import pytest
from sqlalchemy import insert, select, update

from smsgw.members.binding import bind, bound_phone
from smsgw.members.demo import DEMO_PEOPLE, populate
from smsgw.members.guards import FOR_EVER
from smsgw.messages.tables import contact, inbound
from tests.support.console import Console
from tests.test_console_message import NUMBER, PHONE, answered, words
from tests.test_console_resend import acts

SITI = DEMO_PEOPLE[0]
ONE = {"side": "in", "number": "1", "reason": "spam"}


def test_a_phone_is_blocked_and_unblocked(console: Console) -> None:
    answered(console.services.store, "saldo")
    browser = console.signed_in("operator")
    assert "Blokir telepon ini" in words(browser, "/conversations/1")
    assert browser.post("/phones/block", {**ONE, "back": "/console/conversations/1"}).status_code == 303
    assert browser.post("/phones/block", ONE).status_code == 409
    found = words(browser, "/conversations/1")
    assert "Diblokir operator konsol" in found
    assert "Buka blokir" in found
    assert browser.post("/phones/unblock", ONE).status_code == 303
    assert acts(console) == [("block", "inbound/1", "spam"), ("unblock", "inbound/1", "spam")]


def test_a_branch_unlocks_and_unbinds(console: Console) -> None:
    store, now_ms = console.services.store, console.services.clock.now_ms()
    populate(store, 5, 1)
    answered(store, "saldo")
    with store.write() as connection:
        connection.execute(update(inbound).values(from_phone=SITI.phone))
        bind(connection, SITI.phone, SITI.number, now_ms)
        connection.execute(insert(contact).values(phone=SITI.phone, locked_until=FOR_EVER, updated_at=1))
    browser = console.signed_in("branch")
    page = browser.get("/conversations/1").text
    assert f"Lepas ikatan {SITI.number[:3]}*****" in words(browser, "/conversations/1")
    membership = page.partition('name="membership" value="')[2].partition('"')[0]
    given = {**ONE, "reason": "di loket"}
    assert browser.post("/phones/unlock", given).status_code == 303
    assert "tidak terkunci" in words(browser, "/conversations/1")
    assert browser.post("/phones/unbind", {**given, "membership": membership}).status_code == 303
    assert browser.post("/phones/unbind", {**given, "membership": membership}).status_code == 409
    with store.read() as connection:
        assert bound_phone(connection, SITI.number) is None
        assert connection.scalar(select(contact.c.locked_until)) == 0
    assert [(act, about) for act, about, _ in acts(console)] == [("unlock", "inbound/1"), ("unbind", "inbound/1")]
    assert SITI.number not in page


BAD = [
    ({"side": "in", "number": "7"}, 404),
    ({"side": "x", "number": "1"}, 400),
    ({"side": "in", "number": "１"}, 400),
    ({"side": "in", "number": ""}, 400),
    ({"side": "in", "number": "9" * 30}, 400),
    ({"side": "in", "number": "1", "reason": ""}, 422),
]


@pytest.mark.parametrize(("form", "status"), BAD)
def test_what_names_no_phone_or_no_reason_does_nothing(console: Console, form: dict[str, str], status: int) -> None:
    answered(console.services.store, f"saldo {NUMBER}")
    browser = console.signed_in("admin")
    for path in ("block", "unlock", "unbind"):
        assert browser.post(f"/phones/{path}", {"reason": "x", "membership": "1", **form}).status_code == status
    assert acts(console) == []
    assert PHONE not in browser.get("/audit").text
