"""What phones said and heard, written down: as text, as JSON, and as a script that holds the same conversation."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import yaml

from smsgw.messages.rows import Kind
from smsgw.messages.states import DELIVERED, INBOUND_FINAL, OUTBOUND_FINAL
from smsgw.simulator.codes import FAILURES
from smsgw.simulator.mail import Letter, Sent, received, said
from smsgw.store import Store

PAUSE_MS = 60_000  # a longer one is told: offers and sessions end with time
MOST = 100
_ANSWERS = frozenset({Kind.REPLY, Kind.APOLOGY})
_NUMBERED = re.compile(r"\b[KL]\d{4}-\d{5}\b")  # a claim's or a report's number: the next report has another one


@dataclass(frozen=True, slots=True)
class Heard:
    """One text and the last of what answered it; `pause_s`: seconds since the text before, where they matter."""

    text: Sent
    letter: Letter | None
    pause_s: int = 0


def listen(store: Store, phones: Sequence[str], since: int = 0) -> list[Heard]:
    """The last texts of these phones with their answers, in the order in which they came in.

    `since`: an inbound id to begin after. What is still under way is left out.
    """
    letters: dict[str, Letter] = {}
    for phone in phones:
        letters |= {one.answers or "": one for one in received(store, phone, limit=10 * MOST) if one.kind in _ANSWERS}
    texts = sorted((text for phone in phones for text in said(store, phone, since, 10 * MOST)), key=lambda one: one.id)
    heard = [Heard(text, letters.get(text.message_sid)) for text in texts[-MOST:] if text.state in INBOUND_FINAL]
    return [*_paused([one for one in heard if one.letter is None or one.letter.state in OUTBOUND_FINAL])]


def _paused(heard: Sequence[Heard]) -> Iterator[Heard]:
    before = heard[0].text.at if heard else 0
    for one in heard:
        pause = one.text.at - before
        yield replace(one, pause_s=round(pause / 1000) if pause >= PAUSE_MS else 0)
        before = one.text.at


def as_text(heard: Sequence[Heard]) -> str:
    """Each text after `>`, each answer after `<`; a phone's number where it changes."""
    lines, phone = list[str](), ""
    for one in heard:
        if one.text.sender != phone:
            phone = one.text.sender
            lines.append(f": {phone}")
        answer = f"< {one.letter.text}" if one.letter else f"(no reply: {one.text.reason})"
        lines += [f"> {one.text.text}", answer]
    return "\n".join([*lines, ""])


def as_json(heard: Sequence[Heard]) -> list[dict[str, object]]:
    """Texts and answers with everything that is known of them."""
    return [{"sent": one.text.as_json(), "heard": one.letter.as_json() if one.letter else None} for one in heard]


def as_script(heard: Sequence[Heard]) -> str:
    """The conversation as YAML, which holds it anew from the first day of its phones. ValueError where it is empty."""
    if not heard:
        raise ValueError("nothing has been said yet")
    phone = heard[0].text.sender
    turns = [_turn(one, phone) for one in heard]
    script = {"phone": phone, "fresh": True, "turns": turns}
    return yaml.safe_dump(script, allow_unicode=True, sort_keys=False, width=1000)


def _turn(one: Heard, phone: str) -> dict[str, Any]:
    turn: dict[str, Any] = {"advance": one.pause_s} if one.pause_s else {}
    if one.text.sender != phone:
        turn["phone"] = one.text.sender
    turn["send"] = one.text.text
    return turn | (_expected(one.letter) if one.letter else {"silence": one.text.reason})


def _expected(letter: Letter) -> dict[str, Any]:
    code = int(letter.error_code) if letter.error_code and letter.error_code.isdigit() else 0
    failed = {"fault": {"kind": "undelivered", "code": code, "times": 1}} if code in FAILURES else {}
    status = {} if letter.state == DELIVERED else {"status": letter.state}
    if _NUMBERED.search(letter.text):
        return (
            failed
            | {"pattern": _NUMBERED.sub(r"[KL]\\d{4}-\\d{5}", re.escape(letter.text).replace(r"\-", "-"))}
            | status
        )
    return failed | {"expect": letter.text} | status
