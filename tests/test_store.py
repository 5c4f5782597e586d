"""The store: durable settings, writers who take turns, and errors that say what is the matter without data."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import insert, select, text

from smsgw.errors import KeyLost, StartupError, StoreUnavailable
from smsgw.messages.tables import contact
from smsgw.store import Cipher, Store, db_now, open_store
from smsgw.store.cipher import make_key_file, read_key

DURABLE = {"sqlite": ("PRAGMA synchronous", 2), "postgresql": ("SHOW synchronous_commit", "on")}


def test_a_commit_is_on_disk_before_it_is_told(store: Store) -> None:
    statement, value = DURABLE[store.engine.dialect.name]
    with store.read() as connection:
        assert connection.execute(text(statement)).scalar() == value


def test_a_postgresql_that_is_gone_or_locked_is_not_waited_for_without_end(postgresql_store: Store) -> None:
    wanted = {"tcp_user_timeout": "10000", "keepalives_idle": "10", "keepalives_interval": "5", "keepalives_count": "2"}
    with postgresql_store.read() as connection:
        given = connection.connection.driver_connection.info.get_parameters()  # type: ignore[union-attr]
        assert connection.scalar(text("SHOW lock_timeout")) == "10s"
    assert {name: given.get(name) for name in wanted} == wanted


def lock_contact(store: Store) -> None:
    with store.write() as connection:
        connection.execute(text("SET LOCAL lock_timeout = '50ms'"))
        connection.execute(text("LOCK TABLE contact IN EXCLUSIVE MODE"))


def test_past_the_wait_for_anothers_lock_the_database_is_unavailable(postgresql_store: Store) -> None:
    with postgresql_store.write() as other:
        other.execute(text("LOCK TABLE contact IN EXCLUSIVE MODE"))
        with pytest.raises(StoreUnavailable):
            lock_contact(postgresql_store)
    lock_contact(postgresql_store)


def test_sqlite_logs_ahead(sqlite_store: Store) -> None:
    with sqlite_store.read() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"


def test_writers_wait_for_each_other(store: Store) -> None:
    def write(i: int) -> None:
        with store.write() as connection:
            connection.execute(insert(contact).values(phone=f"+62812{i:08}", updated_at=db_now()))

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(write, range(100)))
    with store.read() as connection:
        assert len(connection.execute(select(contact.c.phone)).all()) == 100


def test_another_programs_lock_is_waited_for(sqlite_store: Store) -> None:
    file = sqlite_store.engine.url.database
    assert file
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    threading.Timer(0.3, lambda: other.execute("COMMIT")).start()
    with sqlite_store.write() as connection:
        connection.execute(insert(contact).values(phone="+6281200000001", updated_at=db_now()))
    other.close()


def test_a_session_that_the_server_has_ended_is_not_used_again(postgresql_store: Store) -> None:
    pid = text("SELECT pg_backend_pid()")
    end_others = text(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with postgresql_store.read() as first, postgresql_store.read() as second:
        before = {first.scalar(pid), second.scalar(pid)}
    with postgresql_store.read() as connection:
        survivor = connection.scalar(pid)
        assert list(connection.scalars(end_others)) == [True]
    with postgresql_store.read() as first, postgresql_store.write() as second:
        after = {first.scalar(pid), second.scalar(pid)}
    assert before & after == {survivor}


def test_an_exception_undoes_the_transaction(store: Store) -> None:
    def write_and_fail() -> None:
        with store.write() as connection:
            connection.execute(insert(contact).values(phone="+6281200000001", updated_at=db_now()))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    with store.read() as connection:
        assert connection.execute(select(contact.c.phone)).all() == []


@pytest.mark.parametrize("url", ["sqlite:////no/such/folder/x.sqlite", "postgresql://nobody@127.0.0.1:1/nothing"])
def test_a_database_that_is_not_there_is_unavailable(url: str, cipher: Cipher) -> None:
    store = open_store(url, cipher)
    for verb in (store.read, store.write):
        with pytest.raises(StoreUnavailable), verb() as connection:
            connection.execute(text("SELECT 1"))


def end_connections(url: str) -> None:
    """What a restart of the server does to everybody connected."""
    with psycopg.connect(url, autocommit=True) as other:
        mine = "pid <> pg_backend_pid() AND datname = current_database()"
        other.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {mine}".encode())


def count_contacts(store: Store) -> int:
    with store.write() as connection:
        return len(connection.execute(select(contact.c.phone)).all())


def test_connections_that_died_while_idle_are_replaced_unseen(postgresql_store: Store, postgresql_url: str) -> None:
    with postgresql_store.write(), postgresql_store.read() as connection:
        connection.execute(text("SELECT 1"))
    end_connections(postgresql_url)
    assert count_contacts(postgresql_store) == 0
    assert count_contacts(postgresql_store) == 0


def test_a_connection_that_dies_in_use_makes_the_database_unavailable_once(
    postgresql_store: Store, postgresql_url: str
) -> None:
    def lose_it() -> None:
        with postgresql_store.write() as connection:
            end_connections(postgresql_url)
            connection.execute(text("SELECT 1"))

    count_contacts(postgresql_store)
    with pytest.raises(StoreUnavailable):
        lose_it()
    assert count_contacts(postgresql_store) == 0


def test_an_error_names_no_value(sqlite_store: Store) -> None:
    with pytest.raises(StoreUnavailable) as caught, sqlite_store.read() as connection:
        connection.execute(text("SELECT * FROM nothing WHERE x = :x"), {"x": "secret-value"})
    assert "secret-value" not in str(caught.value) + str(caught.value.__cause__)


def test_the_databases_clock_is_ours_to_the_second(store: Store) -> None:
    with store.read() as connection:
        now = connection.scalar(select(db_now()))
        wall = connection.scalar(text("SELECT 1"))
    assert wall == 1
    assert isinstance(now, int)
    assert now > 1_700_000_000_000


@pytest.mark.parametrize("value", ["", "+6281200000001", "é" * 500, "\ud800"])
def test_what_is_encrypted_comes_back(cipher: Cipher, value: str) -> None:
    assert cipher.decrypt(cipher.encrypt(value, b"body"), b"body") == value


def test_sealed_is_equal_and_encrypted_is_not(cipher: Cipher) -> None:
    assert cipher.seal("x", b"phone") == cipher.seal("x", b"phone") != cipher.seal("x", b"nik")
    assert cipher.encrypt("x", b"body") != cipher.encrypt("x", b"body")


def test_another_key_or_label_opens_nothing(cipher: Cipher) -> None:
    sealed, encrypted = cipher.seal("x", b"phone"), cipher.encrypt("x", b"body")
    for other, label in ((Cipher(bytes(64)), b"phone"), (cipher, b"nik")):
        with pytest.raises(KeyLost):
            other.unseal(sealed, label)
    for data, label in ((encrypted, b"name"), (encrypted[:-1] + b"\x00", b"body")):
        with pytest.raises(KeyLost):
            cipher.decrypt(data, label)


def test_a_key_file_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "data.key"
    assert make_key_file(file)
    key = read_key("", file)
    assert (len(key), file.stat().st_mode & 0o777, make_key_file(file)) == (64, 0o600, False)
    assert read_key("", file) == key


@pytest.mark.parametrize("setting", ["zz", "ab", "ab" * 63])
def test_a_key_that_is_none_is_refused_by_name(tmp_path: Path, setting: str) -> None:
    with pytest.raises(StartupError, match="SMSGW_DATA_KEY"):
        read_key(setting, tmp_path / "absent")
