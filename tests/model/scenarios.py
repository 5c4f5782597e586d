"""What can happen to one message: how it comes, where a process dies, what the carrier does, reports and tells."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final


@dataclass(frozen=True, slots=True)
class Point:
    """Where a process dies: at the n-th transaction of a verb, before it begins, before its commit ("torn") or after
    it; or in a call of the verb, before the carrier has it ("call") or after ("called"). Or it does not die but stands
    still in a call ("stall") until its lease is over, and goes on. 0: nothing of the kind. `far`: the carrier takes its
    time, so that what was answered is claimed by a transaction of its own."""

    verb: str
    write: int
    when: str
    far: bool = False

    def __str__(self) -> str:
        name = f"{self.verb}.{self.write}.{self.when}" if self.write else self.verb
        return f"far.{name}" if self.far else name


def _points(verb: str, *, far: bool = False, **writes: tuple[str, ...]) -> tuple[Point, ...]:
    return tuple(Point(verb, int(write[1:]), when, far) for write, whens in writes.items() for when in whens)


NOBODY: Final = Point("nobody", 0, "")
CALLED: Final = ("call", "called", "stall")  # in a call that follows this transaction
FAR_NOBODY: Final = Point("nobody", 0, "", far=True)
POINTS: Final = (
    NOBODY,
    FAR_NOBODY,
    *_points("receive", _1=("torn", "after")),
    *_points("answer", _1=("torn", "after"), _2=("torn", "after", *CALLED), _3=("begin", "torn", "after")),
    *_points("answer", far=True, _1=("torn", "after"), _2=("torn", "after"), _3=("torn", "after", *CALLED)),
    *_points("answer", far=True, _4=("begin", "torn", "after")),
    *_points("send", _1=("torn", "after", *CALLED), _2=("begin", "torn", "after")),
    *_points("send", far=True, _1=("torn", "after"), _2=("torn", "after", *CALLED), _3=("begin", "torn", "after")),
    *_points("settle", _1=("torn", "after")),
    *_points("sweep", _1=("torn", "after"), _2=("torn", "after")),
    *_points("look", _1=("torn", "after"), _2=("begin", "torn", "after")),
    *_points("collect", _1=("torn", "after"), _2=("begin", "torn", "after"), _3=("torn", "after")),
)

CLAIMED: Final = (
    *(Point("answer", 2, "after"), Point("answer", 3, "after", far=True)),
    *(Point("send", 1, "after"), Point("send", 2, "after", far=True)),
)
# Between the commit of a claim and that of what its call came to: only here may a message's fate stay in the dark.
PAST_CLAIM: Final = (
    *_points("answer", _2=("after", *CALLED), _3=("begin", "torn")),
    *_points("answer", far=True, _3=("after", *CALLED), _4=("begin", "torn")),
    *_points("send", _1=("after", *CALLED), _2=("begin", "torn")),
    *_points("send", far=True, _2=("after", *CALLED), _3=("begin", "torn")),
)
FIRST_CALL: Final = (
    *_points("answer", _2=("after", *CALLED), _3=("begin", "torn", "after")),
    *_points("answer", far=True, _3=("after", *CALLED), _4=("begin", "torn", "after")),
)
# How a message comes: its webhook once, twice before it is answered, again long after; or never, and the list has it.
WEBHOOKS: Final = ("once", "twice", "late", "missed")
# What the calls before the last one come to: each says that the message was not taken. The account is refused for
# a while, so that the carrier is paused; or nobody answers for longer than a reply is worth sending.
PREFIXES: Final = ((), ("429",), ("refused", "429"), ("account",), ("away",))
# What the last call comes to, and whether the carrier has the message then.
TERMINALS: Final[Mapping[str, bool]] = {
    "ok": True,
    "500, taken": True,
    "time-out, taken": True,
    "reset, taken": True,
    "garbage, taken": True,
    "500": False,
    "time-out": False,
    "reset": False,
    "garbage": False,
    "400": False,
}
CERTAIN: Final = ("ok", "400")


@dataclass(frozen=True, slots=True)
class Reports:
    """The words of a carrier's reports: before its answer to our call, soon after it, and after we have given up."""

    early: tuple[str, ...] = ()
    soon: tuple[str, ...] = ()
    late: tuple[str, ...] = ()


