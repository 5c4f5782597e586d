"""What every test may ask for: settings, a Valkey, and stores on SQLite and on PostgreSQL with all tables.

`store` runs a test twice, once on each database. Servers are started once a worker and only when asked for; each
test gets an empty queue and a database of its own, copied from one that was migrated once.
"""

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import LiteralString, NoReturn

import psycopg
import pytest
from hypothesis import settings as hypothesis
from playwright.sync_api import Browser
from redis import Redis

from smsgw import migrations
from smsgw.config import Settings
from smsgw.members.demo import populate
from smsgw.services import Services
from smsgw.store import Cipher, Store, open_store
from tests.model.play import added_up
from tests.support import axe, corpus, kannel, servers, twilio
from tests.support import browser as browsing
from tests.support.console import Console, console_over
from tests.support.console import console as open_console
from tests.support.gateway import Gateway, gateway
from tests.support.meeting import Meeting, over
from tests.support.provider import StandIn
from tests.support.provider import provider as open_provider

# `pytest --hypothesis-profile=ci` looks further. Nothing here is a matter of time: the machine may be busy.
hypothesis.register_profile("default", max_examples=50, deadline=None)
hypothesis.register_profile("ci", max_examples=1000, deadline=None, print_blob=True)
hypothesis.load_profile("default")

TEMPLATE = "smsgw_template"
KEY = bytes(range(64))
_numbers = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def own_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No setting of the developer's shell or of a demo in this folder reaches a test."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("SMSGW_")]:
            patch.delenv(name)
        patch.setenv("SMSGW_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture
def cipher() -> Cipher:
    """A cipher with a fixed key, the one behind every store of the tests."""
    return Cipher(KEY)


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Settings]:
    """Makes settings of a demo whose home is the test's folder: `settings(port=8001)`."""
    values: dict[str, object] = {
        "environment": "demo",
        "home": tmp_path,
        "twilio_account_sid": "AC" + "0" * 32,
        "twilio_auth_token": "not-a-real-token",
        "twilio_from": "+15005550006",
        "data_key": KEY.hex(),
        "quiet_hours": "",
    }
    return lambda **changes: Settings.model_validate(values | changes)


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of this worker's Valkey."""
    with servers.running_valkey(tmp_path_factory.mktemp("valkey") / "data") as url:
        yield url


@pytest.fixture
def redis_url(valkey_server: str) -> str:
    """The URL of an empty queue."""
    with Redis.from_url(valkey_server) as client:
        client.flushall()
    return valkey_server


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL, without a database, of this worker's PostgreSQL; the test is skipped, in CI failed, without one."""
    programs = servers.postgresql_programs()
    if programs is None:
        _refuse("PostgreSQL's initdb is not on the PATH nor in /usr/lib/postgresql/*/bin")
    with servers.running_postgresql(programs) as url:
        yield url


@pytest.fixture(scope="session")
def kannel_programs() -> None:
    """Kannel is installed; the test is skipped, in CI failed, without it."""
    if kannel.programs() is None:
        _refuse("Kannel's bearerbox and smsbox are not installed")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium without a window; the test is skipped, in CI failed, without one.

    A module's, not the session's: while it is open, `asyncio.run` refuses to work in this thread.
    """
    program = browsing.program()
    if program is None:
        _refuse("Chromium is not installed")
    with browsing.launched(program) as opened:
        yield opened


@pytest.fixture
def look(browser: Browser) -> Iterator[browsing.Look]:
    """Opens pages: `look(url)`. The test fails on whatever any of them complained about."""
    looking = browsing.Look(browser)
    yield looking
    assert looking.close() == []


@pytest.fixture(scope="session")
def serious_findings() -> axe.Findings:
    """What axe-core finds serious on a page: `serious_findings(page)`; skipped, in CI failed, where it is missing."""
    script = axe.source()
    if script is None:
        _refuse("axe-core was not fetched: python -m tests.support.axe")
    return lambda page: axe.findings(page, script)


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> str:
    """The name of a migrated database that the others are copied from."""
    _sql(postgresql_server, f"CREATE DATABASE {TEMPLATE}")
    _migrate(servers.named(postgresql_server, TEMPLATE))
    return TEMPLATE


@pytest.fixture
def postgresql_url(postgresql_server: str, postgresql_template: str) -> Iterator[str]:
    """The URL of a fresh PostgreSQL database with all tables."""
    with _database(postgresql_server, postgresql_template) as url:
        yield url


@pytest.fixture
def empty_postgresql_url(postgresql_server: str) -> Iterator[str]:
    """The URL of a fresh PostgreSQL database without tables."""
    with _database(postgresql_server, "template0") as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file that the others are copied from."""
    file = tmp_path_factory.mktemp("sqlite") / "template.sqlite"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a fresh SQLite database with all tables."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'smsgw.sqlite')}"


