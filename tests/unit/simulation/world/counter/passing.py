"""Time that passes while something is done."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from konbini.simulation.clock import SettableClock

__all__ = ["NOON", "passing"]

T = TypeVar("T")

NOON = 1_764_558_000_000
_STEP = 0.5
_MOST_STEPS = 2_000


async def passing(clock: SettableClock, work: Coroutine[Any, Any, T]) -> T:
    """Do something while the clock goes on as fast as it is waited for.

    Raises:
        TimeoutError: it is not done in a quarter of an hour of the clock.
    """
    task = asyncio.ensure_future(work)
    for _ in range(_MOST_STEPS):
        if task.done():
            return task.result()
        await clock.advance(_STEP)
    task.cancel()
    raise TimeoutError
