"""Reports: listed masked, taken up and answered by a branch with a reason, and the phone is told once."""

from sqlalchemy import select

from smsgw.members import complaints
from smsgw.messages.tables import outbound
from tests.support.console import Console
from tests.test_console_message import PHONE, answered, words
from tests.test_console_resend import acts


def test_a_report_is_taken_up_and_answered(console: Console) -> None:
    store = console.services.store
    answered(store, "LAPOR iuran")
    with store.write() as connection:
        complaints.file(connection, "L2611-00007", 1, PHONE, "iuran belum masuk 081299000001", 5)
    browser = console.signed_in("branch")
    listed = words(browser, "/reports")
    assert "L2611-00007" in listed
    assert "iuran belum masuk ************" in listed
    assert browser.post("/reports/1", {"state": "in_progress", "reason": "dicek"}).status_code == 303
    given = {"state": "answered", "answer": "Sudah  kami\ncek", "reason": "selesai"}
    assert browser.post("/reports/1", {**given, "answer": "kata " * 70}).status_code == 409
    assert browser.post("/reports/1", {**given, "answer": ""}).status_code == 409
    assert [browser.post("/reports/1", given).status_code for _ in range(2)] == [303, 409]
    assert "Sudah kami cek" in words(browser, "/reports/1")
    assert "L2611-00007" not in words(browser, "/reports")
    assert "L2611-00007" in words(browser, "/reports?all=yes")
    with store.read() as connection:
        told = connection.scalars(select(outbound.c.template).where(outbound.c.kind == "notice")).all()
    assert told == ["lapor.answered"]
    assert acts(console) == [
        ("report_settled", "complaint/1", "dicek"),
        ("report_settled", "complaint/1", "selesai"),
    ]


def test_one_that_is_not_there_is_not_found(console: Console) -> None:
    browser = console.signed_in("branch")
    assert browser.get("/reports/9").status_code == 404
    assert browser.post("/reports/9", {"state": "in_progress", "reason": "x"}).status_code == 409
    assert "Tidak ada laporan yang menunggu" in words(browser, "/reports")
