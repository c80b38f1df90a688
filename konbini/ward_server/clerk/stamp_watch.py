"""Whether the time-stamp service answers, asked where no paper asked it lately: before a resident has paid for one.

A service that failed is asked every 15 seconds until it answers, one that answers only where nothing was time-stamped
for ten minutes, since services count what they give. What is asked for is over nothing of a resident.

Limits: that it answers now says nothing of the next paper; it is asked for each, and refuses each alone.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from konbini.process.clock import Clock, to_seconds
from konbini.protocol.errors import Refused
from konbini.time_stamps.asking import TimeStamps
from konbini.ward_server.clerk.calls import StampsCondition

__all__ = ["StampWatch"]

_LOOK_SECONDS: Final = 15.0
_QUIET_SECONDS: Final = 600
_MILLISECONDS: Final = 1000
_PROBE: Final = b"konbini time-stamp service asked"


class StampWatch:
    """Asks."""

    def __init__(self, stamps: TimeStamps, clock: Clock) -> None:
        self._stamps = stamps
        self._clock = clock

    def condition(self) -> StampsCondition:
        """Give what came of asking so far."""
        seen = self._stamps.seen
        return StampsCondition(
            answered=seen.answered * _MILLISECONDS, failed=seen.failed * _MILLISECONDS, failures=seen.failures
        )

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await self._clock.sleep(_LOOK_SECONDS)

    async def look(self) -> None:
        """Ask the service where it failed last, or was not heard for long."""
        now, seen = to_seconds(self._clock.now()), self._stamps.seen
        if seen.failures or now - seen.answered >= _QUIET_SECONDS:
            with suppress(Refused):  # the service's own record of it is what is shown
                await self._stamps.stamp(_PROBE, "sha256", now)
