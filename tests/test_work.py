"""Rounds of a job: the bell is lifted before each last look, held while there is much to do, rung when time is up."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from smsgw.gateway.work import BATCH, Work


class Scripted:
    """Answers, or sends, so many rows a round; notes what it and the bell did, in order."""

    def __init__(self, rounds: list[int], at_once: int | None = None) -> None:
        self.rounds, self.at_once = rounds, at_once
        self.limits: list[int] = []
        self.done: list[str] = []

    def __call__(self, limit: int, hand_over: Callable[[], None] | None = None) -> int:
        self.limits.append(limit)
        rows = self.rounds.pop(0) if self.rounds else 0
        self.done.append(f"look {rows}")
        if hand_over is not None:
            hand_over()
        return rows

    def hand_over(self) -> None:
        self.done.append("hand over")

    def ring(self, verb: str) -> None:
        self.done.append("ring")

    def call(self, verb: str) -> None:
        self.done.append("call")

    def hold(self, verb: str) -> None:
        self.done.append("hold")

    def lift(self, verb: str) -> None:
        self.done.append("lift")


ROUNDS = [
    ([0], ["lift", "look 0"]),
    ([1], ["lift", "look 1"]),
    ([9, 1, 0], ["lift", "look 9", "hold", "look 1", "lift", "look 0"]),
    ([9, 9, 1, 2], ["lift", "look 9", "hold", "look 9", "look 1", "lift", "look 2"]),
    ([9, 0, 9, 0, 0], ["lift", "look 9", "hold", "look 0", "lift", "look 9", "hold", "look 0", "lift", "look 0"]),
    ([BATCH, 0, 0], ["lift", f"look {BATCH}", "call", "hold", "look 0", "lift", "look 0"]),
]


def work(answering: Any, sending: Any, bell: Any, due: tuple[str, ...] = ()) -> Work:
    return Work(answering, sending, lambda: due, bell, ThreadPoolExecutor(1), lambda: 0, lambda: 0, lambda: 0)  # type: ignore[arg-type]


@pytest.mark.parametrize(("rounds", "done"), ROUNDS, ids=str)
def test_rounds_of_answering(rounds: list[int], done: list[str]) -> None:
    script = Scripted(list(rounds))
    work(script, Scripted([]), script).answer()
    assert script.done == done


SENT = [
    ([0], ["hand over", "look 0"]),
    ([9, 9, 0, 0], ["hand over", "hand over", "hand over", "look 0", "hand over", "look 0"]),
    ([9, 3, 1], ["hand over", "hand over", "look 0", "hand over", "look 0"]),
]


@pytest.mark.parametrize(("rounds", "done"), SENT, ids=str)
def test_answers_are_handed_over_each_round_and_the_rest_is_sent_when_there_is_little_to_answer(
    rounds: list[int], done: list[str]
) -> None:
    answering, sending = Scripted(list(rounds)), Scripted([])
    work(answering, sending, Scripted([])).answer()
    assert sending.done == done


WIDTH = 8
# What an answering round finds, what the sending rounds find, and what is done: nothing is handed over.
FAR: list[tuple[list[int], list[int], list[str]]] = [
    ([0], [0], ["answer 0", "send 0"]),
    ([1], [1], ["answer 1", "send 1"]),
    (
        [9, 0, 2, 0],
        [WIDTH, 6, 1],
        ["answer 9", "send 8", "call", "answer 0", "send 6", "answer 2", "send 1", "answer 0"],
    ),
]


class Named(Scripted):
    """Notes all under its name in one list."""

    def __init__(self, name: str, rounds: list[int], at_once: int | None, done: list[str]) -> None:
        super().__init__(rounds, at_once)
        self.name, self.all = name, done

    def __call__(self, limit: int, hand_over: Callable[[], None] | None = None) -> int:
        rows = super().__call__(limit, hand_over)
        self.all.append(f"{self.name} {rows}")
        return rows

    def call(self, verb: str) -> None:
        self.all.append("call")


@pytest.mark.parametrize("verb", ["answer", "send"])
@pytest.mark.parametrize(("answered", "sent", "done"), FAR, ids=str)
def test_for_a_far_carrier_no_more_is_claimed_than_is_called_for_at_once(
    answered: list[int], sent: list[int], done: list[str], verb: str
) -> None:
    seen: list[str] = []
    answering, sending = Named("answer", [*answered], None, seen), Named("send", [*sent], WIDTH, seen)
    getattr(work(answering, sending, Named("bell", [], None, seen)), verb)()
    assert seen[: len(done)] == done
    assert "hand over" not in answering.done + sending.done
    assert set(sending.limits) == {WIDTH}
    assert set(answering.limits) == {BATCH}


def test_a_job_whose_time_is_up_leaves_the_sending_to_another() -> None:
    sending, bell = Scripted([]), Scripted([])
    one = work(lambda limit, hand_over: 1, sending, bell)
    one.stop()
    one.answer()
    assert (sending.done, bell.done) == ([], ["lift", "ring", "ring"])


def test_an_endless_stream_ends_with_a_ring() -> None:
    script = Scripted([])
    work(lambda limit, hand_over: 9, Scripted([]), script).answer()
    assert script.done[-2:] == ["lift", "ring"]


def test_the_sweep_calls_for_what_is_due_whatever_the_bells_say() -> None:
    script = Scripted([])
    work(None, None, script, ("answer", "send")).sweep()
    assert script.done == ["call", "call"]


def test_alone_what_is_due_is_done_here() -> None:
    script, sent = Scripted([2]), Scripted([3])
    work(script, sent, script, ("answer", "send")).all_of_it()
    assert "look 2" in script.done
    assert "look 3" in sent.done