@pytest.fixture
def sqlite_store(sqlite_url: str, cipher: Cipher) -> Iterator[Store]:
    """A store on a fresh SQLite database with all tables."""
    with closing(open_store(sqlite_url, cipher)) as store:
        yield store


@pytest.fixture
def postgresql_store(postgresql_url: str, cipher: Cipher) -> Iterator[Store]:
    """A store on a fresh PostgreSQL database with all tables."""
    with closing(open_store(postgresql_url, cipher)) as store:
        yield store


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Store:
    """A store on a fresh database with all tables: every test of it runs on SQLite and on PostgreSQL."""
    found: Store = request.getfixturevalue(f"{request.param}_store")
    return found


def _refuse(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def _migrate(url: str) -> None:
    with closing(open_store(url, Cipher(KEY))) as store:
        migrations.upgrade(store)


@contextmanager
def _database(server: str, template: str) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    _sql(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    yield servers.named(server, name)
    _sql(server, f"DROP DATABASE {name} WITH (FORCE)")


def _sql(server: str, statement: LiteralString) -> None:
    with psycopg.connect(servers.named(server, "postgres"), autocommit=True) as connection:
        connection.execute(statement)


@pytest.fixture(params=["sqlite_url", "postgresql_url"])
def gate(request: pytest.FixtureRequest, redis_url: str) -> Iterator[Gateway]:
    """A gateway with the demo's people, driven by hand: a test runs twice, once on each database."""
    url = request.getfixturevalue(request.param)
    with closing(open_store(url, Cipher(KEY))) as store:
        populate(store, count=30, seed=1)
    settings = twilio.settings(database_url=url, redis_url=redis_url, data_key=KEY.hex())
    with gateway(settings) as open_gate:
        yield open_gate


@pytest.fixture(scope="session")
def console_services(valkey_server: str, sqlite_template: Path) -> Iterator[Services]:
    """The parts of a gateway whose database is put in by each test."""
    with open_console(database_url=f"sqlite:///{sqlite_template}", redis_url=valkey_server) as opened:
        yield opened.services


@pytest.fixture
def console(console_services: Services, sqlite_store: Store, redis_url: str) -> Iterator[Console]:
    """The operators' console over an empty gateway: `console.signed_in("operator")` is a browser."""
    with console_over(console_services, sqlite_store) as opened:
        yield opened


@pytest.fixture
def provider() -> Iterator[StandIn]:
    """An identity provider on loopback, whose answers may be spoilt."""
    with open_provider() as opened:
        yield opened


@pytest.fixture
def meeting(console: Console, provider: StandIn) -> Meeting:
    """The operators' console with the provider in its settings."""
    return over(console, provider)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All that needs the browser runs in one worker, so that it is started once a module."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()) and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group("browser"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How the outside cases were read and what the model of delivery came to, where their tests have run."""
    _inbound_cases(terminalreporter)
    _model_of_delivery(terminalreporter)


def _model_of_delivery(terminalreporter: pytest.TerminalReporter) -> None:
    told = [dict(report.user_properties).get("model") for report in terminalreporter.getreports("passed")]
    played = added_up(figures for figures in told if isinstance(figures, dict))
    if played["scenarios"]:
        terminalreporter.section("model of delivery by lag of the carrier's list")
        for lag, counts in played["lags"].items():
            figures = "  ".join(f"{name} {count}" for name, count in counts.items())
            terminalreporter.write_line(f"{lag:<12} {figures}")
        terminalreporter.write_line(f"{'all':<12} scenarios {played['scenarios']}  deaths {played['deaths']}")


def _inbound_cases(terminalreporter: pytest.TerminalReporter) -> None:
    ran = {report.nodeid.partition("::")[0] for report in terminalreporter.getreports("passed")}
    if not any(name.endswith("test_language_truth.py") for name in ran):
        return
    rows = corpus.report(corpus.cases())
    terminalreporter.section("inbound cases by class")
    for name, total, exact, accepted in rows:
        terminalreporter.write_line(f"{name:<24} {total:>4} rows {exact:>4} exact {accepted:>4} exact or accepted")
    sums = [sum(numbers) for numbers in zip(*(row[1:] for row in rows), strict=True)]
    terminalreporter.write_line(f"{'all':<24} {sums[0]:>4} rows {sums[1]:>4} exact {sums[2]:>4} exact or accepted")
