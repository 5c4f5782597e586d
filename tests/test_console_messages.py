"""The delivery log's page: filters without personal data in an address, saved ones, the live list, pages, the file."""

import csv
import io
import re
from base64 import urlsafe_b64encode
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select, update

from smsgw.console import query
from smsgw.console.look import ZONES
from smsgw.messages.log import Filters
from smsgw.messages.tables import inbound, outbound
from smsgw.operators.tables import audit
from smsgw.store import Cipher
from tests.support import past
from tests.support.console import Browser, Console

COUNT = 300
WIB = ZONES["WIB"]
HEAD = "1780000000000"
PRIVATE = Filters(phone="+6281299000007", number="99000000007", text="siapa =ini")


@pytest.fixture
def log(console: Console) -> Console:
    """A console with a past of some hours."""
    store = console.services.store
    assert [*past.write(store, past.Past(store.cipher, COUNT, phones=20))] == [COUNT]
    return console


def rows(html: str) -> list[str]:
    return re.findall(r'<tr data-row id="([a-z]+-\d+)"', html)


def search(browser: Browser, **form: str) -> str:
    """The address that the form leads to."""
    answer = browser.post("/messages", form)
    assert answer.status_code == 303
    return answer.headers["Location"].removeprefix("/console")


@pytest.mark.parametrize(
    "filters",
    [
        Filters(),
        PRIVATE,
        Filters(since_ms=1_780_000_020_000, until_ms=1_780_000_080_000, state="failed", keyword="-", why="limit"),
        replace(PRIVATE, carrier="twilio", error_code="30003"),
    ],
)
def test_filters_survive_their_address(cipher: Cipher, filters: Filters) -> None:
    address = query.write_query(filters, cipher, WIB)
    assert query.read_query(address, cipher) == filters
    assert address == query.write_query(filters, cipher, WIB)
    assert not any(given and given in str(address) for given in (filters.phone, filters.number, filters.text))


@pytest.mark.parametrize(
    "address",
    [
        {"p": "x"},
        {"p": "AAAA"},
        {"since": "gestern"},
        {"since": "2026-01-01T00:00"},
        {"state": "x"},
        {"carrier": "<b>"},
    ],
)
def test_what_an_address_says_wrongly_is_left_out(cipher: Cipher, address: dict[str, str]) -> None:
    assert query.read_query(address, cipher) == Filters()


def test_another_kind_of_sealed_value_opens_no_filter(cipher: Cipher) -> None:
    foreign = urlsafe_b64encode(cipher.seal('{"phone":"+62"}', b"phone")).decode()
    assert query.read_query({"p": foreign}, cipher) == Filters()


def test_the_form_leads_to_an_address_without_personal_data(log: Console) -> None:
    browser = log.signed_in("viewer")
    address = search(browser, phone="0812 9900 0007", state="delivered", since="2026-01-01T00:00")
    assert set(parse_qs(urlsplit(address).query)) == {"p", "state", "since"}
    page = browser.get(address).text
    assert "990000" not in re.sub(r"<[^>]*>", "", page)
    assert "+62812*****007" in page
    found = rows(page)
    assert found
    with log.services.store.read() as connection:
        phones = set(connection.scalars(select(inbound.c.from_phone).where(inbound.c.id.in_(ids_of(found)))))
    assert phones == {past.phone(7)}


def ids_of(keys: list[str]) -> list[int]:
    return [int(key.removeprefix("in-")) for key in keys if key.startswith("in-")]


def test_a_private_filter_stays_while_others_change_and_goes_by_its_cross(log: Console) -> None:
    browser = log.signed_in("viewer")
    token = parse_qs(urlsplit(search(browser, phone=past.phone(7))).query)["p"][0]
    both = search(browser, p=token, text="jht")
    filters = query.read_query({k: v[0] for k, v in parse_qs(urlsplit(both).query).items()}, log.services.store.cipher)
    assert (filters.phone, filters.text) == (past.phone(7), "jht")
    crosses = re.findall(r'<a href="/console(/messages\?p=[^"]+)" aria-label', browser.get(both).text)
    assert len(crosses) == 2
    assert "data-live" not in browser.get(both).text


def test_pages_lead_down_and_up_again(log: Console) -> None:
    browser = log.signed_in("viewer")
    first = browser.get("/messages").text
    older = re.search(r'href="/console(/messages\?below=[^"]+)"', first)
    assert older
    second = browser.get(older[1]).text
    assert not set(rows(first)) & set(rows(second))
    newer = re.search(r'href="/console(/messages\?above=[^"]+)"', second)
    assert newer
    assert browser.get(newer[1]).headers["Location"] == "/console/messages"
    assert browser.get("/messages?below=zz").status_code == 400


