"""Time as an argument: the port that use cases hold, and the machine's own clock behind it.

Pure rooms take a moment as a parameter; whoever must wait or measure holds a `Clock`. A settable one for tests
and the simulated town is `konbini.simulation.clock.SettableClock`.
"""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

__all__ = ["Clock", "SystemClock", "to_seconds", "wait_within"]

_MILLISECONDS = 1000
_NANOSECONDS_PER_MILLISECOND = 1_000_000


class Clock(Protocol):
    """What a use case may know of time."""

    def now(self) -> int:
        """Return wall-clock time as Unix milliseconds, UTC; it may jump when the machine's clock is set."""

    def monotonic(self) -> float:
        """Return seconds since an arbitrary start; never goes back and is not moved when the clock is set."""

    async def sleep(self, seconds: float) -> None:
        """Wait for this many seconds of `monotonic`; a negative or zero wait only yields."""


class SystemClock:
    """The machine's clock.

    `monotonic` counts on through a suspend (CLOCK_BOOTTIME): a lease must have run out on a machine that slept,
    where CLOCK_MONOTONIC would have stood still.
    """

    __slots__ = ()

    def now(self) -> int:
        """Return Unix milliseconds, UTC."""
        return time.time_ns() // _NANOSECONDS_PER_MILLISECOND

    def monotonic(self) -> float:
        """Return seconds since the machine started, time asleep included."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds`."""
        await asyncio.sleep(max(seconds, 0.0))


def to_seconds(moment: int) -> int:
    """Turn the Unix milliseconds of `Clock.now` into Unix seconds, as everything on the wire has them."""
    return moment // _MILLISECONDS


async def wait_within(event: asyncio.Event, seconds: float, clock: Clock) -> None:
    """Wait for an event, or until `seconds` of the clock have passed."""
    waits = [asyncio.create_task(event.wait()), asyncio.create_task(clock.sleep(seconds))]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
