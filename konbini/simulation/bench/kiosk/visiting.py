"""A resident by script who counts how long each tap takes until the next screen is read."""

from __future__ import annotations

import time

import aiohttp

from konbini.simulation.demo.robot import Robot, Seen
from konbini.simulation.demo.town_running import RunningTown
from konbini.simulation.town.people import Townsperson

__all__ = ["TimedRobot"]

_MILLISECONDS = 1000
_LONGEST_SECONDS = 30.0


class TimedRobot(Robot):
    """Counts, for each tap, the time from the post until a page of another step has come whole.

    Args:
        taps: where the times go, in milliseconds.
    """

    def __init__(
        self,
        town: RunningTown,
        person: Townsperson,
        session: aiohttp.ClientSession,
        *,
        taps: list[float],
        language: str = "ja",
    ) -> None:
        super().__init__(town, person, session, language=language)
        self._taps = taps

    async def tap(self, seen: Seen, act: str, **values: str) -> None:
        """Send one form of a page, and read on until the next one is there; the last tap of a visit has none."""
        began = time.perf_counter()
        await super().tap(seen, act, **values)
        if act == "finish":
            return
        while (await self.look()).step == seen.step and time.perf_counter() - began < _LONGEST_SECONDS:
            pass
        self._taps.append((time.perf_counter() - began) * _MILLISECONDS)
