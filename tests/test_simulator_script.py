"""Scripts: what a file may say, how it is refused, and that every difference is found."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from smsgw.errors import StartupError, StoreUnavailable
from smsgw.simulator.faults import Order
from smsgw.simulator.script import Script, Stage, Turn, parse, play, read
from smsgw.simulator.talk import Exchange

PHONE, OTHER = "+6281218050012", "+6281298000012"
Talk = Callable[[str, str, float], Exchange]


def stage(done: list[object], talk: Talk) -> Stage:
    """A stage that writes down what is done on it."""

    def switch(order: Order) -> dict[str, Any]:
        done.append((order.kind, order.phone))
        return {"kind": order.kind, "seed": order.seed}

    return Stage(
        talk,
        done.append,
        switch,
        lambda phone: done.append(("clear", phone)),
        lambda phone: done.append(("fresh", phone)),
    )


def heard(reply: str | None = "JHT 180*****345", **changes: object) -> Exchange:
    values: dict[str, object] = {"septets": 15, "state": "delivered", "inbound_state": "answered", "reply": reply}
    return Exchange("JHT", PHONE, "SM1", 5, **(values | changes))  # type: ignore[arg-type]


SILENCE = heard(None, septets=None, state=None, inbound_state="suppressed", reason="opt_out")


@pytest.mark.parametrize(
    ("turn", "exchange", "differences"),
    [
        (Turn(send="JHT"), heard(), 0),
        (Turn(send="JHT", expect="180*****"), heard(), 0),
        (Turn(send="JHT", expect="181*****"), heard(), 1),
        (Turn(send="JHT", pattern=r"JHT \S+"), heard(), 0),
        (Turn(send="JHT", pattern="JHT"), heard(), 1),
        (Turn(send="JHT", max_septets=14), heard(), 1),
        (Turn(send="JHT"), heard(septets=None), 1),
        (Turn(send="JHT"), heard(state="failed", reason="30006"), 1),
        (Turn(send="JHT", status="failed"), heard(state="failed", reason="30006"), 0),
        (Turn(send="JHT", status="delivered"), heard(state="failed"), 1),
        (Turn(send="STOP", silence="opt_out"), SILENCE, 0),
        (Turn(send="STOP", silence="opted_out"), SILENCE, 1),
        (Turn(send="STOP", silence="opt_out"), heard(), 1),
        (Turn(send="STOP"), SILENCE, 1),
        (Turn(send="JHT", expect="181", pattern="x", max_septets=1), heard(state="failed"), 4),
    ],
)
def test_differences(turn: Turn, exchange: Exchange, differences: int) -> None:
    (played,) = play(Script(phone=PHONE, turns=(turn,)), stage([], lambda *_: exchange))
    assert len(played.differences) == differences


def test_a_script_is_held_in_order_each_from_its_phone() -> None:
    said: list[object] = []

    def talk(text: str, phone: str, seconds: float) -> Exchange:
        said.append((text, phone, seconds))
        return heard()

    turns = (Turn(send="A"), Turn(advance=600), Turn(send="B", phone="0812-9800-0012", within=3))
    played = list(play(Script(phone="081218050012", turns=turns), stage(said, talk)))
    assert said == [("A", PHONE, 15.0), 600, ("B", OTHER, 3.0), -600]
    assert [one.exchange is None for one in played] == [False, True, False]


def test_a_fresh_script_puts_everything_back_at_its_end() -> None:
    done: list[object] = []
    turns = (Turn(advance=5, fault=Order(kind="429", seed=3)), Turn(send="A", phone=OTHER), Turn(advance=7, send="B"))
    script = Script(phone=PHONE, fresh=True, turns=turns)
    played = list(play(script, stage(done, lambda *_: heard())))
    begin, end = [("fresh", PHONE), ("fresh", OTHER)], [("clear", PHONE), ("clear", OTHER)]
    assert done == [*begin, 5, ("429", PHONE), 7, -12, *end]
    assert played[0].fault == {"kind": "429", "seed": 3}


def test_what_breaks_is_put_back_too() -> None:
    done: list[object] = []

    def talk(text: str, phone: str, seconds: float) -> Exchange:
        raise StoreUnavailable("gone")

    with pytest.raises(StoreUnavailable):
        list(play(Script(phone=PHONE, turns=(Turn(advance=5, send="A"),)), stage(done, talk)))
    assert done == [5, -5]


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        ("callback-twice", "callback-twice", None),
        ("429", "429", None),
        ("{kind: refused, code: 21610}", "refused", 21610),
    ],
)
def test_a_fault_is_a_word_or_a_mapping(fault: str, kind: str, code: int | None) -> None:
    order = parse(f"phone: '{PHONE}'\nturns: [{{fault: {fault}}}]").turns[0].fault
    assert order is not None
    assert (order.kind, order.code) == (kind, code)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "valid dictionary"),
        ("phone: '+6281218050012'", "turns: Field required"),
        ("phone: '+6281218050012'\nturns: []", "turns: Tuple should have at least 1 item"),
        ("phone: x\nturns: [{send: JHT}]", "x is not a phone number"),
        ("phone: '+6281218050012'\nturns: [{send: JHT}, {sned: JHT}]", "turns.2.sned: Extra inputs"),
        ("phone: '+6281218050012'\nturns: [{expect: JHT}]", "turn 1: has neither `send` nor `advance` nor `fault`"),
        ("phone: '+6281218050012'\nturns: [{send: A, pattern: '('}]", "turn 1: `pattern` is no regular expression"),
        ("phone: '+6281218050012'\nturns: [{fault: 428}]", "turns.1.fault.kind: Value error, is none of"),
        ("phone: '+6281218050012'\nturns: [" + "{send: A}," * 201 + "]", "turns: Tuple should have at most 200"),
        ("phone: x" + " " * 65_536, "valid dictionary"),
        ("phone: [", "cannot be read as YAML"),
        ("!!python/object/apply:os.system ['true']", "cannot be read as YAML"),
    ],
)
def test_a_bad_script_is_refused_with_its_place(text: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "script.yaml"
    file.write_text(text)
    with pytest.raises(StartupError, match=r"script\.yaml") as refused:
        read(file)
    assert says in str(refused.value)


def test_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match="cannot be read"):
        read(tmp_path / "none.yaml")
