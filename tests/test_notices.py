"""Notices: who is told of a claim's change, once, in which words; and that who opts out gets nothing any more."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, delete, insert, select, update

from smsgw.cli.members import command
from smsgw.gateway import branch
from smsgw.gateway.effects import carry_out
from smsgw.gateway.notices import Sender, stage_changed
from smsgw.keywords import Bind, Reply, Unbind, load_registry, measure
from smsgw.members.binding import REFUSABLE_MS, begin_move, bind
from smsgw.members.demo import DEMO_PEOPLE, populate
from smsgw.members.directory import IDLE_MS
from smsgw.members.reach import StageChange
from smsgw.members.subjects import Asked
from smsgw.members.tables import claims, memberships
from smsgw.messages import notices
from smsgw.messages.rows import InboundRow, Kind
from smsgw.messages.tables import contact, outbound, outbound_event
from smsgw.store import Cipher, Store, db_now, open_store
from tests.conftest import KEY
from tests.support import twilio
from tests.support.gateway import Gateway, gateway
from tests.support.sweeping import sweep
from tests.support.transcript import NOW_MS, RULES

JOKO = DEMO_PEOPLE[1]
SENDER = Sender(load_registry(), RULES, "twilio", "+622150000000")
DAY_MS = 86_400_000
ON = date(2025, 10, 27)


@pytest.fixture
def told(store: Store) -> Store:
    """A store in which JOKO has bound his phone."""
    populate(store, 8, 1)
    with store.write() as connection:
        bind(connection, JOKO.phone, JOKO.number, NOW_MS)
    return store


def joko(store: Store) -> int:
    with store.read() as connection:
        return int(connection.scalar(select(memberships.c.id).where(memberships.c.number == JOKO.number)) or 0)


def change(store: Store, stage: int = 5, state: str = "open", now_ms: int = NOW_MS, claim: str = "K2510-00123") -> int:
    moved = StageChange(claim, joko(store), "JHT", stage, state, date(2025, 10, 27))
    with store.write() as connection:
        return stage_changed(connection, SENDER, [moved], now_ms)


def rows(store: Store) -> list[Any]:
    with store.read() as connection:
        return list(connection.execute(select(outbound).order_by(outbound.c.id)))


def opt(store: Store, *, out: bool = True, language: str | None = None, ago_ms: int = 0) -> None:
    with store.write() as connection:
        at = db_now() - ago_ms if out else None
        values = {"phone": JOKO.phone, "language": language, "opted_out_at": at, "updated_at": db_now()}
        connection.execute(insert(contact).values(values))


CLAIM = {"id": "Klaim JHT K2510-00123: ", "en": "JHT claim K2510-00123: "}
STOP = {"id": " Tak mau SMS: BERHENTI", "en": " No SMS: BERHENTI"}
WORDS = [
    ("id", 5, "open", "tahap 5/6 PERSETUJUAN selesai, menunggu transfer. Cek: ketik LACAK."),
    ("id", 6, "open", "tahap 6/6 TRANSFER. Dana dikirim ke rekening Anda. Cek: ketik LACAK."),
    ("id", 6, "paid", "SELESAI, dibayar 27-10-2025. Belum masuk rekening? Call center 175."),
    ("id", 2, "refused", "DITOLAK 27-10-2025. Tanya alasannya: call center 175 atau kantor cabang bawa KTP."),
    ("en", 5, "open", "stage 5/6 APPROVAL done, now awaiting transfer. Check: send LACAK."),
    ("en", 6, "open", "stage 6/6 TRANSFER. The money is on its way to your account. Check: send LACAK."),
    ("en", 6, "paid", "DONE, paid 27 Oct 2025. Money not in your account? Call centre 175."),
    ("en", 2, "refused", "REFUSED 27 Oct 2025. Ask why: call centre 175 or a branch office with your KTP."),
]


@pytest.mark.parametrize(("language", "stage", "state", "text"), WORDS)
def test_a_change_is_told_in_the_phones_language(told: Store, language: str, stage: int, state: str, text: str) -> None:
    opt(told, out=False, language=language)
    assert change(told, stage, state) == 1
    (row,) = rows(told)
    assert row.body == CLAIM[language] + text + STOP[language]
    assert (row.to_phone, row.language) == (JOKO.phone, language)
    assert (row.kind, row.priority, row.state, row.from_phone) == ("notice", 2, "queued", "+622150000000")
    assert row.expires_at - row.next_attempt_at == 3 * DAY_MS
    assert (measure(row.body).segments, row.septets) == (1, measure(row.body).septets)


def test_the_same_change_is_told_once_ever(told: Store) -> None:
    assert [change(told), change(told), change(told, 6), change(told), change(told, 6, "paid")] == [1, 0, 1, 0, 1]
    with told.write() as connection:
        connection.execute(update(outbound).values(state="delivered"))
    assert change(told) == 0
    assert len(rows(told)) == 3


def test_the_key_holds_even_where_two_tell_at_once(told: Store) -> None:
    change(told)
    (row,) = rows(told)
    with told.write() as connection:
        again = SENDER.notice(row.notice_key, Kind.NOTICE, JOKO.phone, "id", Reply("LACAK", "help"))
        notices.queue(connection, [again, replace(again, key="other")])
    assert [one.notice_key for one in rows(told)] == [row.notice_key, "other"]


def test_nobody_is_told_where_no_phone_is_bound(store: Store) -> None:
    populate(store, 8, 1)
    assert change(store) == 0
    assert rows(store) == []


def test_a_phone_that_rests_for_sixty_days_is_told_nothing(told: Store) -> None:
    assert change(told, now_ms=NOW_MS + IDLE_MS + 1) == 0
    assert change(told, now_ms=NOW_MS + IDLE_MS) == 1


def test_a_phone_that_opted_out_is_told_nothing(told: Store) -> None:
    opt(told)
    assert change(told) == 0


def test_the_sweep_cancels_what_another_process_queued_meanwhile(told: Store) -> None:
    change(told)
    opt(told)
    sweep(told)
    (row,) = rows(told)
    assert (row.state, row.error_code, row.error_text) == ("canceled", "opted_out", "the phone opted out first")


@pytest.fixture(params=["sqlite_url", "postgresql_url"])
def gate(request: pytest.FixtureRequest, redis_url: str) -> Iterator[Gateway]:
    url = request.getfixturevalue(request.param)
    with closing(open_store(url, Cipher(KEY))) as store:
        populate(store, count=8, seed=1)
    with gateway(twilio.settings(database_url=url, redis_url=redis_url, data_key=KEY.hex())) as open_gate:
        yield open_gate


@pytest.mark.parametrize(("text", "fields"), [("BERHENTI", {}), ("STOP", {"OptOutType": "STOP"})])
def test_opting_out_cancels_what_waits_in_the_same_commit(gate: Gateway, text: str, fields: dict[str, str]) -> None:
    store, now_ms = gate.services.store, gate.services.clock.now_ms()
    with store.write() as connection:
        bind(connection, JOKO.phone, JOKO.number, now_ms)
    assert change(store, now_ms=now_ms) == 1
    gate.receive(text, JOKO.phone, **fields)
    gate.work.answering(10)
    assert [row.state for row in rows(store) if row.notice_key] == ["canceled"]


def test_replies_are_not_withdrawn(gate: Gateway) -> None:
    gate.receive("BANTUAN", JOKO.phone)
    gate.work.answering(10)
    gate.receive("STOP", JOKO.phone, OptOutType="STOP")
    gate.work.answering(10)
    assert [row.state for row in rows(gate.services.store)] == ["queued"]


SITI = DEMO_PEOPLE[0]
REST_MS = IDLE_MS + DAY_MS


def by_putus(store: Store, connection: Connection) -> None:
    row = InboundRow(1, "twilio", JOKO.phone, "2757", "PUTUS", 0, None, 0, 0, None, opted_out=False)
    assert carry_out(Unbind(JOKO.number), connection, row, NOW_MS)


def by_another_daftar(store: Store, connection: Connection) -> None:
    row = InboundRow(1, "twilio", SITI.phone, "2757", "DAFTAR", 0, None, 0, 0, None, opted_out=False)
    assert carry_out(Bind(JOKO.number), connection, row, NOW_MS + REST_MS)


def by_branch(store: Store, connection: Connection) -> None:
    branch.unbind(connection, JOKO.phone, joko(store), NOW_MS)


def by_move(store: Store, connection: Connection) -> None:
    assert begin_move(connection, JOKO.phone, JOKO.number, NOW_MS)
    assert branch.finish_moves(connection, NOW_MS) == 0
    assert branch.finish_moves(connection, NOW_MS + REFUSABLE_MS) == 1


def by_record(store: Store, connection: Connection) -> None:
    asked = {"phone": None, "number": JOKO.number, "asked_by": "a", "asked_at": 1, "decided_by": "b", "decided_at": 2}
    gone = Asked(1, "phone_gone", "done", value=JOKO.phone, membership_id=joko(store), **asked)  # type: ignore[arg-type]  # as in a row
    branch.correct(connection, gone)


@pytest.mark.parametrize("way", [by_putus, by_another_daftar, by_branch, by_move, by_record])
def test_who_is_unbound_hears_no_more_of_that_membership(told: Store, way: Callable[[Store, Connection], None]) -> None:
    key = joko(told)
    filed = {"programme": "JHT", "stage": 5, "state": "open", "filed_on": ON, "changed_on": ON}
    with told.write() as connection:
        connection.execute(delete(claims).where(claims.c.membership_id == key))
        connection.execute(insert(claims).values(number="K2510-00123", membership_id=key, **filed))
        connection.execute(insert(claims).values(number="K2510-99999", membership_id=key + 1, **filed))
    mine = ["claim:K2510-00123:5:open", f"balance:2025:{key}", "resent:7"]
    others = ["claim:K2510-99999:5:open", f"balance:2025:{key}1", "report:L2510-00001:5"]
    with told.write() as connection:
        text = SENDER.notice("", Kind.NOTICE, JOKO.phone, "id", Reply("LACAK", "help"))
        notices.queue(connection, [replace(text, key=one) for one in (*mine, *others)])
        notices.queue(connection, [replace(text, key="claim:K2510-00123:4:open", to_phone=SITI.phone)])
    with told.write() as connection:
        way(told, connection)
    ended = {row.notice_key: (row.state, row.error_code) for row in rows(told)}
    assert ended == dict.fromkeys(mine, ("canceled", "unbound")) | dict.fromkeys(
        [*others, "claim:K2510-00123:4:open"], ("queued", None)
    )
    with told.read() as connection:
        told_of = select(outbound_event.c.cause, outbound_event.c.to_state)
        assert [tuple(row) for row in connection.execute(told_of)] == [("unbound", "canceled")] * 3


def test_whose_phone_an_import_takes_off_the_record_hears_no_more(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    populate(sqlite_store, 8, 1)
    monkeypatch.setenv("SMSGW_DATABASE_URL", sqlite_store.engine.url.render_as_string())
    monkeypatch.setenv("SMSGW_DATA_KEY", KEY.hex())
    key = f"balance:2025:{joko(sqlite_store)}"
    with sqlite_store.write() as connection:
        text = SENDER.notice(key, Kind.ANNOUNCEMENT, JOKO.phone, "id", Reply("LACAK", "help"))
        notices.queue(connection, [text, replace(text, key="balance:2025:0")])
    file = tmp_path / "members.csv"
    file.write_text(f"number,name,status,phone\n{JOKO.number},JOKO,AKTIF,+6281299990009\n")
    done = CliRunner().invoke(command, ["import", str(file)])
    assert done.exit_code == 0, done.output
    assert [(row.notice_key == key, row.state) for row in rows(sqlite_store)] == [(True, "canceled"), (False, "queued")]


def test_nothing_is_canceled_where_nothing_is_unbound(told: Store) -> None:
    change(told)
    with told.write() as connection:
        row = InboundRow(1, "twilio", SITI.phone, "2757", "DAFTAR", 0, None, 0, 0, None, opted_out=False)
        assert not carry_out(Bind(JOKO.number), connection, row, NOW_MS)
        assert carry_out(Bind(JOKO.number), connection, replace(row, from_phone=JOKO.phone), NOW_MS)
    assert [row.state for row in rows(told)] == ["queued"]
