"""Group commit: each request gets its own result after its own commit; one bad item fails alone."""

import asyncio
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, text

from smsgw.errors import StoreUnavailable
from smsgw.gateway.together import Together
from smsgw.store import Store


class Work:
    """Doubles numbers, not before the gate is open; remembers its batches."""

    def __init__(self, *, is_open: bool) -> None:
        self.batches: list[list[int]] = []
        self.gate = threading.Event()
        if is_open:
            self.gate.set()

    def __call__(self, connection: Connection, items: Sequence[int]) -> list[int]:
        self.gate.wait(5)
        self.batches.append(list(items))
        if 13 in items:
            raise ValueError("thirteen")
        if 500 in items:
            raise StoreUnavailable("down")
        return [2 * item for item in items]


def run(store: Store, items: Sequence[int], *, is_open: bool = True) -> tuple[list[int | str], Work, list[int]]:
    """What each of `items` came to, the work, and how many times the bell was rung after it."""
    work, rings = Work(is_open=is_open), [0]
    together = Together(store.write, work, lambda: rings.__setitem__(0, rings[0] + 1))

    async def submit(item: int) -> int | str:
        try:
            return await together.gathered(item)
        except (ValueError, StoreUnavailable) as error:
            return type(error).__name__

    async def submit_all() -> list[int | str]:
        first = asyncio.ensure_future(submit(items[0]))
        await asyncio.sleep(0.02)  # at the closed gate, the others gather behind it
        rest = [asyncio.ensure_future(submit(item)) for item in items[1:]]
        await asyncio.sleep(0)
        work.gate.set()
        return [await one for one in (first, *rest)]

    results = asyncio.run(submit_all())
    together.close()
    return results, work, rings


@pytest.mark.parametrize("is_open", [True, False])
def test_each_gets_its_own_result(sqlite_store: Store, is_open: bool) -> None:
    results, work, rings = run(sqlite_store, range(100, 200), is_open=is_open)
    assert results == [2 * item for item in range(100, 200)]
    assert sorted(item for batch in work.batches for item in batch) == list(range(100, 200))
    assert rings == [len(work.batches)]


def test_those_who_wait_are_written_together(sqlite_store: Store) -> None:
    _, work, _ = run(sqlite_store, range(100, 130), is_open=False)
    assert [len(batch) for batch in work.batches] == [1, 29]


def test_one_bad_item_fails_alone(sqlite_store: Store) -> None:
    results, _, _ = run(sqlite_store, [1, 2, 13, 3, 4], is_open=False)
    assert results == [2, 4, "ValueError", 6, 8]


def test_a_lost_database_fails_all_that_waited_and_no_more(sqlite_store: Store) -> None:
    results, _, rings = run(sqlite_store, [1, 500, 2], is_open=False)
    assert (results, rings) == ([2, "StoreUnavailable", "StoreUnavailable"], [1])


def test_a_request_that_was_given_up_takes_nobody_with_it(sqlite_store: Store) -> None:
    work = Work(is_open=False)
    together = Together(sqlite_store.write, work, lambda: None)

    async def one_of_two_leaves() -> int:
        leaves, stays = (asyncio.ensure_future(together.gathered(item)) for item in (1, 2))
        await asyncio.sleep(0.02)
        leaves.cancel()
        work.gate.set()
        return await stays

    assert asyncio.run(one_of_two_leaves()) == 4
    assert work.batches == [[1, 2]]
    together.close()


def test_by_itself_an_item_is_committed_when_the_call_returns(sqlite_store: Store) -> None:
    together = Together(sqlite_store.write, Work(is_open=True), lambda: None)
    assert together.alone(4) == 8
    with pytest.raises(ValueError, match="thirteen"):
        together.alone(13)
    together.close()


@contextmanager
def silent_session(store: Store) -> Iterator[int]:
    """The only session of a store's pool, which hears and says nothing for the length of the block."""
    with store.read() as connection:
        process = int(connection.scalar(text("SELECT pg_backend_pid()")) or 0)
    os.kill(process, signal.SIGSTOP)
    try:
        yield process
    finally:
        os.kill(process, signal.SIGCONT)


def sessions_of(connection: Connection, items: Sequence[str]) -> list[int]:
    return [connection.scalar(text("SELECT pg_backend_pid()")) or 0] * len(items)


async def end_of(together: Together[str, int], item: str) -> int | str:
    try:
        async with asyncio.timeout(10):
            return await together.gathered(item)
    except (StoreUnavailable, TimeoutError) as error:
        return type(error).__name__


def test_a_session_that_goes_silent_costs_its_batch_alone(postgresql_store: Store) -> None:
    together = Together(postgresql_store.write, sessions_of, lambda: None, within_s=0.5)

    async def three() -> list[int | str]:
        first = asyncio.ensure_future(end_of(together, "in the silence"))
        await asyncio.sleep(0.1)
        behind = asyncio.ensure_future(end_of(together, "behind it"))
        return [await first, await behind, await end_of(together, "later")]

    with silent_session(postgresql_store) as silent:
        first, *others = asyncio.run(three())
    assert first == "StoreUnavailable"
    assert all(isinstance(one, int) and one != silent for one in others), others
    together.close()


def test_while_no_writer_comes_back_all_are_refused_and_then_none(sqlite_store: Store) -> None:
    work = Work(is_open=False)
    together = Together(sqlite_store.write, work, lambda: None, within_s=0.2)

    async def ends(items: Sequence[int]) -> list[object]:
        return await asyncio.gather(*(together.gathered(item) for item in items), return_exceptions=True)

    async def until_it_answers(item: int) -> int:
        while True:
            try:
                return await together.gathered(item)
            except StoreUnavailable:
                await asyncio.sleep(0.01)

    async def silence_and_after() -> tuple[list[object], int]:
        silent = [end for items in ([1, 2], [3], [4, 5]) for end in await ends(items)]
        work.gate.set()
        return silent, await until_it_answers(6)

    silent, after = asyncio.run(silence_and_after())
    assert ([type(end) for end in silent], after) == ([StoreUnavailable] * 5, 12)
    assert work.batches == [[1, 2], [3], [6]]
    together.close()
