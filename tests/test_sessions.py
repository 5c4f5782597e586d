"""Sessions: what one answer offers, the next message may take up, for ten minutes and once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from smsgw.gateway import session
from smsgw.keywords import Command, Offer, Reading
from smsgw.members.demo import DEMO_PEOPLE
from smsgw.messages.tables import contact, inbound, outbound
from tests.support.gateway import Gateway

MINUTE_MS = 60_000
PHONE = "+6281299990001"


def say(gate: Gateway, text: str, phone: str = PHONE) -> str | None:
    """The template of the reply."""
    sid = gate.receive(text, phone)
    while gate.work.answering(64):
        pass
    joined = inbound.outerjoin(outbound, outbound.c.inbound_id == inbound.c.id)
    with gate.services.store.read() as connection:
        found = select(outbound.c.template).select_from(joined).where(inbound.c.carrier_id == sid)
        template: str | None = connection.execute(found).scalar_one()
        return template


@pytest.mark.parametrize(
    ("before", "minutes", "then"),
    [
        (["SALDDO"], 0, "base.stranger"),  # SALDO, from a phone that is on no record
        (["SALDDO"], 9, "base.stranger"),
        (["SALDDO"], 10, "ya.nothing"),
        (["SALDDO", "YA"], 0, "ya.nothing"),
        (["SALDDO", "MENU"], 0, "ya.nothing"),
        (["SALDDO", "halo halo apa"], 0, "base.stranger"),
        ([], 0, "ya.nothing"),
    ],
)
def test_a_suggestion_is_accepted_once_and_for_ten_minutes(
    gate: Gateway, before: list[str], minutes: int, then: str
) -> None:
    for text in before:
        say(gate, text)
    gate.services.clock.move(minutes * MINUTE_MS)
    assert say(gate, "YA") == then


def test_an_offer_is_one_phones_own(gate: Gateway) -> None:
    say(gate, "SALDDO")
    assert say(gate, "YA", "+6281299990002") == "ya.nothing"
    assert say(gate, "YA") == "base.stranger"


def test_an_offer_is_encrypted_at_rest(gate: Gateway) -> None:
    say(gate, "SALDDO", DEMO_PEOPLE[0].phone)
    with gate.services.store.read() as connection:
        stored = bytes(connection.exec_driver_sql("SELECT offer FROM contact").scalar_one())
        assert connection.scalar(select(contact.c.offer)) == session.dump(Offer(yes=Command("JHT"), guessed=True))
    assert b"JHT" not in stored


COMMANDS = st.builds(
    Command,
    st.sampled_from(["JHT", "MUTASI"]),
    st.none() | st.just("18050012345"),
    st.dictionaries(st.sampled_from(["months", "city"]), st.text(max_size=9)),
    st.integers(1, 9),
)


OFFERS = st.builds(
    Offer, st.none() | COMMANDS, st.none() | COMMANDS, st.lists(COMMANDS, max_size=4).map(tuple), st.booleans()
)


@given(OFFERS, st.booleans())
def test_an_offer_comes_back_as_it_was(offer: Offer, proved: bool) -> None:
    assert session.load(session.dump(offer, proved=proved)) == (offer, proved)


@pytest.mark.parametrize("text", [
    '{"yes": {"keyword": "JHT", "since": 1}, "following": null, "choices": []}',
    '{"yes": null, "following": null, "choices": [{"number": "18050012345"}]}',
    '{"yes": null, "choices": []}', '{"yes": 1, "following": null, "choices": []}', "[]", "null", "",
])  # fmt: skip
def test_what_another_version_offered_otherwise_is_no_offer(text: str) -> None:
    assert session.load(text) == (None, False)


FIRST, SECOND = Command("JHT", "18050012345"), Command("JHT", "99090000034", page=2)


@pytest.mark.parametrize(
    ("reading", "offer", "keyword", "number", "page", "confirmed"),
    [
        (Reading("command", "YA"), Offer(yes=FIRST), "JHT", "18050012345", 1, True),
        (Reading("command", "YA"), Offer(yes=FIRST, guessed=True), "JHT", "18050012345", 1, False),
        (Reading("command", "YA"), Offer(following=FIRST), "YA", None, 1, False),
        (Reading("command", "LANJUT"), Offer(following=SECOND), "JHT", "99090000034", 2, False),
        (Reading("unknown", choice=2), Offer(choices=(FIRST, SECOND)), "JHT", "99090000034", 2, False),
        (Reading("unknown", choice=3), Offer(choices=(FIRST, SECOND)), None, None, 1, False),
        (Reading("command", "STATUS"), Offer(yes=FIRST), "STATUS", None, 1, False),
        (Reading("command", "YA", folded="YES"), None, "MULAI", None, 1, False),
        (Reading("command", "YA", folded="YES"), Offer(yes=FIRST), "JHT", "18050012345", 1, True),
        (Reading("command", "YA"), Offer(yes=Command("GONE")), "YA", None, 1, False),
    ],
)
def test_what_a_message_means_after_an_offer(
    reading: Reading, offer: Offer | None, keyword: str | None, number: str | None, page: int, confirmed: bool
) -> None:
    found = session.meant(reading, offer, {"JHT", "YA", "LANJUT", "STATUS", "MULAI"})
    assert (found.reading.keyword, found.reading.membership_number) == (keyword, number)
    assert (found.page, found.confirmed) == (page, confirmed)
