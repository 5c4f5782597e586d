"""Scripts: a conversation written down in YAML, held with the running gateway, and compared line by line.

phone: "+6281218050012"
fresh: true                                                 # the phone begins as on its first day
turns:
  - send: JHT 18050012345
    expect: "JHT 180*****345 SITI R*: saldo Rp23.451.200"   # stands in the reply
    max_septets: 160
    status: delivered
    within: 10                                              # seconds
  - advance: 600                                            # seconds that the gateway's clock moves on
  - send: YA
    pattern: "Tidak ada pertanyaan.*"                       # the whole reply, a regular expression
  - fault: {kind: 429, times: 1}                            # from here on, for this phone
  - send: STOP
    silence: opt_out                                        # no reply, for this reason
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from smsgw.errors import SmsgwError, StartupError
from smsgw.phones import to_e164
from smsgw.simulator.faults import Order
from smsgw.simulator.talk import Exchange

TEXT_LIMIT = 64 * 1024
TURNS = 200


class Turn(BaseModel):
    """One line of a script: a text with what must come of it, time that passes, or a fault that is switched on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    send: str | None = None
    phone: str | None = None
    expect: str | None = None
    pattern: str | None = None
    silence: str | None = None
    status: str | None = None
    max_septets: int = Field(default=160, ge=0)
    within: float = Field(default=15.0, gt=0, le=600)
    advance: int = Field(default=0, ge=-400 * 86_400, le=400 * 86_400)
    fault: Order | None = None

    @field_validator("fault", mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {"kind": value} if isinstance(value, (str, int)) else value


class Script(BaseModel):
    """A conversation of one phone; a turn may name another. `fresh`: every phone begins as on its first day."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    phone: str
    fresh: bool = False
    turns: tuple[Turn, ...] = Field(min_length=1, max_length=TURNS)

    def phone_of(self, turn: Turn) -> str:
        """The phone of a turn, as E.164."""
        return to_e164(turn.phone or self.phone) or ""

    @property
    def phones(self) -> tuple[str, ...]:
        """Every phone that takes part, as E.164."""
        return tuple(dict.fromkeys(self.phone_of(turn) for turn in self.turns))


@dataclass(frozen=True, slots=True)
class Played:
    """One turn with what came of it, and every difference as a sentence. `fault`: the switch it set, with its seed."""

    number: int
    turn: Turn
    exchange: Exchange | None
    differences: tuple[str, ...]
    fault: dict[str, Any] | None = None

    def as_json(self) -> dict[str, object]:
        """The object that `smsgw simulate --script --json` prints, and that the pages show."""
        heard = self.exchange.as_json() if self.exchange else {"advanced_s": self.turn.advance}
        return {"turn": self.number, **heard, "fault": self.fault, "differences": self.differences}


@dataclass(frozen=True, slots=True)
class Stage:
    """What a script is played on. `talk(text, phone, seconds)` sends; `advance(seconds)` moves the clock;
    `switch(order)` turns a fault on and `clear(phone)` a phone's faults off; `fresh(phone)` lets it begin anew."""

    talk: Callable[[str, str, float], Exchange]
    advance: Callable[[int], None]
    switch: Callable[[Order], dict[str, Any]]
    clear: Callable[[str], object]
    fresh: Callable[[str], object]


def read(file: Path) -> Script:
    """The script in a file; StartupError says where it is not one."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StartupError([f"{file}: cannot be read as YAML ({type(error).__name__})."]) from None
    return parse(text, str(file))


def parse(text: str, name: str = "script") -> Script:
    """The script that a text is; StartupError says where it is none, each sentence begun with `name`."""
    try:
        script = Script.model_validate(yaml.safe_load(text[: TEXT_LIMIT + 1]) if len(text) <= TEXT_LIMIT else None)
    except yaml.YAMLError as error:
        raise StartupError([f"{name}: cannot be read as YAML ({type(error).__name__})."]) from None
    except ValidationError as error:
        raise StartupError([f"{name}: {_where(one['loc'])}: {one['msg']}." for one in error.errors()]) from None
    phones = [script.phone, *(turn.phone for turn in script.turns if turn.phone)]
    wrong = [f"{name}: {phone} is not a phone number." for phone in phones if to_e164(phone) is None]
    wrong += [f"{name}: turn {at}: {fault}" for at, turn in enumerate(script.turns, 1) if (fault := _fault(turn))]
    if wrong:
        raise StartupError(wrong)
    return script


def play(script: Script, stage: Stage) -> Iterator[Played]:
    """Hold the conversation turn by turn. The clock and the phones' faults are put back at its end."""
    moved = 0
    try:
        if script.fresh:
            for phone in script.phones:
                stage.fresh(phone)
        for number, turn in enumerate(script.turns, 1):
            if turn.advance:
                stage.advance(turn.advance)
                moved += turn.advance
            yield _play(number, turn, script.phone_of(turn), stage)
    finally:
        if moved:
            stage.advance(-moved)
        if any(turn.fault for turn in script.turns):
            for phone in script.phones:
                with suppress(SmsgwError):  # they end by themselves
                    stage.clear(phone)


def _play(number: int, turn: Turn, phone: str, stage: Stage) -> Played:
    fault = stage.switch(turn.fault.model_copy(update={"phone": phone})) if turn.fault else None
    if turn.send is None:
        return Played(number, turn, None, (), fault)
    exchange = stage.talk(turn.send, phone, turn.within)
    return Played(number, turn, exchange, tuple(_differences(turn, exchange)), fault)


def _fault(turn: Turn) -> str | None:
    if turn.send is None:
        return None if turn.advance or turn.fault else "has neither `send` nor `advance` nor `fault`."
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