REPORTS: Final[Mapping[str, Reports]] = {
    "none": Reports(),
    "in order": Reports(soon=("sent", "delivered")),
    "reversed": Reports(soon=("delivered", "sent", "queued")),
    "twice": Reports(soon=("sent", "sent", "delivered", "delivered")),
    "before our 201": Reports(early=("sent",), soon=("delivered",)),
    "all before our 201": Reports(early=("delivered", "sent")),
    "late": Reports(late=("sent", "delivered")),
    "not delivered": Reports(soon=("sent", "undelivered", "sent")),
}
# For how many looks the carrier's list does not show a message. Three looks, then hourly ones.
LAGS: Final[Mapping[str, int]] = {"none": 0, "one look": 1, "all looks": 3}
NO_LIST: Final = "no list"  # as Kannel: for a part of the scenarios
NEVER: Final = 1_000
SHOWS_AFTER: Final = {**LAGS, NO_LIST: NEVER}


@dataclass(frozen=True, slots=True)
class Scenario:
    """One message's life, as the world around the gateway has decided it."""

    point: Point
    webhook: str
    prefix: tuple[str, ...]
    terminal: str
    reports: str
    lag: str


@dataclass(frozen=True, slots=True)
class Group:
    """Scenarios that are played side by side, since their process dies at one point."""

    point: Point
    prefix: tuple[str, ...]
    part: int = 1  # every how many-th scenario is played

    def __str__(self) -> str:
        return " ".join([str(self.point), *self.prefix])

    def scenarios(self) -> list[Scenario]:
        """All of them, or the part; those that no step could tell from another one are left out."""
        return [*self._all()][:: self.part]

    def _all(self) -> Iterator[Scenario]:
        without_list = NOBODY, FAR_NOBODY, Point("answer", 3, "begin"), Point("answer", 4, "begin", far=True)
        lags = [*LAGS, NO_LIST] if self.point in without_list else [*LAGS]
        for webhook, (terminal, reports), lag in product(WEBHOOKS, _ends(self.point), lags):
            if _meets(self.point, webhook):
                yield Scenario(self.point, webhook, self.prefix, terminal, reports, lag)


def groups(part: int = 1) -> list[Group]:
    """All groups, or a part of each."""
    return [Group(point, prefix, part) for point, prefix in product(POINTS, PREFIXES) if _reaches(point, prefix)]


def _reaches(point: Point, prefix: tuple[str, ...]) -> bool:
    """The first call is the answering process's, the later ones are the sending process's."""
    if point in FIRST_CALL:
        return not prefix
    if "away" in prefix:
        return point in (NOBODY, FAR_NOBODY, Point("sweep", 1, "torn"))
    if "account" in prefix:
        return point.verb in ("nobody", "send", "sweep") and point.when not in CALLED
    return bool(prefix) if point.verb == "send" else True


def _meets(point: Point, webhook: str) -> bool:
    if point.verb == "receive":
        return webhook != "missed"
    return webhook == "missed" if point.verb == "collect" else True


def _ends(point: Point) -> Iterator[tuple[str, str]]:
    if point in CLAIMED:
        yield "ok", "none"  # claimed, never called, never called again: the rest does not come to pass
        return
    for terminal, taken in TERMINALS.items():
        for reports in REPORTS if taken else ("none",):
            if not _is_idle(point, terminal, reports):
                yield terminal, reports


def _is_idle(point: Point, terminal: str, reports: str) -> bool:
    """Whether the process that dies has nothing to do here."""
    if point.verb == "look":
        return terminal in CERTAIN or reports not in ("none", "late")
    return reports == "none" if point.verb == "settle" else False
