"""A clock whose hands a test or the simulated town moves.

Owns one wall clock and one monotonic clock that move together with `advance` and apart with `set_wall`, so that a
machine whose clock jumps, stands still or is wrong can be shown. Sleepers wake in the order of their alarms.
"""

from __future__ import annotations

import asyncio
import heapq
from dataclasses import dataclass, field

__all__ = ["SettableClock"]

_MILLISECONDS = 1000


@dataclass(frozen=True, slots=True, order=True)
class _Alarm:
    due: float
    turn: int
    waiter: asyncio.Future[None] = field(compare=False)


class SettableClock:
    """A `konbini.process.clock.Clock` that stands still until it is moved.

    Args:
        now: wall time at the start, Unix milliseconds UTC.
        monotonic: seconds at the start.
    """

    def __init__(self, now: int, *, monotonic: float = 0.0) -> None:
        self._wall_offset = float(now) - monotonic * _MILLISECONDS
        self._monotonic = monotonic
        self._alarms: list[_Alarm] = []
        self._turn = 0

    def now(self) -> int:
        """Return the wall time, Unix milliseconds UTC."""
        return round(self._monotonic * _MILLISECONDS + self._wall_offset)

    def monotonic(self) -> float:
        """Return the monotonic time in seconds."""
        return self._monotonic

    @property
    def sleepers(self) -> int:
        """How many wait now; a test looks here before it moves the hands."""
        return sum(not alarm.waiter.done() for alarm in self._alarms)

    async def sleep(self, seconds: float) -> None:
        """Wait until `advance` has moved past `seconds` from now."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        waiter = asyncio.get_running_loop().create_future()
        self._turn += 1
        heapq.heappush(self._alarms, _Alarm(self._monotonic + seconds, self._turn, waiter))
        await waiter

    async def advance(self, seconds: float) -> None:
        """Move both clocks on, waking each sleeper at its own moment.

        A sleeper runs until it waits again before the hands move on, as far as a few turns of the loop carry it;
        work in threads and other processes is not waited for.

        Raises:
            ValueError: a negative step; time of a monotonic clock does not go back.
        """
        if seconds < 0:
            raise ValueError("a monotonic clock does not go back")
        target = self._monotonic + seconds
        await _settle()
        while self._alarms and self._alarms[0].due <= target:
            alarm = heapq.heappop(self._alarms)
            if not alarm.waiter.done():
                self._monotonic = alarm.due
                alarm.waiter.set_result(None)
                await _settle()
        self._monotonic = target

    def set_wall(self, now: int) -> None:
        """Set the wall clock alone, as an operator or a time server does; sleepers do not notice."""
        self._wall_offset = float(now) - self._monotonic * _MILLISECONDS


async def _settle() -> None:
    """Let tasks that were woken run to their next wait."""
    for _ in range(10):
        await asyncio.sleep(0)
