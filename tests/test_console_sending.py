"""Sending: a carrier is paused and resumed by hand, seen in the strip, and what is stuck is made due."""

from smsgw.console.strip import look
from smsgw.messages import pauses
from tests.support.console import Console
from tests.test_console_message import words
from tests.test_console_resend import acts


def test_a_carrier_is_paused_and_resumed(console: Console) -> None:
    browser = console.signed_in("operator")
    given = {"carrier": "twilio", "reason": "gangguan"}
    assert [browser.post("/sending/pause", given).status_code for _ in range(2)] == [303, 409]
    assert "twilio dijeda operator konsol" in words(browser, "/sending")
    assert [(light.tone, light.count) for light in look(console.services) if light.name == "sending"] == [("bad", 1)]
    assert [browser.post("/sending/resume", given).status_code for _ in range(2)] == [303, 409]
    assert "twilio mengirim" in words(browser, "/sending")
    assert acts(console) == [("pause", "carrier/twilio", "gangguan"), ("resume", "carrier/twilio", "gangguan")]


def test_a_refused_account_can_be_tried_again_at_once(console: Console) -> None:
    with console.services.store.write() as connection:
        pauses.begin(connection, "twilio", 1, "20003")
    browser = console.signed_in("operator")
    assert "menolak akun kita (20003)" in words(browser, "/sending")
    assert browser.post("/sending/resume", {"carrier": "twilio", "reason": "token diganti"}).status_code == 303
    assert "twilio mengirim" in words(browser, "/sending")


def test_what_is_stuck_is_requeued_with_a_reason(console: Console) -> None:
    browser = console.signed_in("operator")
    assert browser.post("/sending/requeue", {"reason": ""}).status_code == 422
    assert browser.post("/sending/requeue", {"reason": "pekerja mati"}).status_code == 303
    assert acts(console) == [("requeue", "queue", "pekerja mati")]


def test_only_our_carriers_are_paused(console: Console) -> None:
    browser = console.signed_in("operator")
    assert browser.post("/sending/pause", {"carrier": "pos", "reason": "x"}).status_code == 400
    assert acts(console) == []
