"""Faults of what stands around: a handler raises, members cannot be read or take long, there is no room for logs."""

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import requests
from sqlalchemy import func, select

from smsgw.errors import StoreUnavailable
from smsgw.keywords import packs
from smsgw.keywords.registry import load_packs
from smsgw.members.directory import Ask, Directory, Entitlement
from smsgw.messages import states
from smsgw.messages.tables import inbound
from smsgw.services import Services
from tests.faults.drain import pass_time
from tests.faults.moods import first
from tests.faults.scenario import Scenario
from tests.faults.stage import Stage

SLOW_S = 12.0  # longer than the claim of an answer lives
PERSONAL = "JHT 18050012345"


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
    """There is no room for a single line of any log, and each first try of a message has something to tell."""
    stage.carrier.mood = first(1, "429")
    settings = stage.settings.model_copy(update={"log_level": "DEBUG"})
    for role in ("web", "worker", "worker", "scheduler"):
        stage.start(role, settings=settings, log="/dev/full")
    stage.post(per_second=20.0)
    stage.require(stage.kills == 0, f"{stage.kills} processes have died of it")


def losses_are_counted(stage: Stage) -> None:
    lines = requests.get(f"{stage.settings.public_url}/metrics", timeout=30).text.splitlines()
    (told,) = [line.split()[1] for line in lines if line.startswith("smsgw_log_lines_lost ")]
    stage.notes["log_lines_lost"] = float(told)
    stage.require(float(told) >= stage.count, f"{told} lines of the logs were counted as lost, not {stage.count}")


SCENARIOS = (
    Scenario(
        "F30",
        "a handler raises; membership data down, then slower than a claim lives",
        "three tries, then failed and an apology; held, then answered; other keywords go on",
        broken_parts,
        count=30,
        check=broken_end_visibly,
    ),
    Scenario(
        "F35",
        "no room for logs",
        "all leave once; nobody dies of it; /metrics counts the lines",
        logs_full,
        count=60,
        quick=20,
        check=losses_are_counted,
    ),
)
