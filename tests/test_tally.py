"""Refused posts in the log: a line a second for each reason, and none of them forgotten."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from smsgw.web.tally import Tally
from tests.support import twilio
from tests.support.gateway import gateway

COMINGS = [
    ([0.0], [1]),
    ([0.0, 0.1, 0.9], [1, 0, 0]),
    ([0.0, 0.1, 0.9, 1.0], [1, 0, 0, 3]),
    ([0.0, 0.5, 7.0, 7.5, 8.0], [1, 0, 2, 0, 2]),
    ([0.0, 5.0], [1, 1]),
]


@pytest.mark.parametrize(("seconds", "told"), COMINGS)
def test_the_first_is_told_at_once_and_others_by_the_second(seconds: list[float], told: list[int]) -> None:
    clock = iter(seconds)
    tally = Tally(lambda: next(clock))
    assert [tally.add("signature") for _ in seconds] == told


def test_each_key_is_told_by_itself_and_none_is_forgotten() -> None:
    at = [0.0]
    tally = Tally(lambda: at[0])
    assert (tally.add("signature"), tally.add("account")) == (1, 1)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(tally.add, ["signature"] * 500)) == {0}
    at[0] = 1.0
    assert (tally.add("signature"), tally.add("account")) == (501, 1)


def test_a_flood_of_unsigned_posts_is_a_few_lines(
    sqlite_url: str, redis_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = twilio.settings(database_url=sqlite_url, redis_url=redis_url, home=tmp_path)
    with gateway(settings) as gate:
        statuses = {gate.client.post(twilio.INBOUND, data=b"").status_code for _ in range(200)}
    lines = [line for line in capsys.readouterr().err.splitlines() if '"hook_refused"' in line]
    assert statuses == {400}
    assert 0 < len(lines) < 200
    assert all(json.loads(line)["count"] >= 1 for line in lines)
