"""Plain answers end with their messages: what is finished, queued, claimed and told of is one commit."""

from typing import Any

import pytest
from sqlalchemy import select

from smsgw.messages import answering, inbox, pauses, states
from smsgw.messages.rows import Answer, Arrival, Draft, Kind, OutboundRow
from smsgw.messages.tables import inbound, outbound, outbound_event
from smsgw.store import Store

NUMBER = "+622150000000"


def claimed(store: Store, count: int, token: str = "mine") -> list[Answer]:
    """Answers to as many messages, claimed under `token`."""
    arrivals = [Arrival("scripted", f"SM{i:03}", f"+62812{i:08}", NUMBER, f"text {i}") for i in range(count)]
    with store.write() as connection:
        inbox.record(store, connection, arrivals)
        rows = inbox.claim(connection, token, count)
    return [answer(row.id, row.from_phone) for row in rows]


def answer(inbound_id: int, phone: str, text: str | None = None) -> Answer:
    draft = Draft(Kind.REPLY, "scripted", NUMBER, phone, text or f"to {inbound_id}", 4, "id", "t", inbound_id)
    return Answer(inbound_id, phone, states.ANSWERED, keyword="JHT", folded="JHT", language="id", draft=draft)


def silent(one: Answer) -> Answer:
    return Answer(one.inbound_id, one.phone, states.SUPPRESSED, "machine")


def finish(store: Store, *answers: Answer, token: str = "mine") -> list[OutboundRow]:
    with store.write_one() as connection:
        return answering.finish(connection, token, answers)


def rows(store: Store, *columns: Any) -> list[tuple[Any, ...]]:
    with store.read() as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(columns[0]))]


def test_each_message_is_finished_and_its_reply_is_claimed(store: Store) -> None:
    one, two, three = claimed(store, 3)
    sent = finish(store, one, silent(two), three)
    assert [(row.to_phone, row.body, row.attempts) for row in sent] == [
        (one.phone, f"to {one.inbound_id}", 1),
        (three.phone, f"to {three.inbound_id}", 1),
    ]
    assert rows(store, inbound.c.id, inbound.c.state, inbound.c.reason, inbound.c.keyword, inbound.c.claim_token) == [
        (one.inbound_id, states.ANSWERED, None, "JHT", None),
        (two.inbound_id, states.SUPPRESSED, "machine", None, None),
        (three.inbound_id, states.ANSWERED, None, "JHT", None),
    ]
    found = rows(store, outbound.c.id, outbound.c.inbound_id, outbound.c.state, outbound.c.claim_token)
    assert found == [
        (sent[0].id, one.inbound_id, states.SENDING, "mine"),
        (sent[1].id, three.inbound_id, states.SENDING, "mine"),
    ]
    told = rows(store, outbound_event.c.outbound_id, outbound_event.c.from_state, outbound_event.c.to_state)
    assert told == [(row.id, states.QUEUED, states.SENDING) for row in sent]


@pytest.mark.parametrize("lost", ["another's", "finished"])
def test_a_lost_claim_answers_nothing(store: Store, lost: str) -> None:
    one, two = claimed(store, 2)
    if lost == "finished":
        finish(store, silent(one))
        sent = finish(store, one, two)
    else:
        assert finish(store, one, token="another") == []
        sent = finish(store, two)
    assert [row.to_phone for row in sent] == [two.phone]
    assert rows(store, outbound.c.inbound_id) == [(two.inbound_id,)]


def test_a_reply_of_a_paused_carrier_is_queued_and_not_handed_over(store: Store) -> None:
    (one,) = claimed(store, 1)
    with store.write() as connection:
        pauses.begin(connection, "scripted", 0, "refused")
    assert finish(store, one) == []
    assert rows(store, outbound.c.state, outbound.c.attempts, outbound.c.claim_token) == [(states.QUEUED, 0, None)]
    assert rows(store, outbound_event.c.id) == []


@pytest.mark.parametrize(
    ("changed", "plain"),
    [
        ({}, True),
        ({"draft": None, "reason": "machine"}, True),
        ({"effects": (object(),)}, False),
        ({"used": (1,)}, False),
        ({"set_language": "en"}, False),
        ({"set_opted_out": False}, False),
        ({"offer": "{}"}, False),
        ({"ends_offer": True}, False),
    ],
)
def test_an_answer_is_plain_where_it_changes_nothing_else(changed: dict[str, Any], *, plain: bool) -> None:
    base: dict[str, Any] = {"inbound_id": 1, "phone": "+62811", "state": states.ANSWERED}
    assert inbox.is_plain(Answer(**(base | changed))) is plain
