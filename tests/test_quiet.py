"""Quiet hours: at night nobody is written to unasked, and whoever asked is answered."""

from collections import Counter

import pytest
from sqlalchemy import insert, select

from smsgw.clock import DAY_MS, WIB_MS, clock_offset
from smsgw.config import Settings
from smsgw.messages import outbox
from smsgw.messages.pacing import Pace
from smsgw.messages.rows import Draft, Kind
from smsgw.messages.terms import Quiet, Terms
from smsgw.store import Store, db_now

NIGHT = Quiet(21 * 60, 7 * 60, movable=True)
NOON = Quiet(12 * 60, 13 * 60, movable=True)
UNASKED = {"notice", "announcement"}
HOURS = [
    (NIGHT, 20, 59, False),
    (NIGHT, 21, 0, True),
    (NIGHT, 23, 59, True),
    (NIGHT, 0, 0, True),
    (NIGHT, 6, 59, True),
    (NIGHT, 7, 0, False),
    (NIGHT, 12, 0, False),
    (NOON, 11, 59, False),
    (NOON, 12, 0, True),
    (NOON, 13, 0, False),
]


def at(store: Store, hour: int, minute: int) -> None:
    """The gateway's clock is moved to this time of a day in western Indonesia, half a minute past."""
    with store.write() as connection:
        now_ms = connection.scalar(select(db_now())) or 0
        offset_ms = (hour * 60 + minute) * 60_000 + 30_000 - (now_ms + WIB_MS) % DAY_MS
        connection.execute(insert(clock_offset).values(id=1, offset_ms=offset_ms))


def queue(store: Store) -> None:
    kinds = [Kind.ANNOUNCEMENT, Kind.NOTICE, Kind.ALERT]
    with store.write() as connection:
        outbox.queue(connection, [Draft(kind, "x", "2757", "+62812", kind, 6, "id", "t") for kind in kinds])


def claim(store: Store, terms: Terms) -> Counter[str]:
    with store.write() as connection:
        return Counter(row.body for row in outbox.claim(connection, "mine", 64, terms))


@pytest.mark.parametrize(("quiet", "hour", "minute", "is_quiet"), HOURS)
def test_who_is_written_to_when(store: Store, quiet: Quiet, hour: int, minute: int, is_quiet: bool) -> None:
    queue(store)
    at(store, hour, minute)
    claimed = claim(store, Terms(quiet=quiet))
    assert set(claimed) == ({"alert"} if is_quiet else UNASKED | {"alert"})
    with store.read() as connection:
        assert not outbox.is_due(connection, Terms(quiet=quiet))
        assert outbox.is_due(connection) is is_quiet


def test_with_a_pace_and_a_days_bound_too(store: Store) -> None:
    queue(store)
    at(store, 22, 0)
    terms = Terms((Pace("2757", 1.0, burst=3),), per_day=100, quiet=NIGHT)
    assert set(claim(store, terms)) == {"alert"}
    with store.read() as connection:
        assert outbox.wait_ms(connection, terms) is None


def test_in_production_the_clock_is_not_moved(store: Store) -> None:
    at(store, 22, 0)
    with store.read() as connection:
        minute = ((connection.scalar(select(db_now())) or 0) + WIB_MS) % DAY_MS // 60_000
    now = Quiet((minute - 60) % 1440, (minute + 60) % 1440)
    queue(store)
    assert set(claim(store, Terms(quiet=now))) == {"alert"}


def test_the_setting() -> None:
    assert Settings.model_validate({}).quiet == (21 * 60, 7 * 60)
    assert Settings.model_validate({"quiet_hours": ""}).quiet is None


@pytest.mark.parametrize("hours", ["21-7", "21:00", "24:00-07:00", "21:60-07:00", "21:00-7:00", "night"])
def test_hours_that_cannot_be_read_say_so(hours: str) -> None:
    with pytest.raises(ValueError, match="21:00-07:00"):
        Settings.model_validate({"quiet_hours": hours})
