"""Faults of time and of keys: clocks jump and differ, a token is rotated."""

from dataclasses import replace

from pydantic import SecretStr
from sqlalchemy import func, select

from smsgw.clock import Clock
from smsgw.messages.tables import outbound_event
from smsgw.services import Services
from tests.faults.scenario import Scenario
from tests.faults.stage import Stage
from tests.support import twilio

HOUR_MS = 3_600_000
NEXT_TOKEN = "not-a-real-token-either"


class SkewedClock(Clock):
    """The clock of a machine that goes wrong by an hour."""

    def now_ms(self, offset_ms: int | None = None) -> int:
        """An hour ahead."""
        return super().now_ms(offset_ms) + HOUR_MS


def _skewed(services: Services) -> Services:
    return replace(services, clock=SkewedClock(services.store, movable=True))


def clocks(stage: Stage) -> None:
    """The gateway's clock jumps by an hour, back and forth, and one worker is an hour ahead all the time."""
    stage.open(workers=1)
    stage.start("worker", _skewed)
    clock = Clock(stage.store, movable=True)
    jumps = 0
    with stage.posting(per_second=20.0) as done:
        while not done.done():
            stage.rest(0.5)
            clock.move(stage.dice.choice((-HOUR_MS, HOUR_MS)))
            jumps += 1
    stage.notes["jumps"] = jumps


def no_early_release(stage: Stage) -> None:
    with stage.store.read() as connection:
        leases = select(func.count()).where(outbound_event.c.cause == "lease")
        released = connection.scalar(leases)
    stage.require(not released, f"{released} claims were released early")


def rotated(stage: Stage) -> None:
    """The token is changed under traffic: a web process that knows both takes over, then the carrier signs anew."""
    stage.open()
    stage.carrier.callback_port = lambda: (*stage.senders.ports, 1)[0]
    (old,) = stage.of("web")
    both = {"twilio_auth_token": SecretStr(NEXT_TOKEN), "twilio_auth_token_previous": SecretStr(twilio.TOKEN)}
    with stage.posting(per_second=40.0):
        stage.rest(1.0)
        stage.start("web", settings=stage.settings.model_copy(update=both))
        stage.stop(old)
        stage.rest(1.0)
        stage.senders.token = stage.carrier.token = NEXT_TOKEN
    forbidden = sum(letter.statuses.count(403) for letter in stage.senders.sent) + stage.carrier.counts.statuses[403]
    stage.notes["forbidden_403"] = forbidden
    stage.require(forbidden == 0, f"{forbidden} genuine posts were answered 403")


SCENARIOS = (
    Scenario(
        "F28",
        "the clock jumps by an hour, and a worker's is an hour ahead",
        "claims run on the database's clock: none is released early",
        clocks,
        count=100,
        check=no_early_release,
    ),
    Scenario(
        "F33",
        "auth token rotated under traffic",
        "both are accepted meanwhile; no genuine post is refused",
        rotated,
        count=200,
        quick=100,
    ),
)
