"""The strip of health: what each light says, and that it is looked at once in a few seconds."""

import pytest
from redis import Redis
from sqlalchemy import insert

from smsgw.console.strip import KEPT_S, Light, Strip, judged, look
from smsgw.messages.pulse import Pulse
from smsgw.messages.tables import heartbeat
from smsgw.store import db_now
from tests.support.console import Console
from tests.support.payloads import fill

HOUR = 3_600_000
NOON, NIGHT = 5 * HOUR, 19 * HOUR  # 12.00 and 02.00 WIB


def lights(found: list[Light]) -> dict[str, tuple[str, str]]:
    return {light.name: (light.tone, light.word) for light in found}


JUDGED = [
    (Pulse(NOON, None, None, None), {"sweep": ("bad", "never"), "silence": ("idle", "never")}),
    (Pulse(NOON, NOON - 2_000, NOON - 60_000, NOON), {"sweep": ("good", "at"), "silence": ("good", "none")}),
    (Pulse(NOON, NOON - 20_000, NOON, None), {"sweep": ("bad", "at"), "callback": ("idle", "never")}),
    (Pulse(NOON, NOON, NOON - 2 * HOUR, None), {"silence": ("bad", "alarm"), "inbound": ("good", "at")}),
    (Pulse(NOON, NOON, NOON, NOON), {"sending": ("good", "flowing")}),
    (Pulse(NOON, NOON, NOON, NOON, 1), {"sending": ("bad", "paused")}),
    (Pulse(NIGHT, NIGHT, NIGHT - 2 * HOUR, None), {"silence": ("good", "none")}),
]


@pytest.mark.parametrize(("pulse", "said"), JUDGED)
def test_a_pulse_is_judged(pulse: Pulse, said: dict[str, tuple[str, str]]) -> None:
    assert lights(judged(pulse)).items() >= said.items()


def test_a_whole_gateway_is_looked_at(console: Console) -> None:
    fill(console.services.store)
    with console.services.store.write() as connection:
        connection.execute(insert(heartbeat).values(name="sweep", at=db_now()))
    found = lights(look(console.services))
    assert [*found] == ["web", "database", "redis", "workers", "sweep", "inbound", "callback", "silence", "sending"]
    assert (found["database"], found["redis"], found["workers"]) == (("good", "up"), ("good", "up"), ("bad", "count"))
    assert (found["sweep"], found["inbound"]) == (("good", "at"), ("good", "at"))


def test_a_worker_counts_while_it_is_heard_of(console: Console, redis_url: str) -> None:
    with Redis.from_url(redis_url) as redis:
        redis.sadd("rq:workers:smsgw", "rq:worker:alive", "rq:worker:dead")
        redis.hset("rq:worker:alive", "state", "idle")
        assert {light.name: light.count for light in look(console.services)}["workers"] == 1
        redis.delete("rq:worker:alive")
    assert lights(look(console.services))["workers"] == ("bad", "count")


def test_it_is_looked_at_once_in_a_few_seconds(console: Console) -> None:
    now = [0.0]
    strip = Strip(console.services, lambda: now[0])
    assert lights([*strip.lights()])["sweep"] == ("bad", "never")
    with console.services.store.write() as connection:
        connection.execute(insert(heartbeat).values(name="sweep", at=db_now()))
    assert lights([*strip.lights()])["sweep"] == ("bad", "never")
    now[0] = KEPT_S
    assert lights([*strip.lights()])["sweep"] == ("good", "at")


def test_a_stranger_is_not_told_how_we_are(console: Console) -> None:
    assert 'class="strip"' not in console.browser().get("/sign-in").text
    assert 'class="strip"' in console.signed_in("viewer").get("/keys").text
