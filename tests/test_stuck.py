"""Stuck: what waits for another try is due now; what is for later stays for later; what is uncertain is not sent."""

from sqlalchemy import select, update

from smsgw.messages import inbox, outbox, stuck
from smsgw.messages.rows import Arrival, Draft, Kind
from smsgw.messages.tables import outbound
from smsgw.store import Store, db_now

PHONE, OURS, HOUR = "+6281299000001", "2757", 3_600_000


def test_only_what_was_tried_is_made_due(store: Store) -> None:
    with store.write() as connection:
        inbox.record(store, connection, [Arrival("twilio", "SM1", PHONE, OURS, "saldo")])
        (row,) = inbox.claim(connection, "t", 1)
        inbox.hold(connection, [row.id], HOUR, failed_try=True)
        outbox.queue(connection, [Draft(Kind.NOTICE, "x", OURS, PHONE, str(i), 1, "id", "t") for i in range(5)])
        connection.execute(update(outbound).values(next_attempt_at=db_now() + HOUR))
        for key, values in (
            (1, {"attempts": 2}),
            (3, {"state": "sending", "claimed_at": db_now()}),
            (4, {"state": "sending", "claimed_at": db_now() - HOUR}),
            (5, {"state": "unknown", "attempts": 1}),
        ):
            connection.execute(update(outbound).where(outbound.c.id == key).values(values))
    with store.write() as connection:
        assert stuck.free(connection) == stuck.Freed(1, 1, 1)
    with store.write() as connection:
        assert [one.id for one in inbox.claim(connection, "t", 5)] == [1]
        assert [one.id for one in outbox.claim(connection, "t", 5)] == [1]
        assert stuck.free(connection) == stuck.Freed(0, 0, 0)
        found = connection.scalars(select(outbound.c.state).order_by(outbound.c.id)).all()
    assert found == ["sending", "queued", "sending", "unknown", "unknown"]
