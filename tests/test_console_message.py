"""One message's page: its timeline to the last ignored callback, what it was read as, and what its errors mean."""

import ast
import html
import http.client
import re
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from smsgw.console.problems import RETRIED, WHO, explain
from smsgw.console.problems import _entries as entries
from smsgw.messages import inbox, outbox, reports
from smsgw.messages.outbox import Mark
from smsgw.messages.reports import Delivery
from smsgw.messages.rows import Answer, Arrival, Draft, Kind
from smsgw.store import Store
from tests.support.console import Browser, Console

PHONE, OTHER, OURS = "+6281299000001", "+6281299000002", "+6215005550006"
NIK, NUMBER = "9999999999999999", "99000000017"
SID = "SM" + "1" * 32


def words(browser: Browser, path: str) -> str:
    """A page as it is read, without its tags."""
    answer = browser.get(path)
    assert answer.status_code == 200, answer.status_code
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", answer.text)))


def answered(
    store: Store, body: str, *, keyword: str = "JHT", alerts: bool = False, number: str | None = NUMBER
) -> str:
    """A message that came in and was answered; the callback token of its reply, which is claimed as "one"."""
    with store.write() as connection:
        inbox.record(store, connection, [Arrival("twilio", SID, PHONE, OURS, body)])
    with store.write() as connection:
        (row,) = inbox.claim(connection, "one", 5)
        draft = Draft(
            Kind.REPLY, "twilio", OURS, PHONE, f"Saldo {NUMBER}: Rp23.451.200", 70, "id", "jht.balance", row.id
        )
        alert = Draft(Kind.ALERT, "twilio", OURS, OTHER, "Ada yang mencoba", 40, "id", "daftar.alert", row.id)
        answer = Answer(row.id, PHONE, "answered", keyword=keyword, number=number, language="id")
        inbox.finish(connection, [answer])
        (reply,) = outbox.queue_claimed(connection, [draft], "one")
        if alerts:
            outbox.queue(connection, [alert])
    return reply.callback_token


def mark(store: Store, token: str, state: str, **values: str) -> None:
    with store.write() as connection:
        outbox.mark(connection, token, [Mark(1, state, **values)])  # type: ignore[arg-type]  # all of them are texts


def report(store: Store, token: str, status: str, state: str | None, code: str | None = None) -> None:
    with store.write() as connection:
        reports.apply_all(connection, [Delivery("twilio", token, "SM" + "2" * 32, status, state, code)])


def test_a_timeline_from_webhook_to_handset(console: Console) -> None:
    store = console.services.store
    token = answered(store, f"saldo {NUMBER} dong")
    mark(store, "one", "queued", error_code="20429")
    with store.write() as connection:
        outbox.claim(connection, "two", 5)  # not due yet: nothing
    mark(store, "one", "accepted", carrier_id="SM" + "2" * 32, carrier_status="queued")
    for status, state in (("queued", "accepted"), ("sent", "sent"), ("sent", "sent"), ("mystery", None)):
        report(store, token, status, state)
    report(store, token, "undelivered", "undelivered", "30003")
    report(store, token, "sending", "accepted")
    found = words(console.signed_in("viewer"), "/messages/1")
    for told in (
        f"Diterima dari twilio {SID}",
        "Dibaca dan dijawab",
        "Disiapkan: balasan Templat jht.balance, 70 septet, bahasa id.",
        "Percobaan 1: diambil untuk dikirim",
        "Percobaan 1: antre Pasti belum terkirim: menunggu percobaan berikutnya. 20429",
        "Laporan operator: sent",
        "diulang 1 kali",
        "Laporan operator: mystery Diabaikan: kata operator ini tidak kita kenal",
        "terkirim, belum ada laporan → tidak sampai 30003",
        "Laporan operator: sending Diabaikan: datang terlambat, keadaan sudah lebih tinggi (tidak sampai)",
        "Mengapa 30003 Sebab Ponsel tujuan tidak terjangkau",
        "Mengapa 20429",
        "Kata kunci JHT",
        "Pohon tata bahasa",
    ):
        assert told in found
    order = [
        found.index(told) for told in ("Diterima dari", "Dibaca dan", "Disiapkan:", "Percobaan 1: diambil", "mystery")
    ]
    assert order == sorted(order)
    assert not re.search(r"\d{11}|Rp23|81299000001", found.replace(SID, "").replace(OURS, ""))


def test_the_same_in_english(console: Console) -> None:
    answered(console.services.store, "saldo")
    browser = console.signed_in("viewer")
    browser.post("/look", {"language": "en", "zone": "WIT", "theme": "dark"})
    found = words(browser, "/messages/1")
    for told in ("Received from twilio", "Attempt 1: claimed for sending", "Read as", "A command.", "WIT"):
        assert told in found