def test_the_live_list_is_the_same_rows_again_and_only_when_one_changed(log: Console) -> None:
    browser = log.signed_in("viewer")
    page = browser.get("/messages?state=delivered").text
    live, stand = re.search(r'data-live="/console([^"]+)" data-stand="(\w+)"', page).groups()  # type: ignore[union-attr]
    assert browser.get(f"{live}&stand={stand}").status_code == 204
    store = log.services.store
    with store.write() as connection:
        connection.execute(update(outbound).where(outbound.c.inbound_id == COUNT - 10).values(state="failed"))
    answer = browser.get(f"{live}&stand={stand}")
    assert answer.status_code == 200
    assert answer.headers["X-Stand"] != stand
    assert f"in-{COUNT - 10}" in rows(page)
    assert f"in-{COUNT - 10}" not in rows(answer.text)
    assert answer.text.strip() in re.sub(r"\s*\n", "\n", browser.get("/messages?state=delivered").text) or rows(
        answer.text
    ) == rows(browser.get("/messages?state=delivered").text)
    assert browser.get("/messages/live?p=" + query._sealed({"text": "x"}, store.cipher)).status_code == 400


def test_filters_are_saved_for_their_owner_alone_and_forgotten(log: Console) -> None:
    mine, other = log.signed_in("viewer"), log.signed_in("operator")
    mine.post("/messages/save", {"name": "Gagal", "state": "failed"})
    saved = re.search(r'<a href="/console(/messages\?state=failed)"><bdi>Gagal</bdi></a>', mine.get("/messages").text)
    assert saved
    assert "Gagal" not in other.get("/messages").text
    key = re.search(r'name="forget" value="(\d+)"', mine.get("/messages").text)
    assert key
    other.post("/messages/save", {"forget": key[1]})
    assert "Gagal" in mine.get("/messages").text
    mine.post("/messages/save", {"forget": key[1]})
    assert "Gagal" not in mine.get("/messages").text


def table(browser: Browser, **form: str) -> list[dict[str, str]]:
    answer = browser.post("/messages/export", {"reason": "rapat", **form})
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    return [*csv.DictReader(io.StringIO(answer.text))]


def test_the_file_has_the_rows_of_the_filters_masked_and_is_recorded(log: Console) -> None:
    browser = log.signed_in("operator")
    found = table(browser, keyword="JHT")
    assert {row["keyword"] for row in found} == {"JHT"}
    assert not any(re.search(r"\d{8}", row["phone"] + row["membership_number"]) for row in found)
    assert len(table(browser)) > COUNT
    opened = table(browser, keyword="JHT", open="yes")
    assert {row["phone"] for row in opened} <= {f"'{past.phone(i)}" for i in range(20)}
    with log.services.store.read() as connection:
        acts = connection.execute(select(audit.c.act, audit.c.about, audit.c.reason).order_by(audit.c.id)).all()
    assert [tuple(row) for row in acts if row.act.startswith("export")] == [
        ("export", "messages", "rapat"),
        ("export", "messages", "rapat"),
        ("export_open", "messages", "rapat"),
    ]


def test_who_may_not_export_gets_no_file_and_nobody_without_a_reason(log: Console) -> None:
    assert log.signed_in("viewer").post("/messages/export", {"reason": "x"}).status_code == 403
    assert log.signed_in("operator").post("/messages/export").status_code == 422
    assert "/messages/export" not in log.signed_in("branch").get("/messages").text


FORMULAS = ["=1+1", "+62", "-2", "@SUM(A1)", "\t=1", "\r=1", "＝1+1"]


@pytest.fixture
def hostile(log: Console) -> Console:
    """The same log, whose newest texts are formulas and markup."""
    texts = [*FORMULAS, "<script>alert(1)</script>", "\u202egnp.exe", "a\x00b"]
    with log.services.store.write() as connection:
        for at, body in enumerate(texts):
            connection.execute(update(inbound).where(inbound.c.id == COUNT - at).values(body=body))
    return log


def test_no_cell_of_the_file_is_a_formula_and_no_text_is_markup(hostile: Console) -> None:
    browser = hostile.signed_in("operator")
    texts = [row["text"] for row in table(browser)]
    assert not [text for text in texts if text[:1] in "=+-@\t\r＝" and text]
    assert len([text for text in texts if text.startswith("'")]) >= len(FORMULAS)
    page = browser.get("/messages").text
    assert "<script>alert" not in page
    assert "&lt;U+202E&gt;" in page


@pytest.mark.parametrize("language", ["id", "en"])
def test_an_empty_log_says_what_will_come(console: Console, language: str) -> None:
    browser = console.signed_in("viewer")
    browser.post("/look", {"language": language, "zone": "WIB", "theme": "auto"})
    assert ("Belum ada pesan" if language == "id" else "No messages yet") in browser.get("/messages").text
    assert 'class="empty"' in browser.get("/messages?state=failed").text
