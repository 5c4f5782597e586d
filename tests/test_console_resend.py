"""Acts on a message: resend, give up, leave unanswered, each with its reason, once, and with its audit row."""

import pytest
from sqlalchemy import func, select, update

from smsgw.messages import inbox, outbox
from smsgw.messages.rows import Arrival, Draft, Kind
from smsgw.messages.tables import inbound, outbound
from smsgw.operators.tables import audit
from tests.support.console import Console
from tests.test_console_message import OURS, PHONE, answered, mark, words


def acts(console: Console) -> list[tuple[str, str, str | None]]:
    with console.services.store.read() as connection:
        told = select(audit.c.act, audit.c.about, audit.c.reason).where(audit.c.act.not_in(["sign_in"]))
        return [(row.act, row.about, row.reason) for row in connection.execute(told.order_by(audit.c.id))]


def states(console: Console) -> list[str]:
    with console.services.store.read() as connection:
        return list(connection.scalars(select(outbound.c.state).order_by(outbound.c.id)))


def failed(console: Console, state: str = "failed") -> None:
    """A reply, of the inbound 1, that came to this."""
    answered(console.services.store, "saldo")
    mark(console.services.store, "one", state, error_code="30003")


def test_a_message_is_resent_with_a_reason_and_only_once(console: Console) -> None:
    failed(console)
    browser = console.signed_in("operator")
    given = {"reason": "peserta menelepon 175", "back": "/console/messages"}
    assert browser.post("/resend/1", given).headers["Location"] == "/console/messages"
    again = browser.post("/resend/1", given)  # a second click, or the browser's way back
    assert (again.status_code, "sudah pernah dikirim ulang" in again.text) == (409, True)
    assert states(console) == ["failed", "queued"]
    assert acts(console) == [("resend", "outbound/1", "peserta menelepon 175")]


def test_what_is_older_than_a_day_is_not_resent(console: Console) -> None:
    failed(console)
    with console.services.store.write() as connection:
        connection.execute(update(inbound).values(received_at=inbound.c.received_at - 25 * 3_600_000))
    answer = console.signed_in("operator").post("/resend/1", {"reason": "x"})
    assert (answer.status_code, "lebih dari sehari" in answer.text, states(console)) == (409, True, ["failed"])


def test_without_a_reason_nothing_is_sent(console: Console) -> None:
    failed(console)
    browser = console.signed_in("operator")
    assert [browser.post("/resend/1", {"reason": reason}).status_code for reason in ("", "  ", "\0")] == [422] * 3
    assert (states(console), acts(console)) == (["failed"], [])


SHOWN = [
    ("failed", "operator", "Kirim ulang balasan SMS yang sama dikirim sekali lagi", True),
    ("failed_unknown", "operator", "peserta mungkin menerimanya dua kali", True),
    ("failed", "viewer", "Kirim ulang balasan", False),
    ("failed", "branch", "Kirim ulang balasan", False),
    ("accepted", "operator", "Kirim ulang balasan", False),
    ("queued", "operator", "Batalkan balasan Pesan yang masih antre ini", True),
]


@pytest.mark.parametrize(("state", "role", "text", "is_there"), SHOWN)
def test_the_page_offers_what_may_be_done(console: Console, state: str, role: str, text: str, is_there: bool) -> None:
    failed(console)
    with console.services.store.write() as connection:
        connection.execute(update(outbound).values(state=state))
    found = words(console.signed_in(role), "/messages/1")  # type: ignore[arg-type]  # one of the roles
    assert (text in found) is is_there


def test_the_timeline_tells_of_it_and_offers_only_the_last(console: Console) -> None:
    failed(console)
    browser = console.signed_in("operator")
    browser.post("/resend/1", {"reason": "x"})
    with console.services.store.write() as connection:
        connection.execute(update(outbound).where(outbound.c.id == 2).values(state="failed"))
    page = browser.get("/messages/1").text
    assert ("/console/resend/1" in page, "/console/resend/2" in page) == (False, True)
    found = words(browser, "/messages/1")
    assert "Kirim ulang ke-1 oleh operator konsol" in found
    assert found.count("operator konsol") == 4  # twice as who did it: prepared it, and resent it
    assert "Dikirim ulang oleh operator konsol, sebagai pesan baru" in found


def test_what_is_queued_is_given_up(console: Console) -> None:
    failed(console)
    browser = console.signed_in("operator")
    browser.post("/resend/1", {"reason": "x"})
    assert browser.post("/give-up/2", {"reason": "salah tekan"}).status_code == 303
    assert browser.post("/give-up/2", {"reason": "salah tekan"}).status_code == 409
    assert states(console) == ["failed", "canceled"]
    assert acts(console)[1:] == [("give_up", "outbound/2", "salah tekan")]
    assert "Operator konsol membatalkannya" in words(browser, "/messages/1")


