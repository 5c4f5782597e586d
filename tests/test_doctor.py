"""smsgw doctor: what is missing or unsafe is named with its next step, and what is well is not."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from redis import Redis

from smsgw.cli import datakey
from smsgw.cli.checks import all_checks
from smsgw.cli.doctor import command
from smsgw.config import Settings, load
from smsgw.errors import StartupError
from smsgw.members.demo import populate
from smsgw.messages import pauses
from smsgw.services import open_database
from smsgw.store import Cipher, Store
from smsgw.store.cipher import make_key_file, read_key

Make = Callable[..., Settings]
OTHER_KEY = "cd" * 64
PRODUCTION = {"environment": "production", "public_url": "https://sms.example.id"}


def advice(settings: Settings) -> dict[str, str]:
    """What has to be done, by what was found."""
    return {finding.what: finding.next_step for finding in all_checks(settings) if not finding.well}


def test_a_complete_gateway_is_well(settings: Make, sqlite_url: str, redis_url: str) -> None:
    complete = settings(database_url=sqlite_url, redis_url=redis_url, twilio_api_url="http://127.0.0.1:8001")
    assert advice(complete) == {}
    assert advice(settings(**PRODUCTION, database_url=sqlite_url, redis_url=redis_url)) == {}


@pytest.mark.parametrize(
    ("changes", "found", "step"),
    [
        ({"redis_url": ""}, "SMSGW_REDIS_URL is not set", "smsgw up"),
        ({"redis_url": "redis://127.0.0.1:1/0"}, "Redis does not answer (ConnectionError)", "Start it"),
        ({"redis_url": "nonsense"}, "Redis does not answer (ValueError)", "correct SMSGW_REDIS_URL"),
        ({"twilio_account_sid": "AC1"}, "account SID is missing or wrong", "SMSGW_TWILIO_ACCOUNT_SID"),
        ({"twilio_auth_token": ""}, "auth token is missing or too short", "SMSGW_TWILIO_AUTH_TOKEN"),
        ({"twilio_auth_token_previous": "short"}, "auth token is missing or too short", "anyone could sign"),
        ({"twilio_from": ""}, "our numbers are missing", "SMSGW_TWILIO_FROM"),
        ({"kannel_token": "x" * 16, "kannel_from": "2757"}, "Kannel is incomplete", "SMSGW_KANNEL_URL, SMSGW_KANNEL_U"),
        ({"kannel_url": "http://127.0.0.1:1/"}, "Kannel is incomplete", "SMSGW_KANNEL_TOKEN"),
        ({"routes": "2757=kannel,twilio"}, "a route or a pace cannot be used", "2757 is no number of twilio"),
        ({"pace": "2757=3"}, "a route or a pace cannot be used", "SMSGW_PACE: 2757 is no number of ours"),
        (
            {"oidc_issuer": "https://127.0.0.1:1"},
            "identity provider cannot be used",
            "SMSGW_OIDC_CLIENT_SECRET is not set",
        ),
        (
            {"oidc_issuer": "https://127.0.0.1:1", "oidc_client_id": "smsgw", "oidc_client_secret": "x"},
            "does not answer as it should (ConnectionError)",
            "Compare SMSGW_OIDC_ISSUER",
        ),
        ({"public_url": "http://sms.example.id"}, "is not a public https address", "SMSGW_PUBLIC_URL"),
        ({"public_url": "https://localhost"}, "is not a public https address", "SMSGW_PUBLIC_URL"),
        ({"twilio_api_url": "http://127.0.0.1:8001"}, "carrier's API http://127.0.0.1:8001", "https"),
        ({"environment": "demo", "host": "0.0.0.0"}, "environment demo", "SMSGW_HOST=127.0.0.1"),
        ({"environment": "demo"}, "carrier's API https://api.twilio.com", "a real carrier"),
        ({"rules_file": "nowhere.csv"}, "the rulebook cannot be loaded", "Correct SMSGW_RULES_FILE"),
        ({"data_key": "ab"}, "the data key must be 64 bytes", "smsgw doctor --make-key"),
        ({"data_key": ""}, "data.key is missing", "smsgw doctor --make-key"),
        (
            {"database_url": "postgresql://127.0.0.1:1/none"},
            "the postgresql database cannot be used",
            "SMSGW_DATABASE_URL",
        ),
    ],
    ids=str,
)
def test_what_is_wrong_is_named_with_its_next_step(
    settings: Make, sqlite_url: str, redis_url: str, changes: dict[str, str], found: str, step: str
) -> None:
    said = advice(settings(**{**PRODUCTION, "database_url": sqlite_url, "redis_url": redis_url, **changes}))
    (line,) = [f"{what}: {next_step}" for what, next_step in said.items() if found in what]
    assert step in line


def test_a_database_without_tables_is_told_to_migrate(settings: Make, tmp_path: Path, redis_url: str) -> None:
    empty = settings(**PRODUCTION, database_url=f"sqlite:///{tmp_path}/empty.sqlite", redis_url=redis_url)
    assert "smsgw migrate" in advice(empty)["there is no database yet"]
    assert not (tmp_path / "empty.sqlite").exists()
    (tmp_path / "empty.sqlite").touch()
    assert advice(empty) == {"its schema is old or missing": "Run `smsgw migrate`."}


PAUSED = [(pauses.BY_HAND, "page Sending"), ("20003", "see its credentials")]


@pytest.mark.parametrize(("reason", "step"), PAUSED, ids=["by hand", "refused"])
def test_a_carrier_that_nothing_is_sent_by_is_named(
    settings: Make, sqlite_url: str, redis_url: str, reason: str, step: str
) -> None:
    complete = settings(database_url=sqlite_url, redis_url=redis_url, twilio_api_url="http://127.0.0.1:8001")
    with closing(open_database(complete)) as store, store.write() as connection:
        if reason == pauses.BY_HAND:
            pauses.pause(connection, "twilio")
        else:
            pauses.begin(connection, "twilio", 1, reason)
    assert step in advice(complete)["nothing is sent by twilio"]


def test_a_redis_that_evicts_is_unsafe(settings: Make, sqlite_url: str, redis_url: str) -> None:
    with Redis.from_url(redis_url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            said = advice(settings(**PRODUCTION, database_url=sqlite_url, redis_url=redis_url))
        finally:
            client.config_set("maxmemory-policy", "noeviction")
    assert list(said) == ["Redis evicts by allkeys-lru"]


def test_a_redis_whose_account_may_not_ask_is_not_taken_for_dead(
    settings: Make, sqlite_url: str, redis_url: str
) -> None:
    with Redis.from_url(redis_url) as client:
        client.execute_command("ACL", "SETUSER", "default", "-info")
        try:
            found = [*all_checks(settings(**PRODUCTION, database_url=sqlite_url, redis_url=redis_url))]
        finally:
            client.execute_command("ACL", "SETUSER", "default", "+info")
    told = [finding for finding in found if "Redis" in finding.what]
    assert [finding.what.partition(";")[0] for finding in told] == [
        "Redis answers",
        "Redis does not tell its eviction policy",
    ]
    assert all(finding.well for finding in told)


def test_a_postgresql_that_does_not_write_through_is_unsafe(
    settings: Make, postgresql_url: str, redis_url: str
) -> None:
    found = all_checks(settings(**PRODUCTION, database_url=postgresql_url, redis_url=redis_url))
    wrong = [finding for finding in found if not finding.well]
    assert {finding.what for finding in wrong} == {"the database may lose what was acknowledged"}
    assert [finding.next_step.partition(":")[0] for finding in wrong] == [
        "PostgreSQL has fsync off",
        "PostgreSQL has full_page_writes off",
    ]


def test_a_lost_key_is_explained_and_no_new_one_is_made(
    settings: Make, store: Store, tmp_path: Path, redis_url: str
) -> None:
    url = store.engine.url.render_as_string(hide_password=False)
    populate(store, 1, 1)
    assert datakey.problem(store) == ""
    wrong = settings(**PRODUCTION, database_url=url, redis_url=redis_url, data_key=OTHER_KEY)
    assert advice(wrong)["the data key does not fit the data"] == datakey.LOST
    without = settings(**PRODUCTION, database_url=url, redis_url=redis_url, data_key="")
    assert datakey.LOST in advice(without).values()
    with pytest.raises(StartupError, match="nobody can make it again"):
        datakey.make(without)
    assert not without.key_file.exists()


def test_a_key_is_made_where_nothing_waits_for_another(settings: Make) -> None:
    fresh = settings(data_key="", home=settings().home / "new")
    assert datakey.make(fresh)
    assert not datakey.make(fresh)
    assert fresh.key_file.stat().st_mode & 0o777 == 0o600
    assert Cipher(read_key("", fresh.key_file)).seal("text", b"label")


def test_a_key_that_others_may_read_is_unsafe(settings: Make, sqlite_url: str, redis_url: str) -> None:
    open_key = settings(**PRODUCTION, database_url=sqlite_url, redis_url=redis_url, data_key="")
    make_key_file(open_key.key_file)
    open_key.key_file.chmod(0o644)
    assert advice(open_key) == {
        f"{open_key.key_file} is not private": f"Others on this machine may read it: chmod 600 {open_key.key_file}"
    }


def test_the_exit_code_says_that_something_is_to_be_done() -> None:
    done = CliRunner().invoke(command, [])
    assert done.exit_code == 1
    assert "FIX   there is no database yet\n      Run `smsgw migrate`" in done.output


def test_kannel_alone_is_a_carrier(settings: Make, sqlite_url: str, redis_url: str) -> None:
    twilio = {"twilio_account_sid": "", "twilio_auth_token": "", "twilio_from": ""}
    kannel = {"kannel_url": "http://127.0.0.1:13013/cgi-bin/sendsms", "kannel_user": "smsgw", "kannel_password": "x"}
    kannel |= {"kannel_token": "x" * 16, "kannel_from": "2757"}
    assert advice(settings(**twilio, **kannel, database_url=sqlite_url, redis_url=redis_url)) == {}


WRONG = [
    ("kannel_token", "too-short"),
    ("kannel_token", "with%20escapes-in-it"),
    ("kannel_peers", "not-an-address"),
    ("kannel_url", "127.0.0.1:13013"),
    ("kannel_url", "http://127.0.0.1:port/"),
    ("kannel_callback_url", "http://127.0.0.1/%d"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_setting_of_kannel_names_itself_and_no_secret(name: str, value: str) -> None:
    with pytest.raises(StartupError) as refused:
        load(**{name: value})
    assert f"SMSGW_{name.upper()}" in str(refused.value)
    assert (value in str(refused.value)) <= (name == "kannel_peers")
