"""The transcripts: every keyword has one, and every line is heard exactly so, in one segment."""

from collections.abc import Iterator

import pytest

from smsgw.keywords import BASE, Registry, load_registry, measure
from tests.support import transcript
from tests.support.transcript import Listener, Turn

REGISTRY = load_registry()


def played(registry: Registry) -> Iterator[tuple[Turn, str]]:
    """Every turn of every transcript with what is really heard; a file is one conversation."""
    for file in sorted(transcript.FOLDER.glob("*.txt")):
        listener = Listener(registry)
        yield from ((turn, listener.hear(turn.phone, turn.sent)) for turn in transcript.turns(file))


PLAYED = list(played(REGISTRY))
TURNS = [turn for turn, _ in PLAYED]


@pytest.fixture(scope="module")
def registry() -> Registry:
    return REGISTRY


@pytest.mark.parametrize(("turn", "heard"), PLAYED, ids=[f"{turn.file}:{turn.line}" for turn in TURNS])
def test_heard(turn: Turn, heard: str) -> None:
    assert heard == turn.heard
    assert (measure(heard).encoding, measure(heard).segments) == ("GSM-7", 1)


@pytest.mark.parametrize("stem", sorted({stem for stem, _ in REGISTRY.templates}))
def test_every_keyword_has_a_transcript_with_its_texts(registry: Registry, stem: str) -> None:
    heard = {turn.heard for turn in TURNS if turn.file == stem}
    assert heard, f"tests/transcripts/{stem}.txt is missing or empty"
    assert {turn.phone.language for turn in TURNS if turn.file == stem} == {"id", "en"}


def test_no_transcript_without_its_keyword(registry: Registry) -> None:
    assert {turn.file for turn in TURNS} == {stem for stem, _ in registry.templates}
    assert BASE in {turn.file for turn in TURNS}


def test_every_section_is_heard_or_is_the_gateways_own(registry: Registry) -> None:
    """A text that no transcript shows is a text that nobody has read."""
    said = "\n".join(turn.heard for turn in TURNS)
    silent = {
        f"{stem}.{section}"
        for stem, language, section, variant, last in registry.variants()
        if last and not any(max(v.literals, key=len) in said for v in registry.templates[stem, language][section])
    }
    # `limit` needs a day's messages, `unavailable` lost data; the answering tests show both. The others are told
    # without being asked, some to another phone; the tests of notices, announcements, binding and PINs show them.
    told = {"jht.yearly", "lacak.changed", "lacak.changed_transfer", "lacak.changed_paid", "lacak.changed_refused"}
    told |= {"daftar.alert", "tolak.asked", "base.pin_bad"}
    assert silent == {"base.unavailable", "base.limit", "base.argument_missing"} | told
