"""What the dashboard and /metrics keep: as long as it has cost, once for all who ask, and never what is cheap."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event

import pytest

from smsgw.console.kept import MOST_S, Kept


@dataclass
class Costly:
    """Something that takes a while to gather, by a clock of its own."""

    takes_s: float
    at: float = 0.0
    gathered: list[int] = field(default_factory=list)

    def now(self) -> float:
        return self.at

    def __call__(self) -> int:
        self.at += self.takes_s
        self.gathered.append(len(self.gathered) + 1)
        return self.gathered[-1]


TAKES = [(0.1, 0.0, 2), (1.0, 19.0, 1), (1.0, 20.1, 2), (9.0, MOST_S - 1, 1), (9.0, MOST_S + 1, 2)]


@pytest.mark.parametrize(("takes_s", "later_s", "gathered"), TAKES)
def test_it_is_kept_in_proportion_to_its_cost(takes_s: float, later_s: float, gathered: int) -> None:
    costly = Costly(takes_s)
    kept = Kept(costly.now)
    assert kept.get("month", costly) == 1
    costly.at += later_s
    assert kept.get("month", costly) == gathered


def test_another_span_is_another_one() -> None:
    costly = Costly(1.0)
    kept = Kept(costly.now)
    assert [kept.get(key, costly) for key in ("month", "week", "month")] == [1, 2, 1]


def test_those_who_ask_together_wait_for_one() -> None:
    costly, may_end = Costly(1.0), Event()

    def slow() -> int:
        may_end.wait(10)
        return costly()

    kept = Kept(costly.now)
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(kept.get, "month", slow) for _ in range(4)]
        may_end.set()
        assert [one.result(10) for one in asked] == [1] * 4


def test_what_fails_is_not_kept() -> None:
    costly = Costly(1.0)
    kept = Kept(costly.now)
    with pytest.raises(ZeroDivisionError):
        kept.get("month", lambda: 1 // 0)
    assert kept.get("month", costly) == 1