def test_a_waiting_sms_is_left_unanswered(console: Console) -> None:
    store = console.services.store
    with store.write() as connection:
        inbox.record(store, connection, [Arrival("twilio", "SM1", PHONE, OURS, "saldo")])
    browser = console.signed_in("operator")
    assert "Biarkan tak dijawab" in words(browser, "/messages/1")
    assert browser.post("/leave-unanswered/1", {"reason": "pengirim mesin"}).status_code == 303
    with store.read() as connection:
        assert connection.execute(select(inbound.c.state, inbound.c.reason)).one() == ("suppressed", "given_up")
    assert acts(console) == [("leave_unanswered", "inbound/1", "pengirim mesin")]
    assert "dihentikan operator konsol" in words(browser, "/messages/1")


@pytest.mark.parametrize("path", ["/resend/9", "/give-up/9", "/leave-unanswered/9"])
def test_what_is_not_there_is_not_changed(console: Console, path: str) -> None:
    assert console.signed_in("operator").post(path, {"reason": "x"}).status_code == 409
    assert acts(console) == []


def test_several_are_resent_at_once_after_one_question(console: Console) -> None:
    store = console.services.store
    failed(console)
    with store.write() as connection:
        for kind, state in ((Kind.ALERT, "undelivered"), (Kind.ALERT, "accepted")):
            row = Draft(kind, "twilio", OURS, PHONE, "Halo", 4, "id", "t")
            outbox.queue(connection, [row])
            newest = select(func.max(outbound.c.id)).scalar_subquery()
            connection.execute(update(outbound).where(outbound.c.id == newest).values(state=state))
    browser = console.signed_in("operator")
    assert browser.get("/messages").text.count('name="one"') == 2
    chosen = {"one": ["1", "2", "3", "1", "99", "x"]}
    asked = browser.post("/resend/chosen", chosen)  # type: ignore[arg-type]  # several values of a field
    assert ("4 pesan dipilih" in asked.text, states(console)) == (True, ["failed", "undelivered", "accepted"])
    given = {**chosen, "reason": "operator pulih"}
    said = [browser.post("/resend/all", given).text for _ in range(2)]  # type: ignore[arg-type]
    assert ("2 pesan dikirim ulang, 2 dilewati" in said[0], "0 pesan dikirim ulang" in said[1]) == (True, True)
    assert states(console)[3:] == ["queued", "queued"]
    rows = [("resend_all", "messages"), ("resend", "outbound/1"), ("resend", "outbound/2"), ("resend_all", "messages")]
    assert [(act, about) for act, about, _ in acts(console)] == rows


@pytest.mark.parametrize("kind", [Kind.NOTICE, Kind.ALERT])
def test_what_we_wrote_of_our_own_accord_names_its_resend_and_its_original(console: Console, kind: Kind) -> None:
    store = console.services.store
    failed(console)
    with store.write() as connection:
        outbox.queue(connection, [Draft(kind, "twilio", OURS, PHONE, "Halo", 4, "id", "t", 1)])
        own = {"inbound_id": None, "notice_key": "told:1"} if kind is Kind.NOTICE else {}
        connection.execute(update(outbound).where(outbound.c.id == 2).values(state="failed", **own))
    browser = console.signed_in("operator")
    assert "Dikirim ulang sebagai" not in words(browser, "/messages/out/2")
    browser.post("/resend/2", {"reason": "x"})
    first, second = words(browser, "/messages/out/2"), words(browser, "/messages/out/3")
    assert ("Dikirim ulang sebagai out-3" in first, "Kiriman ulang dari" in first) == (True, False)
    assert ("Kiriman ulang dari out-2" in second, "Dikirim ulang sebagai" in second) == (True, False)
    assert 'href="/console/messages/out/3"' in browser.get("/messages/out/2").text
    assert "/console/resend/2" not in browser.get("/messages/out/2").text


@pytest.mark.parametrize("chosen", [[], ["x"], [str(n) for n in range(101)]], ids=["none", "no number", "too many"])
def test_none_or_too_many_are_not_resent(console: Console, chosen: list[str]) -> None:
    browser = console.signed_in("operator")
    for path in ("chosen", "all"):
        answer = browser.post(f"/resend/{path}", {"one": chosen, "reason": "x"})  # type: ignore[dict-item]
        assert answer.status_code == 409
    assert acts(console) == []
