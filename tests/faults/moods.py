"""The moods of the stand-in carrier: what it does with an order, and what it answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Mode:
    """One way to treat an order: whether it is taken, and what is answered after `wait_s`.

    `answer`: an HTTP status; "garbage", a 201 that nobody can read; "hang", nothing until the caller leaves; "reset".
    """

    takes: bool
    answer: str = "201"
    wait_s: float = 0.0

    @property
    def is_dark(self) -> bool:
        """Whether the caller cannot know that the order was not taken."""
        return not self.takes and self.answer in ("garbage", "hang", "reset", "500")


# "429" and "400" say that nothing was taken, and "ok" and "slow" that it was: they have no other side.
MODES: Mapping[str, Mode] = {
    "ok": Mode(takes=True),
    "slow": Mode(takes=True, wait_s=0.5),
    "429": Mode(takes=False, answer="429"),
    "400": Mode(takes=False, answer="400"),
    "hang_before": Mode(takes=False, answer="hang"),
    "hang_after": Mode(takes=True, answer="hang"),
    "reset_before": Mode(takes=False, answer="reset"),
    "reset_after": Mode(takes=True, answer="reset"),
    "500_before": Mode(takes=False, answer="500"),
    "500_after": Mode(takes=True, answer="500"),
    "garbage_before": Mode(takes=False, answer="garbage"),
    "garbage_after": Mode(takes=True, answer="garbage"),
}


@dataclass(frozen=True, slots=True)
class Order:
    """A create request. `number` counts all orders, `attempt` those of this one message; both begin at 1."""

    to: str
    sender: str
    text: str
    callback: str
    number: int
    attempt: int


Mood = Callable[[Order], str]


def always(mode: str) -> Mood:
    """The same for every order."""
    return lambda order: mode


def first(attempts: int, mode: str) -> Mood:
    """So for the first attempts of each message, then well."""
    return lambda order: mode if order.attempt <= attempts else "ok"


def in_turn(*modes: str) -> Mood:
    """One after the other, from order to order."""
    return lambda order: modes[order.number % len(modes)]


def mixed(dice: Random, good: int, *others: str) -> Mood:
    """Well `good` times as often as each of the others."""
    words = ["ok"] * good + [*others]
    return lambda order: dice.choice(words)


@dataclass(frozen=True, slots=True)
class Reports:
    """The delivery reports that follow a message: their words in the order in which they are made.

    `early`: the first one is made before the order itself is answered. `shuffled`: their order is cast by the dice, and
    how many of them are made at all.
    """

    words: tuple[str, ...] = ("sent", "delivered")
    repeats: int = 1
    shuffled: bool = False
    early: bool = False
    wait_s: float = 0.05


SILENT = Reports(words=())
