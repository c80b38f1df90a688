"""One page in Chromium that shows one screen after another as the kiosk does: a new view is shown, the page follows."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Page

from konbini.kiosk.session.entry_views import StartView
from konbini.kiosk.session.view import View
from konbini.kiosk.ui.fonts import bundled_fonts
from konbini.kiosk.ui.pages import Pages
from konbini.kiosk.ui.server import ScreenServer
from konbini.process.entropy import SystemEntropy

__all__ = ["LYING", "UPRIGHT", "SpecimenPage", "specimen_page"]

UPRIGHT = (1080, 1920)
LYING = (1920, 1080)


class SpecimenPage:
    """The page and what serves it."""

    def __init__(self, page: Page, server: ScreenServer) -> None:
        self.page = page
        self._server = server

    async def show(self, view: View) -> None:
        """Show `view`, and wait until the page has it."""
        await self._server.show(view)
        await self.page.wait_for_function(
            "v => document.documentElement.dataset.version === v", arg=self._server._version
        )


@asynccontextmanager
async def specimen_page(browser: Browser, pages: Pages, screen: tuple[int, int]) -> AsyncIterator[SpecimenPage]:
    """Open a page on a screen of so many pixels; nothing on it moves."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(16)
    server = ScreenServer(
        listener=listener, pages=pages, fonts=bundled_fonts(), entropy=SystemEntropy(), first=StartView()
    )
    await server.start()
    width, height = screen
    context = await browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    page = await context.new_page()
    await page.goto(server.address)
    yield SpecimenPage(page, server)
    await context.close()
    await server.close()
