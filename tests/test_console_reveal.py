"""Personal data: masked by default, revealed for a minute with a reason, which is recorded; and what cannot be seen."""

import re

import pytest
from flask import g
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from smsgw.console.guard import arrive, recognise
from smsgw.console.masking import KINDS, mask
from smsgw.console.showing import masked, reveal
from smsgw.console.strip import Strip
from smsgw.console.visible import plain_visible, visible
from smsgw.console.visit import Desk
from smsgw.keywords.kinds import rupiah, short
from smsgw.operators import reveals
from smsgw.operators.tables import audit
from smsgw.web.app import create_app
from tests.support.console import Browser, Console

PHONE = "+6281210009977"

MASKED = [
    ("phone", PHONE, "+62812*****977"),
    ("phone", "2757", "2757"),
    ("phone", "", ""),
    ("number", "99051234567", "990*****567"),
    ("number", "12345", "*****"),
    ("nik", "9973014107900003", "*************003"),
    ("name", "SITI RAHMA", "S*** R***"),
    ("name", "", ""),
    ("body", "JHT 99051234567", "JHT ***********"),
    ("body", "DAFTAR#9973014107900003#01-07-1990", "DAFTAR#****************#**-**-****"),
    ("body", "jht 9905 1234-567 ya", "jht **** ****-*** ya"),
    ("body", "saldo Rp23.451.200 per Okt", "saldo Rp**.***.*** per Okt"),
    ("body", "9\u200b9\u200b0\u200b5", "*\u200b*\u200b*\u200b*"),
    ("body", "９９０５１２", "******"),
    ("body", "٩٩٠٥", "****"),
    ("body", "SIMULASI 10 lalu 175", "SIMULASI 10 lalu 175"),
    ("body", "Rp86 juta (saldo 23,4 juta + 285rb/bln, 5,7%)", "Rp** juta (saldo **,* juta + ***rb/bln, 5,7%)"),
    ("body", "gaji 5jt, Rp 500, 42 million, 285k", "gaji *jt, Rp ***, ** million, ***k"),
    ("body", "umur 12th, TIPS 3", "umur 12th, TIPS 3"),
]


@pytest.mark.parametrize(("kind", "value", "shown"), MASKED)
def test_a_value_is_masked(kind: str, value: str, shown: str) -> None:
    assert mask(value, kind) == shown


@given(st.integers(0, 10**13), st.sampled_from(["id", "en"]))
def test_no_amount_as_our_texts_say_it_is_legible(amount: int, language: str) -> None:
    said = f"saldo {rupiah(amount, language)}, kini Rp{short(amount, language)}"
    assert not re.search(r"\d", mask(said, "body"))


def test_a_kind_that_is_none_is_an_error_not_an_open_door() -> None:
    with pytest.raises(KeyError):
        mask(PHONE, "telephone")
    assert {kind: mask(None, kind) for kind in KINDS} == dict.fromkeys(KINDS, "")


VISIBLE = [
    ("JHT <b>", "<bdi>JHT &lt;b&gt;</bdi>"),
    ("a\u202eb", '<bdi>a<span class="hid">&lt;U+202E&gt;</span>b</bdi>'),
    ("a\nb", '<bdi>a<span class="hid">↵</span>\nb</bdi>'),
    ("\ud800", '<bdi><span class="hid">&lt;U+D800&gt;</span></bdi>'),
    ("a\u00a0b", '<bdi>a<span class="hid">&lt;U+00A0&gt;</span>b</bdi>'),
    ("é ünd 日本", "<bdi>é ünd 日本</bdi>"),
    (None, "<bdi></bdi>"),
]


@pytest.mark.parametrize(("text", "html"), VISIBLE)
def test_what_hides_is_shown(text: str | None, html: str) -> None:
    assert visible(text) == html


def test_marks_do_not_climb_over_other_rows() -> None:
    assert visible("e" + "\u0301" * 40).count("<span") == 37


def test_a_file_has_it_as_text() -> None:
    assert plain_visible("a\u202eb\x00") == "a<U+202E>b<U+0000>"


def shown(console: Console, browser: Browser) -> tuple[str, bool]:
    """A phone of row inbound/17 as a page of this browser would show it, and whether it offers to reveal it."""
    app = create_app(console.services)
    cookie = browser.client.get_cookie("smsgw_console", path="/console")
    assert cookie is not None
    with app.test_request_context("/console", headers={"Cookie": f"smsgw_console={cookie.value}"}):
        g.visit = arrive(Desk(console.services, Strip(console.services), ()))
        recognise(g.visit)
        return str(masked(PHONE, "phone", "inbound/17")), bool(reveal("inbound/17"))


HIDDEN, OPEN = "<bdi>+62812*****977</bdi>", f"<bdi>{PHONE}</bdi>"
FORM = {"about": "inbound/17", "reason": "peserta menelepon 175", "back": "/console/keys"}


def test_data_are_seen_for_a_minute_by_this_session_alone_and_that_is_recorded(console: Console) -> None:
    rina, budi = console.signed_in("operator", "rina"), console.signed_in("operator", "budi")
    assert shown(console, rina) == (HIDDEN, True)
    assert rina.post("/reveal", FORM).headers["Location"] == "/console/keys"
    assert (shown(console, rina), shown(console, budi)) == ((OPEN, False), (HIDDEN, True))
    page = rina.get("/keys").text
    assert 'http-equiv="refresh"' in page
    console.services.clock.move(reveals.LASTS_MS + 1_000)
    assert shown(console, rina) == (HIDDEN, True)
    with console.services.store.read() as connection:
        chosen = select(audit.c.actor, audit.c.about, audit.c.reason).where(audit.c.act == "reveal")
        assert [tuple(row) for row in connection.execute(chosen)] == [("rina", "inbound/17", FORM["reason"])]


def test_another_row_stays_hidden(console: Console) -> None:
    rina = console.signed_in("operator")
    rina.post("/reveal", FORM | {"about": "inbound/18"})
    assert shown(console, rina) == (HIDDEN, True)


def test_whoever_may_not_is_not_asked(console: Console) -> None:
    assert shown(console, console.signed_in("viewer")) == (HIDDEN, False)


REFUSED: list[tuple[dict[str, str], int]] = [
    ({"reason": ""}, 422),
    ({"about": PHONE}, 400),
    ({"about": "inbound/17/x"}, 400),
    ({"about": ""}, 400),
]


@pytest.mark.parametrize(("change", "status"), REFUSED)
def test_without_a_reason_or_a_row_nothing_is_shown(console: Console, change: dict[str, str], status: int) -> None:
    rina = console.signed_in("operator")
    assert (rina.post("/reveal", FORM | change).status_code, shown(console, rina)) == (status, (HIDDEN, True))
