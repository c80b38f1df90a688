"""One resident, served: from this visit's turn to nothing left, with tools that are ready.

Owns the order of what happens once a process of a visit is warm; where its tools and its screen come from is
`konbini.kiosk.visit.main`'s.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from konbini.kiosk.payment.means import Means
from konbini.kiosk.session.entry_views import StartView
from konbini.kiosk.session.screen import Screen
from konbini.kiosk.session.search import Places
from konbini.kiosk.session.view import View
from konbini.kiosk.visit.course import Course
from konbini.kiosk.visit.tools import Tools
from konbini.kiosk.visit.visit import Visit
from konbini.kiosk.visit.work import Work

__all__ = ["OpenScreen", "serve_resident"]


class OpenScreen(Protocol):
    """Opens the screen once this visit's turn has come."""

    def __call__(self, first: View) -> AbstractAsyncContextManager[Screen]:
        """Show `first`, and take what the resident does while the context lasts."""


async def serve_resident(tools: Tools, *, places: Places, means: Means, open_screen: OpenScreen) -> None:
    """Wait for the turn, serve one resident, wipe.

    Args:
        tools: what the visit works with.
        places: the directory of municipalities.
        means: how one pays at this kiosk.
        open_screen: where the resident stands.

    Raises:
        ConnectionError: the long-lived process is gone.
    """
    host = tools.host
    while not await host.turn():
        pass
    wards = (await host.wards()).wards
    course = Course(devices=await host.devices(0, 0), wards=wards, places=places, means=means)
    async with open_screen(StartView(means=means)) as screen:
        visit = Visit(course=course, screen=screen, host=host, work=Work(tools, course), clock=tools.clock)
        await visit.run()
