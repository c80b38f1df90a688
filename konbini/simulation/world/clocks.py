"""The clocks of the world's machines: over the one time of the loop, each wrong when it is made to be."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

__all__ = ["BEGIN", "WorldClock", "true_time"]

BEGIN = 1_796_086_800_000
"""When every world begins: 1 December 2026, 10:00 in Japan, Unix milliseconds."""
_MILLISECONDS = 1000


@dataclass(slots=True, eq=False)
class WorldClock:
    """A machine's clock; `monotonic` is the loop's time, whatever the wall clock says."""

    _offset: int = 0
    _stands: int | None = None

    def now(self) -> int:
        """Return Unix milliseconds, as this machine believes."""
        if self._stands is not None:
            return self._stands
        return true_time() + self._offset

    def monotonic(self) -> float:
        """Return seconds since the world began."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(max(seconds, 0.0))

    def jump(self, milliseconds: int) -> None:
        """Set the wall clock on or back."""
        self._offset += milliseconds

    def stand_still(self) -> None:
        """Stop the wall clock where it is."""
        self._stands = self.now()

    def go_right(self) -> None:
        """Set the wall clock right, as a time server does, and let it run."""
        self._offset, self._stands = 0, None


def true_time() -> int:
    """Give the Unix milliseconds that a clock shows which is right."""
    return BEGIN + round(asyncio.get_running_loop().time() * _MILLISECONDS)
