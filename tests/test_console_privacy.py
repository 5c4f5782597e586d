"""Correction and erasure: one operator asks, another decides, and what is done is done whole."""

import pytest
from sqlalchemy import func, insert, select, update

from smsgw.members.tables import bindings, complaints, memberships, people, phones_on_record, pins, subject_requests
from smsgw.messages import erasure
from smsgw.messages.tables import contact, inbound, outbound
from smsgw.operators.tables import audit
from smsgw.store import Store
from tests.support.console import Browser, Console
from tests.support.gateway import Gateway
from tests.support.payloads import NUMBER, PAYLOADS, PHONE, fill

WHY = {"reason": "KTP sudah dilihat"}
ERASE = {"kind": "erasure", "phone": "0812-1000-9977", **WHY}
RENAME = {"kind": "name", "number": NUMBER, "value": "SITI RAHMA", **WHY}


@pytest.fixture
def pair(console: Console) -> tuple[Browser, Browser]:
    fill(console.services.store)
    with console.services.store.write() as connection:
        connection.execute(subject_requests.delete())
        bound = {"membership_id": 1, "phone": PHONE, "state": "active", "bound_at": 1, "used_at": 1, "changed_at": 1}
        connection.execute(insert(bindings).values(bound))
        connection.execute(insert(pins).values(phone=PHONE, hash="x", changed_at=1))
        connection.execute(insert(contact).values(phone=PHONE, opted_out_at=1, updated_at=1))
    return console.signed_in("branch", "citra"), console.signed_in("branch", "dewi")


def ask(browser: Browser, form: dict[str, str]) -> str:
    answer = browser.post("/privacy", form)
    assert answer.status_code == 303
    return answer.headers["Location"].removeprefix("/console")


def count(store: Store, table: object) -> int:
    with store.read() as connection:
        return int(connection.scalar(select(func.count()).select_from(table)) or 0)  # type: ignore[arg-type]  # a table


def acts(console: Console) -> list[tuple[str, str]]:
    with console.services.store.read() as connection:
        chosen = select(audit.c.actor, audit.c.act).where(audit.c.about.startswith("request/"))
        return [tuple(row) for row in connection.execute(chosen.order_by(audit.c.id))]


def test_a_name_is_corrected_by_two(console: Console, pair: tuple[Browser, Browser]) -> None:
    citra, dewi = pair
    path = ask(citra, RENAME)
    page = dewi.get(path).text
    assert ("990*****567" in page, NUMBER in page, "SITI RAHMA" in page) == (True, False, False)
    assert dewi.post(path, {"do": "agree", **WHY}).status_code == 303
    with console.services.store.read() as connection:
        assert connection.scalar(select(people.c.name)) == "SITI RAHMA"
    assert acts(console)[-2:] == [("citra", "asked_name"), ("dewi", "did_name")]


NIK = "9973014107900011"


@pytest.mark.parametrize(("taken", "status", "stored"), [(False, 303, NIK), (True, 422, "9973014107900003")])
def test_a_nik_is_corrected_unless_it_is_another_persons(
    console: Console, pair: tuple[Browser, Browser], taken: bool, status: int, stored: str
) -> None:
    citra, dewi = pair
    store = console.services.store
    if taken:
        with store.write() as connection:
            connection.execute(insert(people).values(id=2, nik=NIK, name="X"))
    path = ask(citra, RENAME | {"kind": "nik", "value": NIK})
    assert NIK not in dewi.get(path).text
    answer = dewi.post(path, {"do": "agree", **WHY})
    assert (answer.status_code, "milik orang lain" in answer.text) == (status, taken)
    with store.read() as connection:
        assert connection.scalar(select(people.c.nik).where(people.c.id == 1)) == stored
        assert (connection.scalar(select(memberships.c.written_at)) is None) is taken


def test_a_phone_that_is_not_theirs_leaves_the_record_and_its_binding_ends(
    console: Console, pair: tuple[Browser, Browser]
) -> None:
    citra, dewi = pair
    store = console.services.store
    with store.write() as connection:
        connection.execute(insert(phones_on_record).values(phone=PHONE, membership_id=1))
    path = ask(citra, RENAME | {"kind": "phone_gone", "value": "0812-1000-9977"})
    page = dewi.get(path).text
    assert ("+62812*****977" in page, PHONE in page) == (True, False)
    assert dewi.post(path, {"do": "agree", **WHY}).status_code == 303
    with store.read() as connection:
        assert connection.scalar(select(bindings.c.state)) == "revoked"
    assert count(store, phones_on_record) == 0
    assert acts(console)[-2:] == [("citra", "asked_phone_gone"), ("dewi", "did_phone_gone")]


def test_the_page_says_what_is_the_core_systems(pair: tuple[Browser, Browser]) -> None:
    assert "data sistem inti" in pair[0].get("/privacy").text


