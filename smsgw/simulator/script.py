"""Scripts: a conversation written down in YAML, held with the running gateway, and compared line by line.

phone: "+6281218050012"
turns:
  - send: JHT 18050012345
    expect: "JHT 180*****345 SITI R*: saldo Rp23.451.200"   # stands in the reply
    max_septets: 160
    status: delivered
    within: 10                                              # seconds
  - advance: 600                                            # seconds that the gateway's clock moves on
  - send: YA
    pattern: "Tidak ada pertanyaan.*"                       # the whole reply, a regular expression
  - send: STOP
    silence: opt_out                                        # no reply, for this reason
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from smsgw.errors import StartupError
from smsgw.phones import to_e164
from smsgw.simulator.talk import Exchange


class Turn(BaseModel):
    """One line of a script: a text with what must come of it, or time that passes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    send: str | None = None
    phone: str | None = None
    expect: str | None = None
    pattern: str | None = None
    silence: str | None = None
    status: str | None = None
    max_septets: int = Field(default=160, ge=0)
    within: float = Field(default=15.0, gt=0)
    advance: int = 0


class Script(BaseModel):
    """A conversation of one phone; a turn may name another."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    phone: str
    turns: tuple[Turn, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Played:
    """One turn with what came of it, and every difference as a sentence."""

    number: int
    turn: Turn
    exchange: Exchange | None
    differences: tuple[str, ...]


def read(file: Path) -> Script:
    """The script in a file; StartupError says where it is not one."""
    try:
        script = Script.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
        phones = [script.phone, *(turn.phone for turn in script.turns if turn.phone)]
        wrong = [f"{file}: {phone} is not a phone number." for phone in phones if to_e164(phone) is None]
        wrong += [f"{file}: turn {at}: {fault}" for at, turn in enumerate(script.turns, 1) if (fault := _fault(turn))]
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise StartupError([f"{file}: cannot be read as YAML ({type(error).__name__})."]) from None
    except ValidationError as error:
        raise StartupError([f"{file}: {_where(one['loc'])}: {one['msg']}." for one in error.errors()]) from None
    if wrong:
        raise StartupError(wrong)
    return script


def play(
    script: Script, talk: Callable[[str, str, float], Exchange], advance: Callable[[int], None]
) -> Iterator[Played]:
    """Hold the conversation turn by turn. `talk(text, phone, seconds)` sends; `advance(seconds)` moves the clock."""
    for number, turn in enumerate(script.turns, 1):
        if turn.advance:
            advance(turn.advance)
        exchange = None
        if turn.send is not None:
            exchange = talk(turn.send, to_e164(turn.phone or script.phone) or "", turn.within)
        yield Played(number, turn, exchange, tuple(_differences(turn, exchange)) if exchange else ())


def _fault(turn: Turn) -> str | None:
    if turn.send is None:
        return None if turn.advance else "has neither `send` nor `advance`."
    if turn.pattern is not None:
        try:
            re.compile(turn.pattern)
        except re.error as error:
            return f"`pattern` is no regular expression ({error})."
    return None


def _where(place: tuple[Any, ...]) -> str:
    return ".".join(str(part + 1 if isinstance(part, int) else part) for part in place) or "the file"


def _differences(turn: Turn, exchange: Exchange) -> Iterator[str]:
    if turn.silence is not None:
        if exchange.reply is not None or exchange.reason != turn.silence:
            yield f"silence ({turn.silence}) was expected, but it is: {exchange.reply or exchange.reason}"
        return
    if exchange.reply is None:
        yield f"no reply: {exchange.reason}"
        return
    if turn.expect is not None and turn.expect not in exchange.reply:
        yield f"expected: {turn.expect}"
    if turn.pattern is not None and not re.fullmatch(turn.pattern, exchange.reply):
        yield f"expected the pattern: {turn.pattern}"
    if (exchange.septets or 0) > turn.max_septets or exchange.septets is None:
        yield f"at most {turn.max_septets} septets were expected, it has {exchange.septets}"
    if (turn.status or exchange.state) != exchange.state or (turn.status is None and not exchange.good):
        yield f"{turn.status or 'delivered'} was expected, it is {exchange.state} ({exchange.reason})"