LATE = [
    ("lease", "unknown", "tak pasti → sampai"),
    ("given up", "failed_unknown", "Terlambat, setelah kita berhenti menunggu: tak pasti, dihentikan → sampai"),
]


@pytest.mark.parametrize(("name", "state", "told"), LATE)
def test_a_late_callback_is_told_as_late(console: Console, name: str, state: str, told: str) -> None:
    store = console.services.store
    token = answered(store, "saldo")
    mark(store, "one", state)
    report(store, token, "delivered", "delivered")
    assert told in words(console.signed_in("viewer"), "/messages/1"), name


def test_a_callback_that_came_before_its_message_was_known_is_told_too(console: Console) -> None:
    store = console.services.store
    report(store, "nobody's", "sent", "sent")
    answered(store, "saldo")
    mark(store, "one", "accepted", carrier_id="SM" + "2" * 32)
    found = words(console.signed_in("viewer"), "/messages/1")
    assert "Laporan operator: sent Datang sebelum kita tahu pesannya" in found


def test_an_alert_is_a_row_of_its_own_whose_phone_is_not_shown_with_the_other(console: Console) -> None:
    answered(console.services.store, f"DAFTAR {NIK} 01-02-1990 {NUMBER}", keyword="DAFTAR", alerts=True)
    browser = console.signed_in("operator")
    assert "Disiapkan: peringatan" in words(browser, "/messages/1")
    assert browser.get("/messages/out/1").headers["Location"] == "/console/messages/1"
    assert "Ada yang mencoba" in words(browser, "/messages/out/2")
    browser.post("/reveal", {"about": "inbound/1", "reason": "peserta menelepon"})
    found = words(browser, "/messages/1")
    assert PHONE in found
    assert NIK in found
    assert OTHER not in found


def test_what_is_not_there_is_not_found(console: Console) -> None:
    browser = console.signed_in("viewer")
    for path in (
        "/messages/1",
        "/messages/out/1",
        "/messages/x",
        "/conversations/1",
        "/messages/99999999999",
    ):
        assert browser.get(path).status_code == 404


def codes() -> Iterator[str]:
    """Every error code that our own code writes, and every name of an exception that it makes one of."""
    for file in [*Path("smsgw/carriers").glob("*.py"), *Path("smsgw/gateway").glob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.keyword) and node.arg == "error_code" and isinstance(node.value, ast.Constant):
                yield str(node.value.value)
    yield "opted_out"
    yield "bad_header"
    failures: list[type[Exception]] = [
        socket.gaierror, ConnectionRefusedError, ConnectionResetError, TimeoutError, BrokenPipeError, OSError,
        ssl.SSLError, ssl.SSLCertVerificationError, ssl.SSLEOFError, http.client.RemoteDisconnected,
        http.client.IncompleteRead, http.client.BadStatusLine, ValueError, KeyError,
    ]  # fmt: skip
    yield from (one.__name__[:16] for one in failures)
    yield from map(str, (400, 401, 402, 403, 404, 429, 500, 502, 503, 504))
    yield from map(str, (20003, 20429, 21211, 21408, 21610, 21614, *range(30001, 30009), 30034))


@pytest.mark.parametrize("code", sorted({*codes()}))
@pytest.mark.parametrize("language", ["id", "en"])
def test_every_code_of_ours_is_explained(code: str, language: str) -> None:
    found = explain(code, "twilio", language)
    assert found.is_known
    assert found.who in WHO
    assert found.retried in RETRIED
    assert min(len(found.cause), len(found.next)) > 15


@pytest.mark.parametrize("code", sorted(entries()))
def test_an_explanation_is_whole_in_both_languages(code: str) -> None:
    one, other = explain(code, "twilio", "id"), explain(code, "twilio", "en")
    assert (one.cause != other.cause, one.next != other.next) == (True, True)


UNKNOWN = [
    ("39999", "twilio", "unlisted"),
    ("?", "twilio", "unlisted"),
    ("11", "kannel", "smsc"),
    ("599", "kannel", "5xx"),
]


@pytest.mark.parametrize(("code", "carrier", "key"), UNKNOWN)
def test_an_unknown_code_gets_an_honest_answer(code: str, carrier: str, key: str) -> None:
    found = explain(code, carrier, "en")
    assert found.cause == entries()[key]["cause"].split(" | ")[1]
    assert found.is_known is (key != "unlisted")


def test_no_answer_while_connecting_is_not_the_same_as_afterwards() -> None:
    assert explain("TimeoutError", "twilio", "en", is_open=True).retried == "yes"
    assert explain("TimeoutError", "twilio", "en").retried == "looked"
