"""smsgw operator: accounts from the command line, each change in the audit log as done by "cli"; the demo's logins."""

import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from smsgw.cli import demo_login
from smsgw.cli.main import group
from smsgw.operators import door
from smsgw.operators.tables import audit, operators
from smsgw.store import Cipher, Store, open_store
from tests.conftest import KEY

PASSWORD = "tiga ekor kucing hitam"
Run = Callable[..., Result]


@pytest.fixture
def run(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in {"HOME": str(tmp_path), "DATABASE_URL": sqlite_url, "DATA_KEY": KEY.hex()}.items():
        monkeypatch.setenv(f"SMSGW_{name}", value)
    return lambda *words, given="": CliRunner().invoke(group, ["operator", *words], input=given)


@pytest.fixture
def store(sqlite_url: str, run: Run) -> Store:
    return open_store(sqlite_url, Cipher(KEY))


def lets_in(store: Store, name: str, password: str) -> bool:
    return door.sign_in(store, door.Tried(name, password, "", "127.0.0.1"), 10, 10) is not None


def test_an_account_is_made_with_a_password_that_is_asked_for(run: Run, store: Store) -> None:
    done = run("add", "rina", "--role", "operator", given=f"{PASSWORD}\n{PASSWORD}\n")
    assert (done.exit_code, PASSWORD in done.output, lets_in(store, "rina", PASSWORD)) == (0, False, True)


def test_a_made_password_is_printed_once_and_kept_hashed(run: Run, store: Store) -> None:
    found = re.search(r"shown this once: (\S+)", run("add", "rina", "--role", "admin", "--generate").output)
    assert found is not None
    assert lets_in(store, "rina", found[1])
    with store.read() as connection:
        assert str(connection.scalar(select(operators.c.password_hash))).startswith("$argon2id$")


REFUSED = [("rina", "taken"), ("R", "An account's name")]


@pytest.mark.parametrize(("name", "words"), REFUSED)
def test_what_cannot_be_done_says_why(run: Run, name: str, words: str) -> None:
    run("add", "rina", "--role", "viewer", "--generate")
    done = run("add", name, "--role", "viewer", "--generate")
    assert (done.exit_code, words in done.output) == (1, True)


def test_a_weak_password_is_refused(run: Run) -> None:
    done = run("add", "rina", "--role", "viewer", given="pendek\npendek\n")
    assert (done.exit_code, "12 to 128" in done.output) == (1, True)


def test_an_account_is_closed_opened_given_a_password_and_a_factor(run: Run, store: Store) -> None:
    assert "no account yet" in run("list").output
    run("add", "rina", "--role", "viewer", given=f"{PASSWORD}\n{PASSWORD}\n")
    assert run("disable", "rina").exit_code == 0
    assert (lets_in(store, "rina", PASSWORD), "closed" in run("list").output) == (False, True)
    run("disable", "rina", "--undo")
    assert run("password", "rina", given=f"{PASSWORD}!\n{PASSWORD}!\n").exit_code == 0
    assert "otpauth://totp/" in run("totp", "rina").output
    assert not lets_in(store, "rina", f"{PASSWORD}!")
    run("totp", "rina", "--off")
    assert lets_in(store, "rina", f"{PASSWORD}!")
    with closing(store), store.read() as connection:
        done = list(connection.execute(select(audit.c.actor, audit.c.act).order_by(audit.c.id)))
    made = ["account_added", "account_closed", "account_opened", "password_set", "second_factor_set"]
    assert [act for actor, act in done if actor == "cli"] == [*made, "second_factor_removed"]


def test_an_account_is_opened_by_the_identity_provider_or_by_a_password(run: Run, store: Store) -> None:
    assert run("add", "rina", "--role", "viewer", "--oidc", "rina@example.id").exit_code == 0
    assert ("provider" in run("list").output, lets_in(store, "rina", "")) == (True, False)
    run("password", "rina", given=f"{PASSWORD}\n{PASSWORD}\n")
    assert ("provider" in run("list").output, lets_in(store, "rina", PASSWORD)) == (False, True)
    assert run("oidc", "rina", "rina@example.id").exit_code == 0
    assert ("provider" in run("list").output, lets_in(store, "rina", PASSWORD)) == (True, False)
    with closing(store), store.read() as connection:
        done = list(connection.scalars(select(audit.c.act).where(audit.c.actor == "cli").order_by(audit.c.id)))
        kept = connection.execute(select(operators.c.provider_name, operators.c.password_hash)).one()
        assert connection.exec_driver_sql("SELECT provider_name FROM operators").scalar() != b"rina@example.id"
    assert (done, tuple(kept)) == (["account_added", "password_set", "provider_set"], ("rina@example.id", ""))


NOT_TAKEN = [
    ("add", "tono", "--role", "viewer", "--oidc", "rina@example.id"),
    ("oidc", "budi", "rina@example.id"),
    ("oidc", "budi", ""),
    ("oidc", "budi", " budi"),
    ("oidc", "budi", "bu\u202edi"),
    ("oidc", "budi", "b" * 256),
    ("add", "tono", "--role", "viewer", "--oidc", "tono", "--generate"),
]


@pytest.mark.parametrize("words", NOT_TAKEN)
def test_a_name_at_the_provider_is_of_one_account_and_can_be_read(run: Run, store: Store, words: list[str]) -> None:
    run("add", "rina", "--role", "viewer", "--oidc", "rina@example.id")
    run("add", "budi", "--role", "viewer", given=f"{PASSWORD}\n{PASSWORD}\n")
    assert run(*words).exit_code != 0
    assert lets_in(store, "budi", PASSWORD)


def test_an_account_that_is_none_is_told(run: Run) -> None:
    assert "no account of that name" in run("disable", "nobody").output


def test_the_demos_logins_get_another_password_at_each_start(store: Store) -> None:
    first, second = demo_login.prepare(store), demo_login.prepare(store)
    assert second.password in second.line()
    assert second.password not in repr(second)
    for name in demo_login.WHO:
        assert (lets_in(store, name, first.password), lets_in(store, name, second.password)) == (False, True)
