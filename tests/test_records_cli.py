"""smsgw claims, announce and members import-history as they are typed."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from smsgw.cli.main import group
from smsgw.members.binding import bind
from smsgw.members.demo import DEMO_PEOPLE, populate
from smsgw.messages.tables import outbound
from smsgw.store import Cipher, open_store
from tests.conftest import KEY

JOKO = DEMO_PEOPLE[1]
FILED = "claim,number,programme,stage,state,filed_on,changed_on"
ROW = f"K2510-00123,{JOKO.number},JHT,5,open,2025-10-02,2025-10-27"
NOW_MS = 4_102_444_800_000  # far ahead, so that the binding is in use
Run = Callable[..., Result]


@pytest.fixture
def run(sqlite_url: str) -> Run:
    with closing(open_store(sqlite_url, Cipher(KEY))) as store:
        populate(store, 8, 1)
        with store.write() as connection:
            bind(connection, JOKO.phone, JOKO.number, NOW_MS)
    environment = {
        "SMSGW_DATABASE_URL": sqlite_url,
        "SMSGW_DATA_KEY": KEY.hex(),
        "SMSGW_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "SMSGW_TWILIO_AUTH_TOKEN": "not-a-real-token",
        "SMSGW_TWILIO_FROM": "+622150000000,+622150000001",
    }

    def runs(*words: object, **more: str) -> Result:
        return CliRunner().invoke(group, [str(word) for word in words], env=environment | more)

    return runs


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "claims.csv").write_text(f"{FILED}\n{ROW}\n")
    return tmp_path / "claims.csv"


def sent(url: str) -> list[tuple[object, ...]]:
    with closing(open_store(url, Cipher(KEY))) as store, store.read() as connection:
        columns = outbound.c.kind, outbound.c.to_phone, outbound.c.from_phone, outbound.c.carrier
        return [tuple(row) for row in connection.execute(select(*columns))]


def test_a_change_by_import_sends_one_sms(run: Run, file: Path, sqlite_url: str) -> None:
    first, again = run("claims", "import", file), run("claims", "import", file)
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert first.stdout == "Told by SMS: 1 members.\n0 new, 1 changed, 0 unchanged, 0 bad rows.\n"
    assert again.stdout == "Told by SMS: 0 members.\n0 new, 0 changed, 1 unchanged, 0 bad rows.\n"
    assert sent(sqlite_url) == [("notice", JOKO.phone, "+622150000000", "twilio")]


def test_an_import_that_tells_nobody(run: Run, file: Path, sqlite_url: str) -> None:
    assert run("claims", "import", file, "--no-notices", SMSGW_TWILIO_FROM="").exit_code == 0
    assert sent(sqlite_url) == []


def test_without_a_number_of_ours_nothing_is_written(run: Run, file: Path) -> None:
    refused = run("claims", "import", file, SMSGW_TWILIO_FROM="")
    assert refused.exit_code == 1
    assert "SMSGW_TWILIO_FROM" in str(refused.exception)
    assert "1 changed" in run("claims", "import", file).stdout


def test_history(run: Run, tmp_path: Path) -> None:
    (tmp_path / "jobs.csv").write_text(f"number,since,segment\n{JOKO.number},2015-01-01,PU\n{JOKO.number},x,PU\n")
    done = run("members", "import-history", tmp_path / "jobs.csv")
    assert (done.exit_code, done.stdout) == (1, "1 new, 0 changed, 0 unchanged, 1 bad rows.\n")
    assert done.stderr.startswith("line 3: since is no date")


def test_balances(run: Run, sqlite_url: str) -> None:
    dry = run("announce", "balances", "--dry-run")
    assert dry.exit_code == 0
    assert dry.stdout.startswith(f"{JOKO.phone[:6]}*****{JOKO.phone[-3:]}: Saldo JHT Anda Rp41.870.500")
    assert "1 members would be told in 1 segments over 0 minutes; 0 were told this year already" in dry.stdout
    assert sent(sqlite_url) == []
    assert "1 members are told" in run("announce", "balances").stdout
    assert "0 members are told in 0 segments over 0 minutes; 1 were told" in run("announce", "balances").stdout
    assert sent(sqlite_url) == [("announcement", JOKO.phone, "+622150000000", "twilio")]


@pytest.mark.parametrize(
    "words",
    [("claims",), ("claims", "import"), ("announce",), ("announce", "balances"), ("members", "import-history")],
)
def test_every_help_ends_with_an_example(run: Run, words: tuple[str, ...]) -> None:
    assert run(*words, "--help").output.splitlines()[-1].startswith("  Example: smsgw ")
