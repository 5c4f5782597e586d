"""Transcripts: what a participant sends and hears, as plain text.

    : status NONAKTIF           changes the member of the lines below; `-` is no value
    : language en               the language of the replies below
    : stranger                  from here the phone is entitled to nothing
    > STATUS                    sent
    < 180*****345 SITI R*: …    heard; (silent …), (opt_out …) where nothing is

A line that begins with # is a comment; `\\n` inside a sent line is a newline.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from smsgw.keywords import Ask, Membership, Reading, Registry, Reply

FOLDER = Path(__file__).parents[1] / "transcripts"
TODAY = date(2025, 11, 24)


@dataclass(frozen=True)
class Member:
    """A member as the transcripts know one; satisfies the Membership that handlers ask for."""

    number: str = "18050012345"
    name: str = "SITI RAHAYU"
    status: str = "AKTIF"
    status_since: date | None = date(2018, 5, 2)
    status_reason: str = ""
    segment: str = "PU"
    employer: str = "PT MAJU JAYA"
    registered_on: date | None = date(2018, 5, 2)
    programmes: tuple[str, ...] = ("JHT", "JKK", "JKM", "JP", "JKP")
    jht_balance: int | None = 23_451_200
    jht_balance_on: date | None = date(2025, 10, 31)
    last_contribution_month: date | None = date(2025, 9, 1)
    last_contribution: int | None = 285_000


@dataclass(frozen=True)
class Phone:
    """Who sends: entitled to a membership or not, and the language of the replies."""

    member: Member | None = Member()
    language: str = "id"


@dataclass(frozen=True)
class Turn:
    """One SMS in and what must come back."""

    file: str
    line: int
    phone: Phone
    sent: str
    heard: str


def turns(file: Path) -> Iterator[Turn]:
    """The turns of a transcript in order."""
    phone, sent, at = Phone(), "", 0
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        sign, _, rest = line.partition(" ")
        if sign == ":":
            phone = _changed(phone, rest)
        elif sign == ">":
            sent, at = rest.replace("\\n", "\n"), number
        elif sign == "<":
            yield Turn(file.stem, at, phone, sent, rest)
        else:
            assert not line or line.startswith("#"), f"{file.name}:{number}: {line}"


def hear(registry: Registry, phone: Phone, text: str) -> str:
    """What a phone hears, decided as the gateway decides it."""
    reading = registry.read(text, sender="+6281218050012")
    if reading.outcome in ("silent", "opt_out", "opt_in"):
        return f"({reading.outcome} {reading.problem})"
    reply = _reply(registry, phone, reading)
    language = next((effect.language for effect in reply.effects), phone.language)
    return registry.render(reply, language, also=reading.also)


def _reply(registry: Registry, phone: Phone, reading: Reading) -> Reply:
    keyword = registry.keywords.get(reading.keyword or "")
    own = keyword is not None and keyword.who == "own" and reading.outcome != "suggest"
    if own and (phone.member is None or reading.membership_number not in (None, phone.member.number)):
        return Reply("base", "stranger")
    if keyword is None or reading.outcome != "command":
        return Reply("base", reading.problem or reading.outcome, reading.fields)
    member: Membership | None = phone.member
    return keyword.answer(Ask(reading, member, phone.language, TODAY, registry))


def _changed(phone: Phone, directive: str) -> Phone:
    name, _, value = directive.partition(" ")
    if name == "stranger":
        return replace(phone, member=None)
    if name == "language":
        return replace(phone, language=value)
    return replace(phone, member=replace(phone.member or Member(), **{name: _value(name, value)}))  # type: ignore[arg-type]


def _value(name: str, value: str) -> object:
    if value == "-":
        return "" if name in ("employer", "status_reason") else None
    if name == "programmes":
        return tuple(value.split())
    if name in ("jht_balance", "last_contribution"):
        return int(value)
    return date.fromisoformat(value) if name.endswith(("_on", "_since", "_month")) else value
