"""Rings the shop's bell while there is a reason to: at once, again at intervals, and never after the reason is gone.

Invariants: what is rung for is exactly what was called and not withdrawn; a bell that does not answer is tried again
soon, also to be put out.
"""

from __future__ import annotations

from konbini.kiosk.shop.bell import BellCall, BellSilent, ShopBell
from konbini.process.clock import Clock
from konbini.process.log import logger

__all__ = ["Ringing"]

_LOOK_SECONDS = 0.5
_RETRY_SECONDS = 5.0

_log = logger("konbini.kiosk.shop.ringing")


class Ringing:
    """Keeps the bell as the calls are; `again`: seconds between two rings for the same."""

    def __init__(self, bell: ShopBell, clock: Clock, *, again: float) -> None:
        self._bell = bell
        self._clock = clock
        self._again = again
        self._calls: frozenset[BellCall] = frozenset()

    @property
    def calls(self) -> frozenset[BellCall]:
        """What the shop is called for now."""
        return self._calls

    def set(self, call: BellCall, *, calling: bool) -> None:
        """Call for something, or no longer."""
        self._calls = self._calls | {call} if calling else self._calls - {call}

    async def run(self) -> None:
        """Ring until cancelled; what the bell shows from before is put right first."""
        shown: frozenset[BellCall] | None = None
        due = self._clock.monotonic()
        while True:
            calls, now = self._calls, self._clock.monotonic()
            if (calls != shown or calls) and (now >= due or (shown is not None and calls != shown)):
                try:
                    await self._bell.ring(calls)
                    shown, due = calls, now + self._again
                except BellSilent as silent:
                    _log.warning("the bell is silent", detail=str(silent))
                    shown, due = None, now + _RETRY_SECONDS
            await self._clock.sleep(_LOOK_SECONDS)
