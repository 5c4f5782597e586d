"""Faults of time and surroundings: clocks jump, tokens change, handlers raise, members cannot be read, logs fill."""

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import func, select

from smsgw.clock import Clock
from smsgw.errors import StoreUnavailable
from smsgw.keywords import packs
from smsgw.keywords.registry import load_packs
from smsgw.members.directory import Ask, Directory, Entitlement
from smsgw.messages import states
from smsgw.messages.tables import inbound, outbound_event
from smsgw.services import Services
from tests.faults.drain import pass_time
from tests.faults.scenario import Scenario
from tests.faults.stage import Stage
from tests.support import twilio

HOUR_MS = 3_600_000
NEXT_TOKEN = "not-a-real-token-either"
SLOW_S = 12.0  # longer than the claim of an answer lives
PERSONAL = "JHT 18050012345"


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


class MovedOut(Directory):
    """Membership data that cannot be read while a file says so, or that takes long while it says "slow"."""

    def __init__(self, directory: Directory, sign: Path) -> None:
        self._directory = directory
        self._sign = sign

    def entitled(self, asks: Sequence[Ask], now_ms: int = 0) -> list[Entitlement]:
        """As the file says."""
        word = self._sign.read_text() if self._sign.exists() else ""
        if word == "slow":
            time.sleep(SLOW_S)
        elif word:
            raise StoreUnavailable("the members have moved out")
        return self._directory.entitled(asks, now_ms)


def _without_members(sign: Path, services: Services) -> Services:
    registry = load_packs([*packs.installed(), "tests.faults.broken"])
    return replace(services, registry=registry, directory=MovedOut(services.directory, sign))


def broken_parts(stage: Stage) -> None:
    """A handler raises each time; membership data cannot be read for a while, then takes longer than a claim lives."""
    sign = stage.folder / "members"
    stage.open(workers=0)
    for _ in range(2):
        stage.start("worker", partial(_without_members, sign))
    third = stage.count // 3
    sign.write_text("down")
    stage.post(third, text=PERSONAL)
    stage.post(third)
    stage.wait(lambda: len(stage.carrier.taken) >= third, "other keywords, while members cannot be read")
    sign.write_text("slow")
    pass_time(stage, 5_000)
    stage.rest(SLOW_S + 2)
    sign.unlink()
    stage.post(third, text="ZONK")


def broken_end_visibly(stage: Stage) -> None:
    with stage.store.read() as connection:
        failed = connection.scalar(select(func.count()).where(inbound.c.state == states.FAILED))
    stage.notes["failed_inbound"] = failed or 0
    stage.require(failed == stage.count // 3, f"{failed} inbound rows are failed, not {stage.count // 3}")


def logs_full(stage: Stage) -> None:
    """There is no room for a single line of any log."""
    settings = stage.settings.model_copy(update={"log_level": "DEBUG"})
    for role in ("web", "worker", "worker", "scheduler"):
        stage.start(role, settings=settings, log="/dev/full")
    stage.post(per_second=20.0)
    stage.require(stage.kills == 0, f"{stage.kills} processes have died of it")


SCENARIOS = (
    Scenario(
        "F28",
        "the clock jumps by an hour, and a worker's is an hour ahead",
        "claims run on the database's clock: none is released early",
        clocks,
        count=100,
        quick=40,
        check=no_early_release,
    ),
    Scenario(
        "F30",
        "a handler raises; membership data down, then slower than a claim lives",
        "three tries, then failed and an apology; held, then answered; other keywords go on",
        broken_parts,
        count=30,
        check=broken_end_visibly,
    ),
    Scenario(
        "F33",
        "auth token rotated under traffic",
        "both are accepted meanwhile; no genuine post is refused",
        rotated,
        count=200,
        quick=100,
    ),
    Scenario("F35", "no room for logs", "all leave once; nobody dies of it", logs_full, count=60, quick=20),
)
