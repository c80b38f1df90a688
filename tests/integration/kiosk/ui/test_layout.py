"""Every screen in every language, measured in Chromium at the kiosk's own size (1080 x 1920 on 21.5 inches)."""

from __future__ import annotations

import socket
from dataclasses import replace

import pytest
from playwright.async_api import Browser

from konbini.kiosk.session.view import IdleWarning, Language, StartView
from konbini.kiosk.ui.fonts import bundled_fonts
from konbini.kiosk.ui.pages import Pages
from konbini.kiosk.ui.server import ScreenServer
from konbini.kiosk.ui.specimens import SPECIMENS
from konbini.process.entropy import SystemEntropy
from tests.integration.kiosk.ui.conftest import CHOSEN

pytestmark = pytest.mark.asyncio(loop_scope="module")

DOTS_PER_MM = 1920 / 476.0
"""A 21.5 inch screen stands 476 mm high."""
SMALLEST = 12.7 * DOTS_PER_MM
GAP = 2.54 * DOTS_PER_MM

MEASURE = """
() => {
  const boxes = [...document.querySelectorAll("button, main label, dialog button")]
    .filter((each) => each.checkVisibility() && !each.closest("[inert]"))
    .map((each) => { const { x, y, width, height } = each.getBoundingClientRect();
                     return { text: each.innerText.trim(), x, y, width, height }; });
  const clipped = [...document.querySelectorAll("main *, header *, footer *")]
    .filter((each) => each.clientWidth && !["LEGEND", "INPUT"].includes(each.tagName) && !each.closest("svg"))
    .filter((each) => each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).display !== "inline")
    .map((each) => each.outerHTML.slice(0, 80));
  const root = document.documentElement;
  return { boxes, clipped, over: root.scrollHeight - innerHeight, wide: root.scrollWidth - innerWidth };
}
"""


def apart(one: dict[str, float], other: dict[str, float]) -> float:
    """Return the gap between two boxes in pixels."""
    across = max(one["x"], other["x"]) - min(one["x"] + one["width"], other["x"] + other["width"])
    down = max(one["y"], other["y"]) - min(one["y"] + one["height"], other["y"] + other["height"])
    return max(across, down)


@pytest.mark.parametrize("language", CHOSEN)
async def test_every_screen_fits_and_can_be_touched(browser: Browser, pages: Pages, language: Language) -> None:
    """Nothing is clipped or needs scrolling; touch areas are 12.7 mm and more, with gaps of 2.54 mm and more."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(16)
    server = ScreenServer(
        listener=listener, pages=pages, fonts=bundled_fonts(), entropy=SystemEntropy(), first=StartView()
    )
    await server.start()
    page = await browser.new_page(viewport={"width": 1080, "height": 1920})
    await page.goto(server.address)
    for view in [*SPECIMENS, replace(SPECIMENS[6], idle=IdleWarning(seconds=30))]:
        await server.show(replace(view, language=language))
        await page.wait_for_function("v => document.documentElement.dataset.version === v", arg=server._version)
        found = await page.evaluate(MEASURE)
        where = f"{type(view).__name__} {view.state.name}"
        assert (found["over"], found["wide"], found["clipped"]) == (0, 0, []), where
        for index, box in enumerate(found["boxes"]):
            assert min(box["width"], box["height"]) >= SMALLEST, (where, box)
            for other in found["boxes"][:index]:
                assert apart(box, other) >= GAP, (where, box, other)
    await page.close()
    await server.close()
