"""The machine's clock and the settable one keep the same promises."""

from __future__ import annotations

import asyncio
import time

import pytest

from konbini.process.clock import Clock, SystemClock, wait_within
from konbini.simulation.clock import SettableClock


def test_system_clock_counts_milliseconds() -> None:
    """`now` is Unix milliseconds, not seconds and not nanoseconds."""
    clock: Clock = SystemClock()
    assert abs(clock.now() - time.time() * 1000) < 5000


async def test_system_clock_sleeps_on_its_own_monotonic_time() -> None:
    """A sleep is over when `monotonic` has moved by what was asked for."""
    clock = SystemClock()
    before = clock.monotonic()
    await clock.sleep(0.02)
    assert clock.monotonic() - before >= 0.019


async def test_system_clock_takes_a_negative_wait_for_none() -> None:
    """A moment that has passed already needs no wait."""
    await SystemClock().sleep(-1)


async def test_settable_clock_wakes_sleepers_at_their_own_moments() -> None:
    """Each sleeper sees the time it asked for, in order, whatever the size of the step."""
    clock = SettableClock(1_000_000)
    seen: list[tuple[str, float, int]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        seen.append((name, clock.monotonic(), clock.now()))

    async with asyncio.TaskGroup() as group:
        group.create_task(sleeper("late", 5))
        group.create_task(sleeper("early", 2))
        await clock.advance(10)
    assert seen == [("early", 2.0, 1_002_000), ("late", 5.0, 1_005_000)]
    assert clock.now() == 1_010_000


async def test_settable_clock_lets_a_sleeper_sleep_again_within_one_step() -> None:
    """A beat of one second beats ten times in ten seconds."""
    clock = SettableClock(0)
    beats = 0

    async def heart() -> None:
        nonlocal beats
        while True:
            await clock.sleep(1)
            beats += 1

    task = asyncio.create_task(heart())
    await clock.advance(10)
    task.cancel()
    assert beats == 10


async def test_settable_clock_forgets_a_cancelled_sleeper() -> None:
    """Who gave up waiting is neither counted nor woken."""
    clock = SettableClock(0)
    task = asyncio.create_task(clock.sleep(1))
    await asyncio.sleep(0)
    assert clock.sleepers == 1
    task.cancel()
    await clock.advance(2)
    assert task.cancelled()
    assert clock.sleepers == 0


async def test_setting_the_wall_clock_does_not_move_the_monotonic_one() -> None:
    """A lease counted on `monotonic` cannot be stretched by setting the clock back."""
    clock = SettableClock(1_000_000, monotonic=7.0)
    clock.set_wall(500)
    assert (clock.now(), clock.monotonic()) == (500, 7.0)
    await clock.advance(1)
    assert (clock.now(), clock.monotonic()) == (1500, 8.0)


async def test_settable_clock_does_not_go_back() -> None:
    """A negative step is a fault of the test that asks for it."""
    with pytest.raises(ValueError, match="does not go back"):
        await SettableClock(0).advance(-1)


async def test_a_wait_ends_with_the_event_or_with_the_time() -> None:
    """Whichever is first; nothing of the other is left behind."""
    clock, event = SettableClock(1_000_000), asyncio.Event()
    before = asyncio.all_tasks()
    waiting = asyncio.create_task(wait_within(event, 60.0, clock))
    await clock.advance(59.0)
    assert not waiting.done()
    await clock.advance(1.0)
    await waiting
    event.set()
    await wait_within(event, 60.0, clock)
    assert asyncio.all_tasks() == before
