"""The kiosk's glass: the pages of whichever visit is up, and the taps on them. No browser: a page is its view.

What a tap means, and which tap comes too late, is production's (`konbini.kiosk.ui.taps`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from konbini.kiosk.session.action import Action, EnterPin
from konbini.kiosk.session.screen import Screen
from konbini.kiosk.session.view import View
from konbini.kiosk.ui.taps import Taps
from konbini.simulation.world.counter.life import Being, check

__all__ = ["Glass", "Seen"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """One page as somebody saw it."""

    view: View
    step: int
    revision: int
    taps: Taps

    def is_still(self, other: Seen | None) -> bool:
        """Whether the other is the same page."""
        return other is not None and (self.taps, self.step, self.revision) == (other.taps, other.step, other.revision)


class Glass:
    """One screen and where it is touched."""

    def __init__(self) -> None:
        self._up: Taps | None = None
        self._changed = asyncio.Event()

    def look(self) -> Seen | None:
        """See the page that is up; None between two visits."""
        taps = self._up
        if taps is None:
            return None
        return Seen(view=taps.view, step=taps.step, revision=taps.revision, taps=taps)

    async def after(self, seen: Seen | None) -> Seen:
        """Wait until another page is up than the one seen, and see it."""
        while True:
            present = self.look()
            if present is not None and not present.is_still(seen):
                return present
            await self._news(present).wait()

    async def next(self, seen: Seen) -> Seen | None:
        """Wait for the next page of the same visit, and see it; None once its pages are gone."""
        while seen.taps is self._up:
            present = self.look()
            if present is not None and not present.is_still(seen):
                return present
            await seen.taps.changed.wait()
        return None

    def tap(self, seen: Seen, action: Action) -> bool:
        """Touch the page that was seen; false where it does nothing, since another is up. A PIN is wiped then."""
        if seen.taps is self._up and seen.taps.take(action, seen.step):
            return True
        if isinstance(action, EnterPin):
            action.wipe()
        return False

    @asynccontextmanager
    async def opened(self, first: View, being: Being | None) -> AsyncIterator[Screen]:
        """Show a visit's pages while the context lasts, or its process lives."""
        taps = Taps(first)
        if being is not None:
            being.at_death(lambda: self._take_down(taps))
        check(being)
        self._put_up(taps)
        try:
            yield _Watched(taps, being)
        finally:
            self._take_down(taps)

    def _news(self, present: Seen | None) -> asyncio.Event:
        return self._changed if present is None else present.taps.changed

    def _put_up(self, taps: Taps) -> None:
        self._up = taps
        self._wake()

    def _take_down(self, taps: Taps) -> None:
        if self._up is taps:
            self._up = None
            taps.wipe()
            taps.announce()
            self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class _Watched:
    """The pages for a process: the dead show nothing."""

    def __init__(self, taps: Taps, being: Being | None) -> None:
        self._taps = taps
        self._being = being

    async def show(self, view: View) -> None:
        check(self._being)
        await self._taps.show(view)

    async def next_action(self) -> Action:
        return await self._taps.next_action()
