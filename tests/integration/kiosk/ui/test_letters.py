"""Which fonts Chromium really draws with: the bundled ones, and for names the certificate's."""

from __future__ import annotations

import socket
from dataclasses import replace

import pytest
from playwright.async_api import Browser, CDPSession

from konbini.kiosk.session.entry_views import StartView
from konbini.kiosk.session.look import Language, Panel
from konbini.kiosk.session.view import View
from konbini.kiosk.ui.fonts import bundled_fonts
from konbini.kiosk.ui.pages import Pages
from konbini.kiosk.ui.server import ScreenServer
from konbini.kiosk.ui.specimens import SPECIMENS
from konbini.process.entropy import SystemEntropy
from tests.integration.kiosk.ui.conftest import CHOSEN

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAMES = "IPAmjMincho"
"""The certificate's font, which is the machine's."""
OWN = {  # as the files name themselves: a variable font by its lightest weight
    Language.JAPANESE: "BIZ UDPGothic",
    Language.PLAIN_JAPANESE: "BIZ UDPGothic",
    Language.SIMPLIFIED_CHINESE: "Noto Sans SC Thin",
    Language.TRADITIONAL_CHINESE: "Noto Sans TC Thin",
    Language.KOREAN: "Noto Sans KR Thin",
    Language.NEPALI: "Noto Sans Devanagari",
    Language.THAI: "Noto Sans Thai",
    Language.BURMESE: "Noto Sans Myanmar",
}
SCREENS: tuple[View, ...] = (*SPECIMENS, StartView(panel=Panel.LANGUAGES), StartView(panel=Panel.DISPLAY))


MARK_TEXT = """
() => document.querySelectorAll("body *").forEach((each) => {
  const said = [...each.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  if (said && each.checkVisibility()) each.setAttribute("data-text", "");
})
"""


async def fonts_used(cdp: CDPSession, selector: str) -> set[tuple[str, bool]]:
    """Return the fonts that drew the text of what `selector` names, and of each whether the page brought it."""
    root = (await cdp.send("DOM.getDocument", {"depth": 0}))["root"]["nodeId"]
    nodes = (await cdp.send("DOM.querySelectorAll", {"nodeId": root, "selector": selector}))["nodeIds"]
    found = [await cdp.send("CSS.getPlatformFontsForNode", {"nodeId": node}) for node in nodes]
    return {(font["familyName"], font["isCustomFont"]) for each in found for font in each["fonts"]}


@pytest.mark.parametrize("language", CHOSEN)
async def test_only_bundled_fonts_draw_a_screen(browser: Browser, pages: Pages, language: Language) -> None:
    """On every screen of a language; a letter that no bundled font has would be drawn with one of the machine's."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(16)
    fonts, entropy = bundled_fonts(), SystemEntropy()
    server = ScreenServer(listener=listener, pages=pages, fonts=fonts, entropy=entropy, first=StartView())
    await server.start()
    page = await browser.new_page(viewport={"width": 1080, "height": 1920})
    cdp = await page.context.new_cdp_session(page)
    await page.goto(server.address)
    for domain in ("DOM", "CSS"):
        await cdp.send(f"{domain}.enable")
    for view in SCREENS:
        await server.show(replace(view, language=language))
        await page.wait_for_function("v => document.documentElement.dataset.version === v", arg=server._version)
        await page.evaluate("document.fonts.ready.then(() => null)")
        await page.evaluate(MARK_TEXT)
        used = await fonts_used(cdp, "[data-text]:not(.name)")
        where = f"{type(view).__name__} {view.state.name}"
        assert {font for font in used if not font[1]} == set(), where
        assert OWN.get(language, "Noto Sans") in {name for name, _ in used}, where
        assert await fonts_used(cdp, ".name[data-text]") <= {(NAMES, False)}, where
    await page.close()
    await server.close()
