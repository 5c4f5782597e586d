"""Many sweeps at once, in threads and in processes: each overdue thing is done once, told once, and nothing twice."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from smsgw.carriers.twilio import Twilio
from smsgw.messages import outbox
from smsgw.messages.rows import Draft, Kind
from smsgw.messages.tables import carrier_pause, contact, inbound, outbound, outbound_event
from smsgw.store import Store, db_now
from tests.conftest import KEY
from tests.support import twilio
from tests.support.processes import running, wait_until
from tests.support.sweeping import sweep

N = 12
AT_ONCE = 8
ROUTES = {"2757": ("paused", "free")}
OPTED_OUT = "+6281300000000"


def queue(connection: Connection, what: str, kind: Kind, carrier: str = "free", number: str = "2757") -> None:
    """N messages named after what is to become of them, a reply with its inbound."""
    phones = [f"+62812{len(what):02}{i:06}" for i in range(N)]
    asked: list[int | None] = [None] * N
    if kind is Kind.REPLY:
        came = [_came(f"{what}{i}", phone, number) for i, phone in enumerate(phones)]
        connection.execute(insert(inbound), came)
        asked = [*connection.scalars(select(inbound.c.id).where(inbound.c.carrier_id.startswith(what)))]
    drafts = [
        Draft(kind, carrier, number, phone, what, 4, "id", what, inbound_id)
        for phone, inbound_id in zip(phones, asked, strict=True)
    ]
    outbox.queue(connection, drafts)


def _came(carrier_id: str, phone: str, number: str) -> dict[str, Any]:
    came = {"carrier": "x", "carrier_id": carrier_id, "from_phone": phone, "to_phone": number}
    return came | {"received_at": 0, "source": "webhook", "state": "answered", "next_attempt_at": 0}


def change(connection: Connection, what: str, **values: Any) -> None:
    connection.execute(update(outbound).where(outbound.c.template == what).values(values))


def everything_overdue(store: Store) -> None:
    with store.write() as connection:
        for what, kind in [
            ("late", Kind.REPLY),
            ("often", Kind.REPLY),
            ("dead", Kind.NOTICE),
            ("withdrawn", Kind.NOTICE),
        ]:
            queue(connection, what, kind)
        queue(connection, "stuck", Kind.NOTICE, "paused")
        queue(connection, "silent", Kind.NOTICE)
        change(connection, "silent", state="sent", updated_at=db_now() - 73 * 3_600_000)
        change(connection, "late", expires_at=db_now() - 1)
        change(connection, "often", attempts=outbox.MAX_ATTEMPTS)
        dead = {"state": "sending", "claim_token": "dead", "claimed_at": db_now() - outbox.LEASE_MS - 1}
        change(connection, "dead", **dead)
        keys = select(outbound.c.id).where(outbound.c.template == "withdrawn")
        for row_id in connection.scalars(keys).all():
            mine = update(outbound).where(outbound.c.id == row_id)
            connection.execute(mine.values(notice_key=f"key {row_id}", to_phone=OPTED_OUT))
        connection.execute(insert(contact).values(phone=OPTED_OUT, opted_out_at=db_now(), updated_at=db_now()))
        pause = {"carrier": "paused", "paused_until": db_now() - 1, "wait_ms": 30_000, "reason": "x"}
        connection.execute(insert(carrier_pause).values(pause))


def stand(store: Store) -> Counter[tuple[str, str, str]]:
    with store.read() as connection:
        found = connection.execute(select(outbound.c.template, outbound.c.state, outbound.c.carrier))
        return Counter((template, state, carrier) for template, state, carrier in found)


def told(store: Store) -> Counter[tuple[str, str, str]]:
    columns = outbound_event.c.cause, outbound_event.c.from_state, outbound_event.c.to_state
    with store.read() as connection:
        return Counter((cause, before, after) for cause, before, after in connection.execute(select(*columns)))


def test_many_at_once_do_and_tell_each_thing_once(store: Store) -> None:
    everything_overdue(store)
    together = Barrier(AT_ONCE)

    def at_once(_: int) -> None:
        together.wait()
        for _ in range(3):
            sweep(store, ROUTES)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(at_once, range(AT_ONCE)))
    assert stand(store) == {
        ("late", "expired", "free"): N,
        ("base.unavailable", "queued", "free"): N,
        ("often", "failed", "free"): N,
        ("dead", "unknown", "free"): N,
        ("withdrawn", "canceled", "free"): N,
        ("silent", "sent", "free"): N,
        ("stuck", "queued", "free"): N - 1,
        ("stuck", "queued", "paused"): 1,  # the probe
    }
    assert told(store) == {
        ("expire", "queued", "expired"): N,
        ("exhaust", "queued", "failed"): N,
        ("lease", "sending", "unknown"): N,
        ("withdraw", "queued", "canceled"): N,
        ("no_report", "sent", "sent"): N,
        ("reroute", "queued", "queued"): N - 1,
    }


@pytest.mark.parametrize("url", ["sqlite_url", "postgresql_url"])
def test_two_schedulers_and_two_workers_apologise_once(
    request: pytest.FixtureRequest, url: str, redis_url: str, tmp_path: Path
) -> None:
    database = request.getfixturevalue(url)
    with running(tmp_path, database, redis_url, KEY.hex()) as run:
        run.start("scheduler")
        run.start("worker")
        with run.store.write() as connection:
            queue(connection, "late", Kind.REPLY, "twilio", twilio.NUMBER)
            change(connection, "late", expires_at=db_now() - 1)
        wait_until(lambda: stand(run.store)["base.unavailable", "delivered", "twilio"] == N, run.crew.check)
        assert stand(run.store)["late", "expired", "twilio"] == N
        assert told(run.store)["expire", "queued", "expired"] == N
        with run.store.read() as connection:
            phones = [*connection.scalars(select(outbound.c.to_phone).where(outbound.c.template == "late"))]
        carrier = Twilio(run.settings)
        assert [len(carrier.list_sent(phone, twilio.NUMBER, 0) or ()) for phone in phones] == [1] * N
