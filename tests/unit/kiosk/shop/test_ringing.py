"""The bell rings while there is a reason, again at intervals, and is put out when there is none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager

from konbini.kiosk.shop.bell import BellCall, BellSilent
from konbini.kiosk.shop.ringing import Ringing
from konbini.simulation.clock import SettableClock

PAPER, CABINET = BellCall.PAPER, BellCall.CABINET


class Till:
    """A bell that notes what it was told."""

    def __init__(self) -> None:
        self.rung: list[set[BellCall]] = []
        self.cut = False

    async def ring(self, calls: AbstractSet[BellCall]) -> None:
        """See `ShopBell`."""
        if self.cut:
            raise BellSilent("cut")
        self.rung.append(set(calls))


@asynccontextmanager
async def ringing(till: Till, clock: SettableClock) -> AsyncIterator[Ringing]:
    """Ring with a minute from one to the next."""
    rings = Ringing(till, clock, again=60.0)
    task = asyncio.create_task(rings.run())
    try:
        yield rings
    finally:
        task.cancel()
        await asyncio.wait((task,))


async def test_it_rings_again_until_the_reason_is_gone() -> None:
    """At once, each minute, for what is new at once, and quiet after the last."""
    till, clock = Till(), SettableClock(0)
    async with ringing(till, clock) as rings:
        await clock.advance(1)
        assert till.rung == [set()], "what it showed from before is put out"
        rings.set(PAPER, calling=True)
        await clock.advance(1)
        await clock.advance(60)
        assert till.rung[1:] == [{PAPER}, {PAPER}]
        rings.set(CABINET, calling=True)
        await clock.advance(1)
        rings.set(PAPER, calling=False)
        await clock.advance(1)
        rings.set(CABINET, calling=False)
        await clock.advance(1)
        await clock.advance(300)
        assert till.rung[3:] == [{PAPER, CABINET}, {CABINET}, set()]


async def test_a_bell_that_is_cut_off_is_tried_again() -> None:
    """Whatever is true when it answers again is what it rings for."""
    till, clock = Till(), SettableClock(0)
    till.cut = True
    async with ringing(till, clock) as rings:
        rings.set(PAPER, calling=True)
        await clock.advance(20)
        assert till.rung == []
        till.cut = False
        await clock.advance(6)
        assert till.rung == [{PAPER}]
