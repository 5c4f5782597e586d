"""One SMS in, one SMS out: through real processes, on both databases, and with Redis taken away."""

from pathlib import Path

import pytest
from redis import Redis

from smsgw.members.demo import DEMO_PEOPLE, populate
from smsgw.simulator.script import play, read
from smsgw.store import Cipher, open_store
from tests.conftest import KEY
from tests.support import servers
from tests.support.processes import running

SITI = DEMO_PEOPLE[0]
SCRIPTS = sorted((Path(__file__).parents[2] / "docs" / "scripts").glob("*.yaml"))


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


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.stem)
def test_the_scripts_of_the_documents_are_held_as_written(
    file: Path, tmp_path: Path, sqlite_url: str, redis_url: str
) -> None:
    url = with_people(sqlite_url)
    with running(tmp_path, url, redis_url, KEY.hex()) as gateway:
        played = list(play(read(file), lambda text, phone, _: gateway.text(text, phone), lambda _: None))
    assert [one.differences for one in played] == [()] * len(played)


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