def test_whoever_asks_does_not_decide(console: Console, pair: tuple[Browser, Browser]) -> None:
    citra, _ = pair
    path = ask(citra, RENAME)
    assert "Setujui" not in citra.get(path).text
    answer = citra.post(path, {"do": "agree", **WHY})
    assert (answer.status_code, "petugas lain" in answer.text) == (422, True)
    with console.services.store.read() as connection:
        assert connection.scalar(select(people.c.name)) == PAYLOADS[0]
    assert ("citra", "did_name") not in acts(console)  # undone together with what it tells


def test_what_is_decided_stays_so(console: Console, pair: tuple[Browser, Browser]) -> None:
    citra, dewi = pair
    path = ask(citra, RENAME)
    assert dewi.post(path, {"do": "refuse", **WHY}).status_code == 303
    assert dewi.post(path, {"do": "agree", **WHY}).status_code == 422
    assert acts(console)[-1] == ("dewi", "declined_name")


def test_an_erasure_takes_the_phone_out_of_everything_but_its_opt_out(
    console: Console, pair: tuple[Browser, Browser]
) -> None:
    citra, dewi = pair
    store = console.services.store
    path = ask(citra, ERASE)
    assert dewi.post(path, {"do": "agree", **WHY}).status_code == 303
    with store.read() as connection:
        came = select(inbound.c.from_phone, inbound.c.body, inbound.c.folded).distinct()
        went = select(outbound.c.to_phone, outbound.c.body).distinct()
        assert [tuple(row) for row in connection.execute(came)] == [("", None, None)]
        assert [tuple(row) for row in connection.execute(went)] == [("", None)]
        assert connection.scalar(select(subject_requests.c.phone)) is None
    assert [count(store, table) for table in (inbound, bindings, pins, complaints, contact)] == [40, 0, 0, 0, 1]
    assert "dijalankan" in dewi.get(path).text


@pytest.mark.parametrize("state", ["queued", "sending", "unknown", "failed_unknown"])
def test_an_erasure_waits_for_what_is_under_way(console: Console, pair: tuple[Browser, Browser], state: str) -> None:
    citra, dewi = pair
    with console.services.store.write() as connection:
        connection.execute(outbound.update().where(outbound.c.id == 1).values(state=state))
    path = ask(citra, ERASE)
    answer = dewi.post(path, {"do": "agree", **WHY})
    assert (answer.status_code, "sedang berjalan" in answer.text) == (422, True)
    assert count(console.services.store, pins) == 1


def test_a_phone_without_messages_waits_for_nothing(store: Store) -> None:
    with store.write() as connection:
        assert (erasure.waits(connection, PHONE), erasure.erase(connection, PHONE)) == (False, 0)


def test_what_comes_while_a_phone_is_erased_is_answered_as_ever(gate: Gateway) -> None:
    store = gate.services.store
    gate.receive("INFO", PHONE)
    gate.work.answering(64)
    with store.write() as connection:
        connection.execute(update(outbound).values(state="accepted"))
    gate.receive("INFO", PHONE)  # after `waits` was asked
    with store.write() as connection:
        assert erasure.erase(connection, PHONE) == 2
    assert gate.work.answering(64) == 1
    with store.read() as connection:
        found = select(inbound.c.from_phone, inbound.c.state, outbound.c.state).join(outbound).order_by(inbound.c.id)
        assert [tuple(row) for row in connection.execute(found)] == [
            ("", "answered", "accepted"),
            (PHONE, "answered", "queued"),
        ]
    with store.write() as connection:
        assert erasure.erase(connection, PHONE) == 1  # its text; the reply has still to go
        assert connection.scalar(select(outbound.c.body).where(outbound.c.state == "queued"))


REFUSED = [
    (ERASE | {"phone": "2757"}, 422),
    (RENAME | {"number": "99059999999"}, 422),
    (RENAME | {"value": ""}, 422),
    (RENAME | {"value": "x" * 101}, 422),
    (RENAME | {"value": "a\u202eb"}, 422),
    (RENAME | {"kind": "birth_date", "value": "1-7-1990"}, 422),
    (RENAME | {"kind": "birth_date", "value": "2999-01-01"}, 422),
    (RENAME | {"kind": "nik", "value": "997301410790000"}, 422),
    (RENAME | {"kind": "phone_gone", "value": PHONE}, 422),
    (RENAME | {"kind": "phone_gone", "value": "bukan nomor"}, 422),
    (RENAME | {"kind": "balance"}, 400),
    (RENAME | {"reason": ""}, 422),
]


@pytest.mark.parametrize(("form", "status"), REFUSED)
def test_what_cannot_be_asked_is_not_written_down(
    console: Console, pair: tuple[Browser, Browser], form: dict[str, str], status: int
) -> None:
    assert pair[0].post("/privacy", form).status_code == status
    assert count(console.services.store, subject_requests) == 0
