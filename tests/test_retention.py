"""Retention: texts and rows go after their days, tombstones stay, and a replay is nothing whenever it comes."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, insert, select, update

import smsgw.migrations  # noqa: F401 - fills the metadata
from smsgw.cli.purge import command
from smsgw.clock import Clock
from smsgw.config import load
from smsgw.errors import StartupError
from smsgw.gateway import purge
from smsgw.gateway.bell import QuietBell
from smsgw.gateway.purge import Keep, PurgeVerb
from smsgw.gateway.receive import Receive
from smsgw.members.tables import bindings, complaints, memberships, people, rebindings
from smsgw.messages import deletion, inbox
from smsgw.messages.rows import Arrival
from smsgw.messages.tables import contact, heartbeat, inbound, orphan_callback, outbound, outbound_event, seen_id
from smsgw.store import Store, db_now, metadata
from smsgw.store.leftovers import AT_ONCE
from tests.conftest import KEY
from tests.support.sweeping import sweep

PHONE = "+6281200000001"
DAY_MS = 86_400_000
BODIES, ROWS = Keep().bodies_days, Keep().rows_days


def came(store: Store, sid: str, days: float, state: str = "answered") -> int:
    """An inbound message of so many days ago; its id."""
    values = {"carrier": "twilio", "carrier_id": sid, "from_phone": PHONE, "to_phone": "2757", "source": "webhook"}
    values |= {"body": "DAFTAR 9973014107900003", "folded": "DAFTAR 9973014107900003", "state": state}
    at = db_now() - int(days * DAY_MS)
    with store.write() as connection:
        added = insert(inbound).values(**values, received_at=at, next_attempt_at=at).returning(inbound.c.id)
        return int(connection.execute(added).scalar_one())


def went(store: Store, inbound_id: int | None, days: float, state: str = "delivered", **values: Any) -> int:
    """An outbound message of so many days ago with an event; its id."""
    at = db_now() - int(days * DAY_MS)
    row = {"inbound_id": inbound_id, "kind": "reply" if inbound_id else "notice", "carrier": "twilio"}
    row |= {"from_phone": "2757", "to_phone": PHONE, "body": "Halo", "septets": 4, "language": "id", "priority": 0}
    row |= {"state": state, "callback_token": f"{inbound_id}-{days}-{state}-{values}"[:32], **values}
    stamps = dict.fromkeys(("created_at", "updated_at", "next_attempt_at", "expires_at"), at)
    event = {"from_state": "sent", "to_state": state, "cause": "report", "cause_key": "report", "at": 0, "last_at": 0}
    with store.write() as connection:
        added = connection.execute(insert(outbound).values(**row, **stamps).returning(outbound.c.id)).scalar_one()
        connection.execute(insert(outbound_event).values(outbound_id=added, **event))
        return int(added)


def purging(store: Store, *days: int) -> PurgeVerb:
    return PurgeVerb(store, Clock(store), Keep(*days))


def run(store: Store) -> purge.Purged:
    return purging(store).now(lambda count: True)


def let_rest(store: Store) -> None:
    """Let time pass over the tombstones."""
    with store.write() as connection:
        connection.execute(update(seen_id).values(seen_at=seen_id.c.seen_at - deletion.RESTS_MS - 1))


def count(store: Store, table: Any) -> int:
    with store.read() as connection:
        return int(connection.scalar(select(func.count()).select_from(table)) or 0)


def texts(store: Store, table: Any) -> list[str | None]:
    with store.read() as connection:
        return list(connection.scalars(select(table.c.body).order_by(table.c.id)))


def test_texts_are_emptied_after_their_days_and_the_rest_of_the_row_stays(store: Store) -> None:
    for sid, days in (("SM1", BODIES + 2), ("SM2", BODIES + 1), ("SM3", BODIES - 1)):
        went(store, came(store, sid, days), days)
    assert run(store).emptied == 4
    assert texts(store, inbound) == [None, None, "DAFTAR 9973014107900003"]
    assert texts(store, outbound) == [None, None, "Halo"]
    with store.read() as connection:
        row = connection.execute(select(inbound).where(inbound.c.carrier_id == "SM1")).one()
    assert (row.folded, row.secret, row.from_phone, row.state) == (None, None, PHONE, "answered")
    assert run(store) == purge.Purged()


@pytest.mark.parametrize("state", ["queued", "sending", "unknown"])
def test_the_text_of_what_still_waits_is_kept(store: Store, state: str) -> None:
    came(store, "SM1", BODIES + 1, "received")
    came(store, "SM2", BODIES + 1)
    went(store, None, BODIES + 1, state)
    run(store)
    assert texts(store, inbound) == ["DAFTAR 9973014107900003", None]
    assert texts(store, outbound) == ["Halo"]


def test_rows_go_after_their_days_when_their_tombstones_have_rested(store: Store) -> None:
    went(store, came(store, "SM1", ROWS + 1), ROWS + 1)
    went(store, came(store, "SM2", ROWS - 1), ROWS - 1)
    assert (run(store).deleted, count(store, inbound), count(store, seen_id)) == (0, 2, 1)
    assert run(store).deleted == 0
    let_rest(store)
    assert run(store).deleted == 1
    assert [count(store, table) for table in (inbound, outbound, outbound_event, seen_id)] == [1, 1, 1, 1]
    with store.read() as connection:
        assert connection.scalar(select(seen_id.c.digest)) == inbox.tombstone(store, "twilio", "SM1")


HELD = [("delivered", ROWS - 1), ("queued", ROWS + 1), ("sending", ROWS + 1), ("unknown", ROWS + 1)]


@pytest.mark.parametrize(("state", "days"), HELD)
def test_a_conversation_goes_whole_or_not_at_all(store: Store, state: str, days: int) -> None:
    asked = came(store, "SM1", ROWS + 1)
    went(store, asked, ROWS + 1)
    went(store, asked, days, state, resend_no=1)
    went(store, came(store, "SM2", 0), 0)
    for _ in range(2):
        run(store)
        let_rest(store)
    assert (count(store, inbound), count(store, outbound), count(store, outbound_event)) == (2, 3, 3)


def test_no_id_is_given_twice_after_a_long_silence(store: Store) -> None:
    first = came(store, "SM1", ROWS + 2)
    came(store, "SM2", ROWS + 1)
    went(store, first, ROWS + 2)
    last = came(store, "SM3", ROWS + 1), went(store, first, ROWS + 1, kind="apology")
    for _ in range(2):
        run(store)
        let_rest(store)
    with store.read() as connection:
        assert list(connection.scalars(select(inbound.c.carrier_id).order_by(inbound.c.id))) == ["SM1", "SM3"]
    asked = came(store, "SM4", 0)
    assert (asked > last[0], went(store, asked, 0) > last[1]) == (True, True)
    for _ in range(2):
        run(store)
        let_rest(store)
    assert [count(store, table) for table in (inbound, outbound, outbound_event)] == [1, 1, 1]


def test_the_last_notice_stays_until_another_message_goes(store: Store) -> None:
    went(store, None, deletion.NOTICES_DAYS + 2, notice_key="one")
    last = went(store, None, deletion.NOTICES_DAYS + 1, notice_key="two")
    purging(store, 2, 2).now(lambda count: True)
    assert (count(store, outbound), texts(store, outbound)) == (1, [None])
    assert went(store, None, 0, notice_key="three") > last


def test_a_message_that_waits_for_its_answer_is_not_deleted(store: Store) -> None:
    came(store, "SM1", ROWS + 1, "received")
    came(store, "SM2", ROWS + 1)
    came(store, "SM3", 0)
    for _ in range(2):
        run(store)
        let_rest(store)
    with store.read() as connection:
        assert list(connection.scalars(select(inbound.c.carrier_id).order_by(inbound.c.id))) == ["SM1", "SM3"]


def test_notices_are_kept_long_enough_to_be_told_once_a_year(store: Store) -> None:
    went(store, None, deletion.NOTICES_DAYS + 1, notice_key="old")
    went(store, None, deletion.NOTICES_DAYS - 1, notice_key="new")
    went(store, None, 0, notice_key="last")
    purging(store, 2, 2).now(lambda count: True)
    with store.read() as connection:
        assert list(connection.scalars(select(outbound.c.notice_key).order_by(outbound.c.id))) == ["new", "last"]
    assert count(store, outbound_event) == 2


def test_a_replay_is_nothing_before_while_and_after_its_message_is_purged(store: Store) -> None:
    sids = [f"SM{i:04}" for i in range(300)]
    for sid in sids:
        came(store, sid, ROWS + 1)
    came(store, "SM9999", 0)
    replays = [Arrival("twilio", sid, PHONE, "2757", "JHT 18050012345") for sid in sids]
    receive, over = Receive(store, QuietBell()), Event()

    def replay_all_the_time(part: int) -> int:
        rounds = 0
        while not over.is_set() or rounds == 0:
            receive.together(replays[part::3])
            rounds += 1
        return rounds

    with ThreadPoolExecutor(5) as pool:
        replaying = [pool.submit(replay_all_the_time, part) for part in range(3)]
        run(store)
        let_rest(store)
        deleted = sum(done.deleted for done in pool.map(lambda _: run(store), range(2)))
        over.set()
    assert all(future.result() for future in replaying)
    receive.together(replays)
    receive.close()
    assert (deleted, count(store, inbound), count(store, seen_id)) == (300, 1, 300)


def test_many_purges_at_once_do_everything_once(store: Store) -> None:
    for i in range(250):
        went(store, came(store, f"SM{i:04}", ROWS + 1), ROWS + 1)
    went(store, came(store, "SM9999", 0), 0)
    with ThreadPoolExecutor(4) as pool:
        first = [*pool.map(lambda _: run(store), range(4))]
        let_rest(store)
        second = [*pool.map(lambda _: run(store), range(4))]
    assert sum(done.deleted for done in (*first, *second)) == 250
    assert [count(store, table) for table in (inbound, outbound, outbound_event, seen_id)] == [1, 1, 1, 250]


def test_a_purge_goes_on_where_it_was_stopped_and_takes_few_rows_at_a_time(store: Store) -> None:
    for i in range(AT_ONCE + 50):
        came(store, f"SM{i:04}", BODIES + 1)
    told: list[int] = []

    def once(rows: int) -> bool:
        told.append(rows)
        return False

    assert purging(store).now(once).emptied == AT_ONCE
    assert run(store).emptied == 50
    assert max(told) == AT_ONCE


def test_the_sweep_calls_for_a_purge_and_one_process_has_the_turn(store: Store) -> None:
    came(store, "SM1", BODIES + 1)
    assert "purge" not in sweep(store)
    assert purging(store)() == 0
    with store.write() as connection:
        connection.execute(update(heartbeat).values(at=heartbeat.c.at - purge.TIDY_EVERY_MS))
    assert "purge" in sweep(store)
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: purging(store)(), range(8))) == 1
    assert "purge" not in sweep(store)


def test_what_else_is_old_is_left_behind(store: Store) -> None:
    old = db_now() - (ROWS + 1) * DAY_MS
    orphan = {"carrier": "twilio", "carrier_status": "sent"}
    with store.write() as connection:
        for sid, days in (("SM1", BODIES + 1), ("SM2", 1)):
            connection.execute(insert(orphan_callback).values(**orphan, carrier_id=sid, at=db_now() - days * DAY_MS))
        for phone, values in (
            ("+62811", {"language": "en", "updated_at": old}),
            ("+62812", {"language": "en", "updated_at": db_now()}),
            ("+62813", {"opted_out_at": old, "updated_at": old}),
            ("+62814", {"locked_until": 253_402_300_799_000, "updated_at": old}),
            ("+62815", {"offer": "{}", "offer_until": db_now() - 2 * DAY_MS, "updated_at": db_now()}),
            ("+62816", {"offer": "{}", "offer_until": db_now() - 1000, "updated_at": db_now()}),
        ):
            connection.execute(insert(contact).values(phone=phone, **values))
    assert purging(store).tidy() == 3
    with store.read() as connection:
        kept = {row.phone: row.offer for row in connection.execute(select(contact))}
    assert kept == {"+62812": None, "+62813": None, "+62814": None, "+62815": None, "+62816": "{}"}
    assert count(store, orphan_callback) == 1


def test_what_participants_began_and_is_over_goes_too(store: Store) -> None:
    now_ms = Clock(store).now_ms()
    old, young = now_ms - (ROWS + 1) * DAY_MS, now_ms - DAY_MS
    with store.write() as connection:
        connection.execute(insert(people).values(id=1, name="SITI"))
        member = {"number": "99999999999", "status": "AKTIF", "segment": "PU"}
        connection.execute(insert(memberships).values(id=1, person_id=1, **member))
        for i, (state, at) in enumerate((("answered", old), ("answered", young), ("received", old))):
            report = {"number": f"L2510-{i:05}", "inbound_id": i, "phone": PHONE, "text": "x", "state": state}
            connection.execute(insert(complaints).values(**report, filed_at=at, changed_at=at))
        for state, at in (("revoked", old), ("revoked", young), ("active", old)):
            stamps = dict.fromkeys(("bound_at", "used_at", "changed_at"), at)
            connection.execute(insert(bindings).values(membership_id=1, phone=PHONE, state=state, **stamps))
        for state, at in (("done", old), ("refused", young), ("waiting", old)):
            connection.execute(
                insert(rebindings).values(membership_id=1, phone=PHONE, state=state, began_at=at, until=at)
            )
    assert purging(store).tidy() == 3
    assert [count(store, table) for table in (complaints, bindings, rebindings)] == [2, 2, 2]


def test_the_command_tells_first_and_then_does_it(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMSGW_DATABASE_URL", sqlite_store.engine.url.render_as_string())
    monkeypatch.setenv("SMSGW_DATA_KEY", KEY.hex())
    went(sqlite_store, came(sqlite_store, "SM1", ROWS + 1), ROWS + 1)
    went(sqlite_store, came(sqlite_store, "SM2", BODIES + 1), BODIES + 1)
    told = CliRunner().invoke(command, ["--dry-run"])
    assert told.output == (
        "4 texts older than 30 days and 1 conversations and notices older than 365 days would be erased.\n"
    )
    with sqlite_store.write() as connection:
        digest = inbox.tombstone(sqlite_store, "twilio", "SM1")
        connection.execute(insert(seen_id).values(digest=digest, seen_at=0))
    done = CliRunner().invoke(command, [])
    assert done.output == "Erased 2 texts, and 1 conversations and notices.\n", done.output
    assert texts(sqlite_store, inbound) == [None]


def test_rows_are_not_kept_shorter_than_texts() -> None:
    with pytest.raises(StartupError, match="SMSGW_KEEP_ROWS_DAYS"):
        load(keep_bodies_days=30, keep_rows_days=29)


@pytest.mark.parametrize(("redact", "days", "starts"), [("on", 6, False), ("on", 7, True), ("off", 2, True)])
def test_rows_are_kept_until_their_texts_are_redacted(redact: str, days: int, *, starts: bool) -> None:
    expected = (
        nullcontext() if starts else pytest.raises(StartupError, match=r"SMSGW_KEEP_ROWS_DAYS.*SMSGW_TWILIO_REDACT")
    )
    with expected:
        assert load(twilio_redact=redact, keep_bodies_days=2, keep_rows_days=days).keep_rows_days == days


@pytest.mark.parametrize("table", sorted(metadata.tables))
def test_the_document_says_what_bounds_each_table(table: str) -> None:
    text = (Path(__file__).parents[1] / "docs" / "retention.md").read_text(encoding="utf-8")
    assert f"\n| `{table}` |" in text, f"docs/retention.md does not say what bounds {table}"
