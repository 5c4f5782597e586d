"""One SMS in, one SMS out: through real processes, on both databases, and with Redis taken away."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from redis import Redis

from smsgw.cli.simulate import command
from smsgw.members.demo import DEMO_PEOPLE, populate
from smsgw.simulator.script import parse, play
from smsgw.simulator.stage import open_stage
from smsgw.simulator.talk import open_line
from smsgw.simulator.transcript import as_script, as_text, listen
from smsgw.store import Cipher, open_store
from tests.conftest import KEY
from tests.support import servers
from tests.support.processes import environment, running

SITI = DEMO_PEOPLE[0]
SCRIPTS = Path(__file__).parents[2] / "docs" / "scripts"


def with_people(url: str) -> str:
    """The database, with the demo's named people in it."""
    store = open_store(url, Cipher(KEY))
    populate(store, count=10, seed=1)
    store.close()
    return url


@pytest.mark.parametrize("database", ["sqlite_url", "postgresql_url"])
def test_a_member_texts_and_reads_the_balance(
    request: pytest.FixtureRequest, database: str, tmp_path: Path, redis_url: str
) -> None:
    url = with_people(request.getfixturevalue(database))
    with running(tmp_path, url, redis_url, KEY.hex()) as gateway:
        mine = gateway.text(f"JHT {SITI.number}", SITI.phone)
        assert mine.good, mine
        assert "23.451.200" in (mine.reply or "")
        assert (mine.septets or 999) <= 160
        assert mine.segments == 1
        stranger = gateway.text(f"JHT {SITI.number}", "+6281299999999")
        nobody = gateway.text("JHT 99999999999", "+6281299999999")
        assert stranger.good
        assert stranger.reply == nobody.reply
        assert "23.451.200" not in (stranger.reply or "")
        english = gateway.text("BAHASA EN", SITI.phone)
        assert english.good
        assert "balance" in (gateway.text(f"JHT {SITI.number}", SITI.phone).reply or "").lower()


def test_the_scripts_of_the_documents_are_held_as_written(tmp_path: Path, sqlite_url: str, redis_url: str) -> None:
    url = with_people(sqlite_url)
    with running(tmp_path, url, redis_url, KEY.hex(), delays=(0.02, 0.05)) as gateway:
        held = CliRunner(env=environment(gateway.settings)).invoke(command, ["--script", str(SCRIPTS)])
    count = len(list(SCRIPTS.glob("*.yaml")))
    assert (held.exit_code, f"{count} of {count} scripts came as written" in held.output) == (0, True), held.output


def test_a_phone_in_the_terminal(tmp_path: Path, sqlite_url: str, redis_url: str) -> None:
    url = with_people(sqlite_url)
    first = ["BANTUAN", "/fault undelivered times=1 seed=7", "INFO JKK"]
    typed = "\n".join([*first, "/advance 60", "/faults", "/clear", "/reset", "/x", "/fault 4", "/quit", "BANTUAN"])
    with running(tmp_path, url, redis_url, KEY.hex(), delays=(0.02, 0.05)) as gateway:
        env = environment(gateway.settings)
        told = CliRunner(env=env).invoke(command, ["chat", "--from", SITI.phone], input=typed)
    said = told.output.splitlines()
    assert (told.exit_code, said[0].startswith(f"{SITI.phone} texts")) == (0, True), told.output
    expected = [
        "< Ketik: SALDO",
        "  delivered",
        "(fault undelivered 30003: odds 1, seed 7, at most 1)",
        "< JKK: ",
        "  undelivered (30003)",
        "(the clock moves on by 60 s)",
        f"{SITI.phone} (fault undelivered 30003",
        "(1 of this phone's faults turned off)",
        "(this phone begins anew)",
        "/fault KIND",
        "! kind: is none of 429",
    ]
    positions = [next(at for at, line in enumerate(said) if line.startswith(part)) for part in expected]
    assert positions == sorted(positions), told.output
    assert not any(line.startswith("< ") for line in said[positions[-1] :])


def test_a_recorded_session_holds_as_a_script(tmp_path: Path, sqlite_url: str, redis_url: str) -> None:
    url = with_people(sqlite_url)
    spoken = [
        (SITI.phone, f"DAFTAR#9973014107900003#01-07-1990#{SITI.number}"),
        (SITI.phone, "LAPOR iuran juni belum dibayar"),
        ("+6281298000901", "#&: 'x' \"y\"\nz"),
        (SITI.phone, "STOP"),
        (SITI.phone, "SALDO"),
    ]
    with running(tmp_path, url, redis_url, KEY.hex(), delays=(0.02, 0.05)) as gateway:
        line = open_line(gateway.settings)
        line.carrier.switch({"kind": "undelivered", "phone": "+6281298000901", "times": 1, "code": 30005})
        for phone, text in spoken:
            gateway.text(text, phone)
        phones = list(dict.fromkeys(phone for phone, _ in spoken))
        heard = listen(gateway.store, phones)
        script = parse(as_script(heard))
        played = list(play(script, open_stage(line, gateway.store)))
        again = listen(gateway.store, phones)
    assert [(one.text.sender, one.text.text) for one in heard] == spoken
    assert [one.differences for one in played] == [()] * len(spoken)
    assert [one.text.text for one in again] == [text for _, text in spoken]
    assert as_text(heard).startswith(f": {SITI.phone}\n> DAFTAR#")


def test_without_redis_every_message_is_still_answered(tmp_path: Path, sqlite_url: str) -> None:
    url = with_people(sqlite_url)
    with servers.running_valkey(tmp_path / "valkey") as redis_url:
        dead = redis_url.replace(".sock", ".gone")
        with running(tmp_path, url, dead, KEY.hex(), programs=("web", "scheduler")) as gateway:
            assert gateway.text(f"JHT {SITI.number}", SITI.phone).good


def test_a_flushed_queue_loses_nothing(tmp_path: Path, sqlite_url: str, redis_url: str) -> None:
    url = with_people(sqlite_url)
    with running(tmp_path, url, redis_url, KEY.hex()) as gateway, Redis.from_url(redis_url) as redis:
        for text in ("JHT", "STATUS", "JHT"):
            redis.flushall()
            assert gateway.text(f"{text} {SITI.number}", SITI.phone).good
