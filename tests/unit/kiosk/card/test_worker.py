"""The thread that speaks to a reader, and the watchdog over it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from konbini.kiosk.card.worker import ReaderThread
from konbini.protocol.errors import Code, Refused


async def ended(thread: ReaderThread) -> bool:
    """Wait until the thread has ended."""
    await asyncio.to_thread(thread._thread.join, 5)
    return not thread._thread.is_alive()


async def test_results_and_errors_come_back() -> None:
    """What a job returns is returned, what it raises is raised, all in one other thread."""
    thread = ReaderThread(watchdog=5)
    first, second = await thread.run(threading.get_ident), await thread.run(threading.get_ident)
    assert first == second != threading.get_ident()

    def fail() -> None:
        raise Refused(Code.CARD_REMOVED)

    with pytest.raises(Refused, match="CARD_REMOVED"):
        await thread.run(fail)
    done: list[str] = []
    await thread.finish(lambda: done.append("last"))
    assert done == ["last"]
    assert await ended(thread)


async def test_a_job_that_overstays_is_a_mute_card() -> None:
    """CARD_MUTE in time, then at once; `finish` does not wait; the last job is done when the call comes back."""
    card_pulled, done = threading.Event(), threading.Event()
    thread = ReaderThread(watchdog=0.05)
    waiting: Callable[[], bool] = card_pulled.wait
    with pytest.raises(Refused, match="CARD_MUTE"):
        await thread.run(waiting)
    assert thread.is_stuck
    with pytest.raises(Refused, match="unanswered"):
        await thread.run(lambda: None)
    async with asyncio.timeout(0.04):
        await thread.finish(done.set)
    assert not done.is_set()
    card_pulled.set()
    assert await ended(thread)
    assert done.is_set()
    assert not thread.is_stuck


async def test_finishing_behind_a_stuck_job_does_not_wait_for_ever() -> None:
    """A job whose caller was cancelled may be stuck: `finish` waits as long as the watchdog, and gives it up."""
    card_pulled, done = threading.Event(), threading.Event()
    thread = ReaderThread(watchdog=0.05)
    waiting: Callable[[], bool] = card_pulled.wait
    caller = asyncio.create_task(thread.run(waiting))
    await asyncio.sleep(0.01)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    async with asyncio.timeout(1):
        await thread.finish(done.set)
    card_pulled.set()
    assert await ended(thread)
    assert done.is_set()


async def test_a_cancelled_callers_job_is_still_done() -> None:
    """Its result is dropped without a complaint, and the next job follows."""
    go_on = threading.Event()
    thread = ReaderThread(watchdog=5)
    waiting: Callable[[], bool] = go_on.wait
    caller = asyncio.create_task(thread.run(waiting))
    await asyncio.sleep(0.01)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    go_on.set()
    assert await thread.run(lambda: "next") == "next"
    await thread.finish(lambda: None)
    assert await ended(thread)
