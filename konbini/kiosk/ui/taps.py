"""Which page is up, and the one queue of what the resident did on it. No browser, no socket.

* A page has a step and a revision. The step is a new one whenever a tap would mean something else; the revision counts
  what changes within it (coins, pages, the language, the idle warning).
* A tap names the step. One step gives one action: a double tap, or a tap on a page that is gone, does nothing. So does
  a tap that the visit had not yet taken when a device changed the page. The language, how the screen looks, the panel
  and "I am still here" mean the same on every page, and never use one up.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final

from konbini.kiosk.session.action import (
    Action,
    ChangeAudio,
    ChooseLanguage,
    ChooseSize,
    ChooseTheme,
    EnterPin,
    OpenPanel,
    StillHere,
)
from konbini.kiosk.session.view import View

__all__ = ["Taps"]

_TIMELESS: Final = (
    ChooseLanguage,
    ChooseSize,
    ChooseTheme,
    ChangeAudio,
    OpenPanel,
    StillHere,
)
_WAITING_ACTIONS = 8


class Taps:
    """A `konbini.kiosk.session.screen.Screen` that somebody else draws, and reports the taps of.

    Args:
        first: what is shown until the first `show`.
    """

    def __init__(self, first: View) -> None:
        self.view = first
        """What is shown."""
        self.step = 1
        self.revision = 1
        self.is_used = False
        """Whether something was tapped on this page already."""
        self._is_waiting = False
        self._changed = asyncio.Event()
        self._actions: asyncio.Queue[Action] = asyncio.Queue(_WAITING_ACTIONS)

    async def show(self, view: View) -> None:
        """Show `view`; a tap on the page before it does nothing from now on, unless it asks the same question."""
        same = view.bare() == self.view.bare() or (view.LIVE and type(view) is type(self.view))
        if not same:
            self._forget_taps()
        if not same or (self.is_used and not self._is_waiting):
            self.step += 1
            self.revision = 1
            self.is_used = False
        elif not _is_same_page(view, self.view):
            self.revision += 1
        else:
            self.view = view
            return
        self.view = view
        self.announce()

    async def next_action(self) -> Action:
        """Wait for the next action; a PIN in it belongs to the caller from here on."""
        action = await self._actions.get()
        if not isinstance(action, _TIMELESS):
            self._is_waiting = False
        return action

    def take(self, action: Action, step: int) -> bool:
        """Take what was tapped on the page of that step; false where it does nothing, and stays the caller's."""
        if self._actions.full():
            return False
        if not isinstance(action, _TIMELESS):
            if step != self.step or self.is_used:
                return False
            self.is_used = self._is_waiting = True
        self._actions.put_nowait(action)
        return True

    @property
    def changed(self) -> asyncio.Event:
        """Set when the page that is up now is another; each page has an event of its own."""
        return self._changed

    def announce(self) -> None:
        """Wake whoever waits for another page."""
        self._changed.set()
        self._changed = asyncio.Event()

    def wipe(self) -> None:
        """Wipe a PIN that nobody took."""
        while not self._actions.empty():
            _wipe(self._actions.get_nowait())

    def _forget_taps(self) -> None:
        """Drop what was tapped on a page that is gone before anybody took it; the timeless acts stay."""
        waiting = [self._actions.get_nowait() for _ in range(self._actions.qsize())]
        for action in waiting:
            if isinstance(action, _TIMELESS):
                self._actions.put_nowait(action)
            else:
                _wipe(action)
        self._is_waiting = False


def _is_same_page(view: View, shown: View) -> bool:
    """Whether the browser needs no news: the page counts an idle warning down by itself."""
    return (view.idle is None) == (shown.idle is None) and replace(view, idle=shown.idle) == shown


def _wipe(action: Action) -> None:
    if isinstance(action, EnterPin):
        action.wipe()
