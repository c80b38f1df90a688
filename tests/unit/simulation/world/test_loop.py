"""Time that passes when nothing else can, and orders that only the seed decides."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbini.simulation.world.loop import WorldAtRestError
from tests.unit.simulation.world.worlds import in_world


def test_a_day_takes_no_time() -> None:
    """Sleeping moves the clock, and nothing else does."""

    async def sleep() -> float:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await asyncio.sleep(86_400)
        return loop.time() - began

    assert in_world(sleep()) == pytest.approx(86_400)


def test_a_timeout_is_of_the_worlds_time() -> None:
    """What waits for ever is interrupted at its second."""

    async def wait() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await asyncio.Event().wait()
        return asyncio.get_running_loop().time()

    assert in_world(wait()) == pytest.approx(5)


async def _order() -> list[int]:
    found: list[int] = []

    async def one(number: int) -> None:
        await asyncio.sleep(1)
        found.append(number)

    await asyncio.gather(*(one(number) for number in range(8)))
    return found


@given(seed=st.integers(0, 2**32))
def test_one_seed_gives_one_order_of_ties(seed: int) -> None:
    """The same seed the same, whatever it is."""
    assert in_world(_order(), seed) == in_world(_order(), seed)


def test_seeds_give_different_orders() -> None:
    """Ties are not always broken alike."""
    assert len({tuple(in_world(_order(), seed)) for seed in range(8)}) > 1


def test_sets_of_tasks_are_ordered_as_they_were_made() -> None:
    """Not by where they lie in memory."""

    async def done() -> list[str]:
        tasks = [asyncio.create_task(asyncio.sleep(0, number), name=f"{number}") for number in range(32)]
        ended, _ = await asyncio.wait(tasks)
        return [task.get_name() for task in ended]

    assert in_world(done()) == in_world(done())


def test_work_for_a_thread_is_done_and_answers_later() -> None:
    """Its result and its fault alike."""

    def fail() -> None:
        raise LookupError

    async def work() -> tuple[int, float]:
        with pytest.raises(LookupError):
            await asyncio.to_thread(fail)
        return await asyncio.to_thread(lambda: 7), asyncio.get_running_loop().time()

    result, now = in_world(work())
    assert result == 7
    assert now > 0


def test_a_world_in_which_nothing_can_happen_says_so() -> None:
    """It does not stand still in silence."""
    with pytest.raises(WorldAtRestError):
        in_world(asyncio.Event().wait())
