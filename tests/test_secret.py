"""Secret: a PIN is found wherever it stands and hidden; dates and numbers are left alone."""

import pytest
from sqlalchemy import select

from smsgw.gateway.bell import QuietBell
from smsgw.gateway.receive import Receive
from smsgw.keywords import load_registry
from smsgw.keywords.secret import MASK, hide
from smsgw.messages import inbox, states
from smsgw.messages.rows import Answer, Arrival
from smsgw.messages.tables import inbound
from smsgw.store import Store
from tests.support import transcript

PIN = "482915"

HIDDEN = [
    ("SALDO 482915", "SALDO ******"),
    ("482915 SALDO", "****** SALDO"),
    ("PIN 482915", "PIN ******"),
    ("DAFTAR PIN 482915", "DAFTAR PIN ******"),
    ("lupa pin 482915", "lupa pin ******"),
    ("SALDO#482915", "SALDO#******"),
    ("SALDO.482915", "SALDO.******"),
    ("saldo482915", "saldo******"),
    ("JHT 18050012345 482915", "JHT 18050012345 ******"),
    ("JHT 482915 18050012345", "JHT ****** 18050012345"),
    ("JHT 180 5001 2345 482915", "JHT 180 5001 2345 ******"),
    ("JHT 482915 180 5001 2345", "JHT ****** 180 5001 2345"),
    ("JHT 180500 12345 482915", "JHT 180500 12345 ******"),
    ("JHT 482915 180500 12345", "JHT ****** 180500 12345"),
    ("MUTASI 6 482915", "MUTASI 6 ******"),
    ("MUTASI 482915 6", "MUTASI ****** 6"),
    ("LACAK K2510-00123 482915", "LACAK K2510-00123 ******"),
    ("SIMULASI 10 TAHUN 482915", "SIMULASI 10 TAHUN ******"),
    ("111111 SALDO 482915", "111111 SALDO ******"),
    ("SALDO \u0664\u0668\u0662\u0669\u0661\u0665", "SALDO ******"),
    ("SALDO ４８２９１５", "SALDO ******"),
    ("\u202e482915\n", "\u202e******\n"),
]
LEFT = [
    "",
    "SALDO",
    "SALDO 48291",
    "SALDO 4829155",
    "JHT 18050012345",
    "JHT 180500 12345",
    "JHT 18050-012345",
    "KARTU 05KWW012345",
    "LACAK K2510-00123",
    "LACAK K251000123",
    "LAPOR L2510-00045",
    "iuran 01-07-1990",
    "DAFTAR#9973014107900003#010790#18050012345",
    "daftar 18050012345 010790 9973014107900003",
    "REG 010790 18050012345",
    "LUPA 9973014107900003 010790",
    "LUPA#010790",
    "saya mau registrasi 9973014107900003 010790 18050012345",
    "KTP 9973014107900003 tgl 010790",
]


@pytest.mark.parametrize(("text", "stored"), HIDDEN)
def test_a_pin_is_found_wherever_it_stands(text: str, stored: str) -> None:
    assert hide(text) == (stored, PIN)


@pytest.mark.parametrize("text", LEFT)
def test_dates_and_numbers_are_left_alone(text: str) -> None:
    assert hide(text) == (text, None)


def test_no_text_of_the_transcripts_is_changed_but_pins_and_what_machines_send() -> None:
    sent = [turn.sent for file in transcript.FOLDER.glob("*.txt") for turn in transcript.turns(file)]
    registry = load_registry()
    hidden = [text for text in sent if hide(text)[1] and registry.read(text).outcome != "silent"]
    assert hidden == [text for text in sent if text == f"PIN {PIN}"]


def test_forms_begin_with_the_words_of_their_keywords() -> None:
    keywords = load_registry().keywords
    phrases = [phrase for name in ("DAFTAR", "LUPA") for phrase in keywords[name].phrases]
    assert [phrase for phrase in phrases if hide(f"{phrase} 9973014107900003 010790")[1]] == []


@pytest.mark.parametrize(("with_pin", "stored"), [(False, (f"SALDO {PIN}", None)), (True, (f"SALDO {MASK}", PIN))])
def test_it_is_hidden_before_it_is_stored_and_gone_once_it_is_answered(
    store: Store, with_pin: bool, stored: tuple[str, str | None]
) -> None:
    arrival = Arrival("twilio", "SM1", "+6281200000001", "+622150000000", f"SALDO {PIN}")
    Receive(store, QuietBell(), with_pin=with_pin)(arrival)
    with store.write() as connection:
        (row,) = inbox.claim(connection, "token", 1)
        assert (row.body, row.secret) == stored
        inbox.finish(connection, [Answer(row.id, row.from_phone, states.ANSWERED)])
    with store.read() as connection:
        assert connection.execute(select(inbound.c.body, inbound.c.secret)).one() == (stored[0], None)
