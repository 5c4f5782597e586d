"""Dedupe: of 2,000 posts of 40 ids at once forty are messages, and all are answered 200 (reliability P2)."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import func, select, update

from smsgw.gateway.purge import Keep, PurgeVerb
from smsgw.messages.deletion import RESTS_MS
from smsgw.messages.tables import inbound, outbound, seen_id
from smsgw.web.app import create_app
from tests.support import twilio
from tests.support.gateway import Gateway

THREADS, IDS, POSTS = 50, 40, 2_000
YEAR_MS = 366 * 86_400_000


def count(gate: Gateway, table: Any) -> int:
    with gate.services.store.read() as connection:
        return int(connection.scalar(select(func.count()).select_from(table)) or 0)


def post_all(gate: Gateway, forms: list[dict[str, str]], posts: int) -> Counter[int]:
    """So many posts by fifty threads, each id by many of them at the same time; how they were answered."""
    app = create_app(gate.services)

    def post(number: int) -> int:
        fields = forms[number * len(forms) // posts]
        headers = twilio.headers(twilio.INBOUND, fields)
        return app.test_client().post(twilio.INBOUND, data=twilio.encode(fields), headers=headers).status_code

    with ThreadPoolExecutor(THREADS) as pool:
        return Counter(pool.map(post, range(posts)))


def purge(gate: Gateway) -> int:
    """A year later: what is deleted."""
    store = gate.services.store
    with store.write() as connection:
        connection.execute(update(inbound).values(received_at=inbound.c.received_at - YEAR_MS))
        connection.execute(update(outbound).values(created_at=outbound.c.created_at - YEAR_MS, state="delivered"))
    verb = PurgeVerb(store, gate.services.clock, Keep())
    verb.now(lambda _: True)
    with store.write() as connection:
        connection.execute(update(seen_id).values(seen_at=seen_id.c.seen_at - RESTS_MS - 1))
    return verb.now(lambda _: True).deleted


def test_concurrent_duplicates_are_one_message_each_now_and_after_a_purge(gate: Gateway) -> None:
    forms = [twilio.inbound_form("MENU", f"+62812000000{i:02}") for i in range(IDS)]
    assert post_all(gate, forms, POSTS) == {200: POSTS}
    while gate.work.answering(64):
        pass
    assert (count(gate, inbound), count(gate, outbound)) == (IDS, IDS)
    assert purge(gate) == IDS - 1  # the last row stays
    assert post_all(gate, forms, IDS * 2) == {200: IDS * 2}
    assert gate.work.answering(64) == 0
    assert (count(gate, inbound), count(gate, outbound), count(gate, seen_id)) == (1, 1, IDS - 1)
