"""Group commit: each thread gets its own result after its own commit; one bad item fails alone."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection

from smsgw.errors import StoreUnavailable
from smsgw.gateway.together import Together
from smsgw.store import Store


class Work:
    """Doubles numbers, slowly enough that others gather; remembers its batches."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = threading.Event()

    def __call__(self, connection: Connection, items: Sequence[int]) -> list[int]:
        self.gate.wait(5)
        self.batches.append(list(items))
        if 13 in items:
            raise ValueError("thirteen")
        if 500 in items:
            raise StoreUnavailable("down")
        return [2 * item for item in items]


def run(store: Store, items: Sequence[int], open_gate: bool = True) -> tuple[list[int | str], Work, list[int]]:
    work, rings = Work(), [0]
    together = Together(store, work, lambda: rings.__setitem__(0, rings[0] + 1))
    if open_gate:
        work.gate.set()

    def submit(item: int) -> int | str:
        try:
            return together.submit(item)
        except (ValueError, StoreUnavailable) as error:
            return type(error).__name__

    with ThreadPoolExecutor(32) as pool:
        futures = [pool.submit(submit, item) for item in items]
        threading.Timer(0.2, work.gate.set).start()
        return [future.result(10) for future in futures], work, rings


@pytest.mark.parametrize("open_gate", [True, False])
def test_each_gets_its_own_result(sqlite_store: Store, open_gate: bool) -> None:
    results, work, rings = run(sqlite_store, range(100, 200), open_gate)
    assert results == [2 * item for item in range(100, 200)]
    assert sorted(item for batch in work.batches for item in batch) == list(range(100, 200))
    assert rings == [len(work.batches)]


def test_those_who_wait_are_written_together(sqlite_store: Store) -> None:
    _, work, _ = run(sqlite_store, range(100, 130), open_gate=False)
    assert len(work.batches) < 5


def test_one_bad_item_fails_alone(sqlite_store: Store) -> None:
    results, _, _ = run(sqlite_store, [1, 2, 13, 3, 4], open_gate=False)
    assert results == [2, 4, "ValueError", 6, 8]


def test_a_lost_database_fails_all_that_waited_and_no_more(sqlite_store: Store) -> None:
    results, _, _ = run(sqlite_store, [500], open_gate=True)
    assert results == ["StoreUnavailable"]
