"""Moves: asked for with the KTP seen, agreed to by another operator, refusable by the old phone for a day."""

import pytest
from sqlalchemy import select

from smsgw.members.binding import bind, bound_phone
from smsgw.members.demo import DEMO_PEOPLE, populate
from smsgw.members.tables import rebindings
from smsgw.messages.tables import outbound
from tests.support.console import Browser, Console
from tests.test_console_message import words
from tests.test_console_resend import acts

SITI = DEMO_PEOPLE[0]
ASKED = {"number": SITI.number, "ktp": "yes", "reason": "ganti HP"}


@pytest.fixture
def maker(console: Console) -> Browser:
    """A branch's browser, where SITI is bound."""
    populate(console.services.store, 5, 1)
    with console.services.store.write() as connection:
        bind(connection, SITI.phone, SITI.number, console.services.clock.now_ms())
    return console.signed_in("branch", "rina")


def moving(console: Console) -> list[str]:
    with console.services.store.read() as connection:
        return list(connection.scalars(select(rebindings.c.state)))


def told(console: Console) -> list[str | None]:
    with console.services.store.read() as connection:
        return list(connection.scalars(select(outbound.c.template)))


def test_two_operators_begin_a_move_and_the_old_phone_is_told(console: Console, maker: Browser) -> None:
    checker = console.signed_in("branch", "budi")
    assert [maker.post("/moves", ASKED).status_code for _ in range(2)] == [303, 409]
    own = maker.post("/moves/1", {"do": "agree", "reason": "x"})
    assert (own.status_code, "operator lain" in own.text, moving(console)) == (409, True, [])
    assert "Setujui" not in words(maker, "/moves")
    assert "Diusulkan oleh rina" in words(checker, "/moves")
    assert [checker.post("/moves/1", {"do": "agree", "reason": "KTP cocok"}).status_code for _ in range(2)] == [
        303,
        409,
    ]
    assert (moving(console), told(console)) == (["waiting"], ["tolak.asked"])
    page = checker.get("/moves").text
    assert (SITI.number in page, SITI.phone in page) == (False, False)
    with console.services.store.read() as connection:
        assert bound_phone(connection, SITI.number) == SITI.phone  # for a day
    assert [(act, reason) for act, _, reason in acts(console)] == [
        ("rebind_asked", "ganti HP"),
        ("rebind_agreed", "KTP cocok"),
    ]


def test_a_move_is_refused_taken_back_or_stopped(console: Console, maker: Browser) -> None:
    checker = console.signed_in("branch", "budi")
    maker.post("/moves", ASKED)
    assert checker.post("/moves/1", {"do": "drop", "reason": "KTP palsu"}).status_code == 303
    maker.post("/moves", ASKED)
    assert maker.post("/moves/2", {"do": "drop", "reason": "salah"}).status_code == 303
    maker.post("/moves", ASKED)
    checker.post("/moves/3", {"do": "agree", "reason": "x"})
    assert [checker.post("/moves/stop/1", {"reason": "ternyata salah"}).status_code for _ in range(2)] == [303, 409]
    assert moving(console) == ["refused"]
    assert "ditolak" in words(checker, "/moves")


def test_a_move_is_revealed_by_itself_with_a_reason(console: Console, maker: Browser) -> None:
    checker = console.signed_in("branch", "budi")
    maker.post("/moves", ASKED)
    checker.post("/moves/1", {"do": "agree", "reason": "x"})
    given = {"about": "move/1", "reason": "telepon lama menelepon", "back": "/console/moves"}
    assert [checker.post("/reveal", {**given, "reason": why}).status_code for why in ("", given["reason"])] == [
        422,
        303,
    ]
    shown, others = checker.get("/moves").text, maker.get("/moves").text
    assert (SITI.number in shown, SITI.phone in shown) == (True, True)
    assert (SITI.number in others, SITI.phone in others) == (False, False)
    assert acts(console)[-1] == ("reveal", "move/1", "telepon lama menelepon")


REFUSED = [({"ktp": ""}, 409), ({"number": "99999999999"}, 409), ({"number": ""}, 409), ({"reason": ""}, 422)]


@pytest.mark.parametrize(("change", "status"), REFUSED)
def test_what_lacks_something_asks_for_nothing(
    console: Console, maker: Browser, change: dict[str, str], status: int
) -> None:
    assert maker.post("/moves", {**ASKED, **change}).status_code == status
    assert (acts(console), moving(console)) == ([], [])


def test_where_a_move_is_under_way_already_nothing_is_agreed(console: Console, maker: Browser) -> None:
    checker = console.signed_in("branch", "budi")
    for key in (1, 2):
        maker.post("/moves", ASKED)
        answer = checker.post(f"/moves/{key}", {"do": "agree", "reason": "x"})
        assert answer.status_code == (303 if key == 1 else 409)
    assert (moving(console), len(told(console))) == (["waiting"], 1)
    assert "Menunggu persetujuan" in words(checker, "/moves")
