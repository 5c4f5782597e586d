"""The calls of a batch: in order while the carrier is near, side by side when one is slow, told as they end."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock

import pytest

from smsgw.gateway.calling import NEAR_AFTER, Calling

WIDTH = 8


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(WIDTH) as pool:
        yield pool


class Line:
    """A carrier's line. `holds`: the calls that hang until `free` is set. Remembers how many were under way at once."""

    def __init__(self, *holds: int) -> None:
        self.holds = holds
        self.free = Event()
        self.calls = self.under_way = self.most = 0
        self.threads: set[int] = set()
        self._lock = Lock()

    def call(self, number: int) -> int:
        with self._lock:
            self.calls += 1
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            self.threads.add(threading.get_ident())
        if number in self.holds:
            self.free.wait(30)
        with self._lock:
            self.under_way -= 1
        if number < 0:
            raise ValueError(number)
        return number


def test_near_calls_are_made_one_after_another_and_told_in_one_go(pool: ThreadPoolExecutor) -> None:
    line = Line()
    assert [*Calling(line.call, pool, lambda: 0.0).ends(range(50))] == [[*range(50)]]
    assert line.most == 1


def test_a_single_call_is_made_on_the_spot(pool: ThreadPoolExecutor) -> None:
    line = Line()
    assert [*Calling(line.call, pool).ends([7])] == [[7]]
    assert line.threads == {threading.get_ident()}


@pytest.mark.parametrize("held", [0, 3, 19])
def test_a_call_that_hangs_holds_up_neither_the_others_nor_what_is_told_of_them(
    pool: ThreadPoolExecutor, held: int
) -> None:
    line, told = Line(held), list[int]()
    for ended in Calling(line.call, pool).ends(range(20)):
        told += ended
        if len(told) >= 19:  # all but one are told while that one still hangs
            line.free.set()
    assert (sorted(told), told[-1]) == ([*range(20)], held)


def test_after_a_slow_batch_the_next_begins_side_by_side(pool: ThreadPoolExecutor) -> None:
    line = Line()
    times = iter(range(100))
    calling = Calling(line.call, pool, lambda: float(next(times)))
    assert [*calling.ends([1])] == [[1]]
    line.holds, both = (1, 2), list[int]()
    for ended in calling.ends([1, 2, 3]):  # the third is told while the two before it hang together
        both += ended
        line.free.set()
    assert (both[0], sorted(both), line.most >= 2) == (3, [1, 2, 3], True)


def test_no_more_calls_than_the_pool_is_wide_are_under_way_at_once(pool: ThreadPoolExecutor) -> None:
    line = Line(*range(WIDTH))
    ends = Calling(line.call, pool).ends(range(40))
    pool.submit(lambda: _until_full(line)).add_done_callback(lambda _: line.free.set())
    assert sorted(number for told in ends for number in told) == [*range(40)]
    assert line.most <= WIDTH


def _until_full(line: Line) -> None:
    while line.under_way < WIDTH - 1:
        Event().wait(0.001)


def test_an_error_of_a_call_is_raised_when_the_others_are_told(pool: ThreadPoolExecutor) -> None:
    line, told = Line(0), list[int]()
    ends = Calling(line.call, pool).ends([0, -1, 2, 3, 4])
    with pytest.raises(ValueError, match="-1"):
        _gather(ends, line, told)
    assert sorted(told) == [0, 2, 3, 4]


def _gather(ends: Iterator[list[int]], line: Line, told: list[int]) -> None:
    for ended in ends:
        told += ended
        line.free.set()


def test_an_error_of_the_only_runner_leaves_no_row_uncalled(pool: ThreadPoolExecutor) -> None:
    line, told = Line(), list[int]()
    with pytest.raises(ValueError, match="-1"):
        _gather(Calling(line.call, pool, lambda: 0.0).ends([-1, *range(20)]), line, told)
    assert told == [*range(20)]


def test_whoever_is_cut_off_begins_no_more_calls(pool: ThreadPoolExecutor) -> None:
    line, times = Line(*range(40)), iter(range(100))
    calling = Calling(line.call, pool, lambda: float(next(times)))
    assert [*calling.ends([99])] == [[99]]  # slow by its clock: from now on side by side
    ends = calling.ends([99, *range(40)])
    assert next(ends) == [99]
    ends.close()
    line.free.set()
    pool.shutdown()
    assert line.calls == 2 + WIDTH  # those that were under way


@pytest.mark.parametrize("batch", [1, 5, NEAR_AFTER])
def test_a_carrier_is_near_while_its_calls_are_quick_and_far_from_the_first_slow_one_on(
    pool: ThreadPoolExecutor, batch: int
) -> None:
    seconds, now = 0.0, 0.0

    def call(number: int) -> int:
        nonlocal now
        now += seconds
        return number

    calling = Calling(call, pool, lambda: now)
    near: list[bool] = []
    for _ in range(0, NEAR_AFTER, batch):
        near.append(calling.is_near)
        assert [*calling.ends(range(batch))] == [[*range(batch)]]
    assert not any(near)
    near = [calling.is_near]
    for taken in (0.5, 0.0):
        seconds = taken
        assert [*calling.ends([1])] == [[1]]
        near.append(calling.is_near)
    assert near == [True, False, False]
