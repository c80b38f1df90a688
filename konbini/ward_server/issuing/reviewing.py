"""The review of what was issued in outage mode: held against the registry as soon as it is back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from konbini.process.clock import Clock
from konbini.process.log import logger
from konbini.protocol.errors import Refused
from konbini.ward_server.issuing.ledger.reviews import OutageIssue, ReviewLedger

__all__ = ["Reviewing", "StateAt"]

_LOOK_SECONDS = 10.0
_AT_ONCE = 50

StateAt = Callable[[str, int, int], Awaitable[tuple[int, int]]]
"""Asks the registry for a resident's version at a moment (Unix milliseconds), and how many changes behind an entry."""

_log = logger("konbini.ward_server.issuing")


class Reviewing:
    """Reviews while the registry's lease holds.

    Args:
        reviews: the list.
        state_at: asks the registry.
        current: says whether the lease holds.
        clock: for the moments.
    """

    def __init__(self, reviews: ReviewLedger, state_at: StateAt, current: Callable[[], bool], clock: Clock) -> None:
        self._reviews = reviews
        self._state_at = state_at
        self._current = current
        self._clock = clock

    async def run(self) -> None:
        """Look every ten seconds; a registry that goes away again is asked later."""
        while True:
            await self._clock.sleep(_LOOK_SECONDS)
            try:
                await self.review()
            except (Refused, ConnectionError, TimeoutError) as error:
                _log.warning("not reviewed", error=type(error).__name__)

    async def review(self) -> None:
        """Review what waits, if the registry is back."""
        if not self._current():
            return
        for one in await self._reviews.waiting(_AT_ONCE):
            await self._reviews.conclude(one, agrees=await self._agrees(one), now=self._clock.now())

    async def _agrees(self, one: OutageIssue) -> bool:
        return await self._state_at(one.resident, one.issued, one.applied) == (one.version, 0)
