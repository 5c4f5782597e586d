"""Session: what a message refers to when it answers an answer, and how an offer is kept in between."""

import json
from collections.abc import Container
from dataclasses import asdict, dataclass, replace

from smsgw.keywords import Command, Offer, Reading

LASTS_MS = 10 * 60_000
YES, NEXT, START = "YA", "LANJUT", "MULAI"


@dataclass(frozen=True, slots=True)
class Meant:
    """A reading with what it refers to put in its place. `proved`: the right PIN had opened what it refers to."""

    reading: Reading
    page: int = 1
    confirmed: bool = False
    proved: bool = False


def meant(reading: Reading, offer: Offer | None, keywords: Container[str], *, proved: bool = False) -> Meant:
    """What a message means after this offer; a bare YES that answers nothing is MULAI (keywords.md rule 6).

    `proved`: the right PIN had opened the offer.
    """
    command = _taken_up(reading, offer) if offer else None
    if command is not None and command.keyword in keywords:
        reading = replace(
            reading,
            outcome="command",
            keyword=command.keyword,
            membership_number=command.number,
            arguments=command.arguments,
            problem=None,
            choice=None,
        )
        confirmed = offer is not None and command is offer.yes and not offer.guessed
        return Meant(reading, command.page, confirmed, proved=proved)
    if reading.keyword == YES and reading.folded == "YES" and START in keywords:
        return Meant(replace(reading, outcome="opt_in", keyword=START, problem="own"))
    return Meant(reading)


def _taken_up(reading: Reading, offer: Offer) -> Command | None:
    if reading.choice is not None:
        return offer.choices[reading.choice - 1] if 0 < reading.choice <= len(offer.choices) else None
    return {YES: offer.yes, NEXT: offer.following}.get(reading.keyword or "")


def dump(offer: Offer, *, proved: bool = False) -> str:
    """An offer as text. `proved`: the right PIN has opened it, so that taking it up asks for none."""
    parts = {
        "yes": _plain(offer.yes),
        "following": _plain(offer.following),
        "choices": [_plain(command) for command in offer.choices],
        "guessed": offer.guessed,
    }
    return json.dumps(parts | {"proved": True} if proved else parts)


def load(text: str) -> tuple[Offer | None, bool]:
    """The offer of `dump`'s text, and whether it is proved. None: another version wrote it, in a way of its own."""
    try:
        parts = json.loads(text)
        choices = tuple(Command(**choice) for choice in parts["choices"])
        yes, following = (Command(**part) if part else None for part in (parts["yes"], parts["following"]))
    except (LookupError, TypeError, ValueError):
        return None, False
    return Offer(yes, following, choices, parts.get("guessed", False)), parts.get("proved", False)


def _plain(command: Command | None) -> dict[str, object] | None:
    if command is None:
        return None
    return {**asdict(replace(command, arguments={})), "arguments": dict(command.arguments)}
