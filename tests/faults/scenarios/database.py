"""Faults of the database: restarted, down, locked by another writer, its disk full, the power gone."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import func, select

from smsgw.messages.tables import inbound
from tests.faults import power
from tests.faults.scenario import Scenario
from tests.faults.stage import Stage

FILE = ("sqlite", "a file does not stop: see F15 and F16")
DOWN_S = 60.0
LOCKED_S = 3.0
DISK_BYTES = 40_000_000
POWER_CUTS = 15


def restarted(stage: Stage) -> None:
    """Three fast shutdowns under traffic, each begun again at once."""
    assert stage.postgresql is not None
    stage.open()
    with stage.posting(per_second=30.0):
        for _ in range(3):
            stage.rest(stage.dice.uniform(0.5, 1.5))
            stage.postgresql.stop()
            stage.kills += 1
            stage.postgresql.start()
    stage.notes["refused_503"] = _refused(stage)


def down(stage: Stage) -> None:
    """Down for a minute, while messages come that the carrier gives up."""
    assert stage.postgresql is not None
    stage.open()
    stage.post(stage.count // 4, per_second=20.0)
    stage.postgresql.stop()
    stage.kills += 1
    with stage.posting(per_second=stage.count / DOWN_S):
        stage.rest(DOWN_S)
        stage.postgresql.start()
    stage.notes["refused_503"] = _refused(stage)
    stage.notes["given_up_by_the_carrier"] = sum(letter.acked is None for letter in stage.senders.sent)


def _refused(stage: Stage) -> int:
    statuses = [status for letter in stage.senders.sent for status in letter.statuses]
    stage.require(set(statuses) <= {0, 200, 503}, f"webhooks were answered {sorted(set(statuses))}")
    return statuses.count(503)


def locked(stage: Stage) -> None:
    """Another writer holds everything for three seconds while messages are posted."""
    stage.open()
    stage.senders.answer_s = 15.0
    with stage.posting(per_second=stage.count / LOCKED_S), _lock(stage):
        stage.rest(LOCKED_S)
    stage.posts_within(stage.senders.answer_s)


@contextmanager
def _lock(stage: Stage) -> Iterator[None]:
    if stage.kind == "sqlite":
        with closing(sqlite3.connect(stage.folder / "smsgw.sqlite", timeout=10, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            yield
            other.execute("ROLLBACK")
    else:
        with psycopg.connect(stage.settings.database) as session:
            session.execute("LOCK TABLE inbound, outbound IN EXCLUSIVE MODE")
            yield
            session.rollback()


def disk_full(stage: Stage) -> None:
    """The disk of the messages is filled to its last byte while messages come, then freed."""
    assert stage.disk is not None
    ballast = stage.disk / "ballast"
    stage.open()
    stage.post(stage.count // 4)
    stage.wait(lambda: len(stage.carrier.taken) >= len(stage.senders.sent), "replies before the disk is full", 60.0)
    taken, known = len(stage.carrier.taken), _rows(stage)
    _fill(ballast)
    stage.senders.patience_s = 3.0
    stage.post(stage.count // 2, at_once=16)
    stage.require(_rows(stage) >= known, "rows cannot be read on a full disk")
    stage.notes["refused_503"] = _refused(stage)
    stage.notes["taken_on_a_full_disk"] = len(stage.carrier.taken) - taken
    ballast.unlink()
    stage.post(stage.count // 4)
    stage.require(stage.notes["refused_503"] > 0, "no post was refused: the disk was not full")


def _rows(stage: Stage) -> int:
    with stage.store.read() as connection:
        return int(connection.scalar(select(func.count()).select_from(inbound)) or 0)


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        for size in (65_536, 512, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue


def power_loss(stage: Stage) -> None:
    """The machine goes dark again and again: every process dies, and only what was fsynced is there afterwards."""
    library = power.build(stage.folder)
    shadow = stage.folder / "shadow"
    missing: set[str] = set()
    for _ in range(POWER_CUTS):
        actors = [stage.start_program(role, power.environment(library, stage.folder, shadow)) for role in ROLES]
        with stage.posting(stage.count // POWER_CUTS, per_second=40.0):
            stage.rest(stage.dice.uniform(0.2, 1.0))
            for actor in actors:
                stage.retire(actor)
        stage.store.close()
        power.restore(stage.folder, shadow)
        missing |= _acked_but_missing(stage)
    stage.open()
    stage.notes["power_cuts"] = POWER_CUTS
    stage.notes["acked_but_missing"] = len(missing)
    stage.require(not missing, f"{len(missing)} messages that were answered 200 had not reached the disk")


ROLES = ("web", "worker", "scheduler")


def _acked_but_missing(stage: Stage) -> set[str]:
    with stage.store.read() as connection:
        known = set(connection.scalars(select(inbound.c.carrier_id)))
    return {letter.sid for letter in stage.senders.sent if letter.acked is not None} - known


SCENARIOS = (
    Scenario(
        "F13",
        "PostgreSQL restarted three times under traffic",
        "503 meanwhile; then everything goes on, in the same processes",
        restarted,
        count=200,
        skips=(FILE,),
        own_server=True,
    ),
    Scenario(
        "F14",
        f"PostgreSQL down for {DOWN_S:.0f} s under traffic",
        "503 meanwhile; then the carrier's list brings what it gave up",
        down,
        count=200,
        skips=(FILE,),
        own_server=True,
        once=True,
    ),
    Scenario(
        "F15",
        f"another writer holds the tables for {LOCKED_S:.0f} s",
        "everybody waits, every post is answered 200",
        locked,
        count=60,
        quick=30,
    ),
    Scenario(
        "F16",
        "the disk of the messages full",
        "503; what was answered 200 is there; nothing is sent without a claim; then everything goes on",
        disk_full,
        count=200,
        own_server=True,
        disk_bytes=DISK_BYTES,
    ),
    Scenario(
        "F17",
        f"the power fails {POWER_CUTS} times: only what was fsynced is left",
        "nothing that was answered 200 is missing",
        power_loss,
        count=300,
        skips=(
            ("postgresql", "the model shadows one file; synchronous_commit=on is asserted at the start"),
            *((("sqlite", "there is no C compiler"),) if power.compiler() is None else ()),
        ),
    ),
)
