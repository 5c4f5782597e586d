"""Newcomers: phones that never wrote before are counted once, and a rush of them is an alarm."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, update

from smsgw.messages import inbox, newcomers
from smsgw.messages.queries import figures
from smsgw.messages.rows import Arrival
from smsgw.messages.tables import heartbeat, inbound
from smsgw.messages.tables import newcomers as table
from smsgw.store import Store
from tests.support.sweeping import sweep


def write(store: Store, *phones: int) -> None:
    with store.read() as connection:
        start = connection.scalar(select(func.count()).select_from(inbound)) or 0
    came = [Arrival("twilio", f"SM{start + i}", f"+62812{phone:07}", "2757", "MENU") for i, phone in enumerate(phones)]
    with store.write() as connection:
        inbox.record(store, connection, came)


def pass_time(store: Store, ms: int) -> None:
    with store.write() as connection:
        connection.execute(update(heartbeat).values(at=heartbeat.c.at - ms))
        connection.execute(update(table).values(at=table.c.at - ms))


def test_each_phone_is_new_once(store: Store) -> None:
    write(store, 1, 2)
    assert newcomers.count(store) == 0
    for phones, total in (((2, 3), 1), ((3, 4, 4, 5), 3), ((1, 2), 3)):
        write(store, *phones)
        assert newcomers.count(store) == total
    assert figures(store).new_senders == 3
    pass_time(store, newcomers.HOUR_MS)
    write(store, 6)
    assert newcomers.count(store) == 1


def test_what_was_counted_is_kept_for_a_day(store: Store) -> None:
    for phone in range(4):
        write(store, phone)
        newcomers.count(store)
        pass_time(store, newcomers.KEPT_MS)
    with store.read() as connection:
        assert connection.scalar(select(func.count()).select_from(table)) == 1
    assert newcomers.count(store) == 0


@pytest.mark.parametrize(("many", "alarms"), [(2, True), (3, False)])
def test_a_rush_is_an_alarm(store: Store, many: int, alarms: bool, capfd: pytest.CaptureFixture[str]) -> None:
    sweep(store)
    newcomers.count(store)
    write(store, 1, 2, 3)
    pass_time(store, newcomers.EVERY_MS)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: sweep(store, many_newcomers=many), range(4)))
    assert "".join(capfd.readouterr()).count("many_new_senders") == int(alarms)
    assert figures(store).new_senders == 3
