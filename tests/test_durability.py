"""Durability: a production whose database may lose what was acknowledged does not start, and says what to do."""

import re
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import event, text

from smsgw.config import Settings
from smsgw.errors import StartupError
from smsgw.services import open_services
from smsgw.store import Cipher, Store, durability, open_store

Make = Callable[..., Settings]
PRODUCTION = {"environment": "production", "public_url": "https://sms.example.id"}


def spoil(store: Store, statement: str) -> None:
    """Have a statement run in every session, after our own settings."""

    def connected(connection: Any, record: object) -> None:
        connection.cursor().execute(statement)
        connection.commit()

    event.listen(store.engine, "connect", connected)


def test_sqlite_is_as_it_must_be(sqlite_store: Store) -> None:
    assert durability.problems(sqlite_store) == []


SPOILED = ["PRAGMA synchronous=NORMAL", "PRAGMA synchronous=OFF", "PRAGMA journal_mode=DELETE"]


@pytest.mark.parametrize("statement", SPOILED)
def test_sqlite_that_does_not_sync_is_named(sqlite_store: Store, statement: str) -> None:
    spoil(sqlite_store, statement)
    (problem,) = durability.problems(sqlite_store)
    assert "local disk" in problem


@pytest.mark.parametrize(("level", "well"), [("on", True), ("local", True), ("remote_apply", True), ("off", False)])
def test_what_our_sessions_wait_for(postgresql_store: Store, level: str, well: bool) -> None:
    spoil(postgresql_store, f"SET synchronous_commit = {level}")
    named = [problem for problem in durability.problems(postgresql_store) if "synchronous_commit" in problem]
    assert (named == []) == well


def test_a_role_or_database_that_does_not_wait_is_overruled(postgresql_store: Store, cipher: Cipher) -> None:
    url = postgresql_store.engine.url
    with postgresql_store.write() as connection:
        connection.execute(text(f"ALTER DATABASE {url.database} SET synchronous_commit = off"))
    with closing(open_store(url.render_as_string(hide_password=False), cipher)) as store, store.read() as connection:
        assert connection.scalar(text("SHOW synchronous_commit")) == "on"


def test_production_refuses_to_start_and_a_demo_does_not(settings: Make, postgresql_url: str) -> None:
    unsafe = settings(**PRODUCTION, database_url=postgresql_url)
    with pytest.raises(StartupError) as refused, open_services(unsafe):
        pytest.fail("it started")
    assert [re.match(r"PostgreSQL has (\w+) off: .*Set it on", one)[1] for one in refused.value.problems] == [  # type: ignore[index]
        "fsync",
        "full_page_writes",
    ]
    with open_services(settings(database_url=postgresql_url, twilio_api_url="http://127.0.0.1:1")) as services:
        assert services.settings.environment == "demo"


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
def test_production_refuses_a_redis_that_evicts_and_a_demo_does_not(
    settings: Make, sqlite_url: str, redis_url: str, policy: str
) -> None:
    with Redis.from_url(redis_url) as client:
        client.config_set("maxmemory-policy", policy)
        try:
            with (
                pytest.raises(StartupError) as refused,
                open_services(settings(**PRODUCTION, database_url=sqlite_url, redis_url=redis_url)),
            ):
                pytest.fail("it started")
            demo = settings(database_url=sqlite_url, redis_url=redis_url, twilio_api_url="http://127.0.0.1:1")
            with open_services(demo) as services:
                assert services.redis is not None
        finally:
            client.config_set("maxmemory-policy", "noeviction")
    (problem,) = refused.value.problems
    assert problem.startswith(f"Redis evicts by {policy}. Set maxmemory-policy noeviction")
    with open_services(settings(**PRODUCTION, database_url=sqlite_url, redis_url=redis_url)) as services:
        assert services.settings.environment == "production"


def test_production_starts_where_redis_is_away(settings: Make, sqlite_url: str) -> None:
    away = settings(**PRODUCTION, database_url=sqlite_url, redis_url="redis://127.0.0.1:1")
    with open_services(away) as services:
        assert services.settings.environment == "production"


def test_production_starts_on_sqlite_and_where_the_database_is_away(settings: Make, sqlite_url: str) -> None:
    for url in (sqlite_url, "postgresql://127.0.0.1:1/none"):
        with open_services(settings(**PRODUCTION, database_url=url)) as services:
            assert services.settings.database == url
