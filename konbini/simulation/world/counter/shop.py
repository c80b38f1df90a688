"""The shop around a kiosk: its bell, and whoever works there and comes when it rings.

Staff take away what lies there, each time some seconds after the bell has rung for it; the kiosk's own ringing decides
when that is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from konbini.kiosk.shop.bell import BellCall, BellSilent
from konbini.process.clock import Clock
from konbini.simulation.world.counter.cash import SimulatedCash
from konbini.simulation.world.counter.life import Home
from konbini.simulation.world.counter.printer import SimulatedPrinter
from konbini.simulation.world.counter.slot import Slot

__all__ = ["STAFF", "Shop"]

STAFF = "staff"
"""Who takes what was left."""


@dataclass(kw_only=True)
class Shop:
    """A `konbini.kiosk.shop.bell.ShopBell`, and the hands that answer it.

    Attributes:
        printer, slot, cash: what can be left there.
        clock: the world's.
        home: where whoever comes is at work.
        seconds: from the first ring to somebody's coming; None: nobody ever comes.
        silent: the bell does not answer.
    """

    printer: SimulatedPrinter
    slot: Slot
    cash: SimulatedCash
    clock: Clock
    home: Home
    seconds: float | None = 30.0
    silent: bool = False
    _coming: asyncio.Task[None] | None = None
    _calls: AbstractSet[BellCall] = frozenset()

    async def ring(self, calls: AbstractSet[BellCall]) -> None:
        """See `ShopBell`."""
        await asyncio.sleep(0)
        if self.silent:
            raise BellSilent("silent")
        self._calls = calls
        if calls and self.seconds is not None and self._coming is None:
            self._coming = self.home.start(self._come(self.seconds))

    async def _come(self, seconds: float) -> None:
        try:
            await self.clock.sleep(seconds)
            await self.clear()
        finally:
            self._coming = None

    async def clear(self) -> None:
        """Take away what the bell rings for."""
        if BellCall.PAPER in self._calls:
            self.printer.take(STAFF)
        if BellCall.CARD in self._calls:
            self.slot.pull()
        if BellCall.COINS in self._calls:
            await self.cash.take(STAFF)
