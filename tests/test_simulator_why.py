"""Why this reply: what the page tells of a message, beside what became of it."""

import re

import pytest

from smsgw.keywords import load_registry
from smsgw.members.demo import DEMO_PEOPLE
from smsgw.messages.log.entry import Reply
from smsgw.messages.log.timeline import Received, Thread, thread
from smsgw.simulator.reasons import moments, read_again, wordings
from smsgw.simulator.visible import Piece, pieces
from smsgw.simulator.words import words
from tests.support.gateway import Gateway
from tests.test_layers import ROOT

SITI = DEMO_PEOPLE[0]
TEMPLATES = ROOT / "smsgw" / "simulator" / "templates" / "simulator"


def told(gate: Gateway, text: str, phone: str = SITI.phone) -> Thread:
    """What came of a text that has been answered."""
    gate.receive(text, phone)
    while gate.work.answering(64):
        pass
    found = thread(gate.services.store, "in", 1)
    assert found is not None
    return found


def came(found: Thread) -> Received:
    """The message that it begins with."""
    assert found.received is not None
    return found.received


def test_a_reply_is_explained_from_its_text_to_its_template(gate: Gateway) -> None:
    one = told(gate, f"tolong jht {SITI.number} dong")
    why = read_again(gate.services.registry, came(one))
    assert why.tokens == (
        ("OWN_TOLONG", "TOLONG"),
        ("OWN_JHT", "JHT"),
        ("NUMBER", SITI.number),
        ("FILLER", "DONG"),
    )
    assert (why.reading.folded, why.handler, why.who) == (f"TOLONG JHT {SITI.number} DONG", "smsgw.handlers.jht", "own")
    assert "jht_phrase\tJHT" in (why.reading.tree or "")
    [reply] = one.sent
    sent = reply.reply
    assert (sent.template, reply.phone, "23.451.200" in sent.body) == ("jht.balance", SITI.phone, True)
    fates = [one.fate for one in wordings(gate.services.registry, sent)]
    assert fates == ["taken"] + ["untried"] * (len(fates) - 1)
    assert wordings(gate.services.registry, sent)[0].pattern.startswith("JHT {number:number} {name:name}: saldo")


@pytest.mark.parametrize("taken", range(5))
@pytest.mark.parametrize("more", ["", ". Untuk STATUS kirim SMS lain"])
def test_the_wording_that_wrote_a_reply_is_known_by_its_text(taken: int, more: str) -> None:
    registry = load_registry()
    variants = registry.templates["jht", "id"]["balance"]
    body = variants[taken].widest("id")
    body = body.removesuffix(".") + more if more else body
    sent = Reply(1, "reply", "twilio", body, 0, "jht.balance", "id", "sent", 1, 0, None, None, 0, 0)
    fates = ["passed"] * taken + ["taken"] + ["untried"] * (len(variants) - taken - 1)
    assert [one.fate for one in wordings(registry, sent)] == fates


def test_silence_has_its_reason_and_its_times(gate: Gateway) -> None:
    one = told(gate, "STOP")
    assert (came(one).state, came(one).reason, one.sent) == ("suppressed", "opt_out", ())
    assert [(moment.step, moment.cause) for moment in moments(one, "id")] == [
        ("diterima lewat webhook", "webhook"),
        ("sengaja tidak dijawab", "worker opt_out"),
    ]


def test_the_steps_come_in_the_order_of_time(gate: Gateway) -> None:
    shown = moments(told(gate, f"JHT {SITI.number}"), "en")
    assert [moment.step for moment in shown][:2] == ["came in by webhook", "answered"]
    assert "reply written" in [moment.step for moment in shown]
    assert [moment.since for moment in shown] == sorted(moment.since for moment in shown)
    assert shown[0].since == 0


def test_a_text_that_fits_no_rule_has_the_tokens_before_that_place(gate: Gateway) -> None:
    registry = gate.services.registry
    assert registry.tokens("") == ()
    assert registry.tokens("\x00") == ()
    assert registry.tokens("SLADO 18050012345")[1] == ("NUMBER", "18050012345")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("halo\ndunia", [Piece("halo\ndunia")]),
        ("a\u202eb", [Piece("a"), Piece("U+202E", "RIGHT-TO-LEFT OVERRIDE"), Piece("b")]),
        ("\u200b\u200b", [Piece("U+200B", "ZERO WIDTH SPACE")] * 2),
        ("\r\x1b", [Piece("U+000D", "CONTROL"), Piece("U+001B", "CONTROL")]),
        ("a\u00a0b", [Piece("a"), Piece("U+00A0", "NO-BREAK SPACE"), Piece("b")]),
        ("\ud800", [Piece("U+D800", "CONTROL")]),
        ("e\u0301 \U0001f44d", [Piece("e\u0301 \U0001f44d")]),
    ],
)
def test_what_nobody_sees_is_shown(text: str, expected: list[Piece]) -> None:
    assert list(pieces(text)) == expected


def test_the_pages_use_every_word_and_no_other() -> None:
    files = [*TEMPLATES.glob("*.html"), *TEMPLATES.parents[1].glob("*.py")]
    texts = [file.read_text(encoding="utf-8") for file in files if file.name != "words.py"]
    code, saying = "".join(texts), "".join(text for text in texts if "simulator.words" in text or "{%" in text)
    used = {name for pair in re.findall(r"\bw\.(\w+)|\bsaid\[\"(\w+)\"\]", saying) for name in pair if name}
    assert used <= words("id").keys()
    beginnings = tuple({found for pair in re.findall(r'"(\w+_)" ~|\bf"(\w+_)\{', code) for found in pair if found})
    unused = [name for name in words("id").keys() - used if f'"{name}"' not in code]
    assert [name for name in unused if not name.startswith((*beginnings, "in_", "out_"))] == []


def test_the_two_languages_say_different_things() -> None:
    same = {name for name in words("id") if words("id")[name] == words("en")[name]}
    assert same <= {"record_json"}
    assert not [name for name in words("id") if hasattr({}, name)], "a template would find the method of that name"
    assert words("xx") == words("id")
