"""WCAG 2.2 AA on every page that a maintainer meets, as axe-core judges it, and what the keyboard reaches."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from konbini.kiosk.maintenance.specimens import SERVICE_SPECIMENS
from konbini.kiosk.maintenance.words import LANGUAGES
from konbini.simulation.screens import show_service
from tests import chromium
from tests.axe import violations, with_axe

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCREENS = ((1080, 1920), (1366, 768), (320, 640))
"""The kiosk's own, a maintenance computer's, and the narrowest that text must fit (WCAG 2.2, 1.4.10 Reflow)."""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for the module."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium.PROGRAM, args=chromium.FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A fresh page."""
    context = await browser.new_context()
    yield await context.new_page()
    await context.close()


async def test_every_page_meets_the_guidelines(page: Page) -> None:
    """No violation, in both languages."""
    wrong: list[object] = []
    for language in LANGUAGES:
        for specimen in SERVICE_SPECIMENS:
            await show_service(page, specimen, language)
            await with_axe(page)
            wrong += [(specimen.name, language, each) for each in await violations(page)]
    assert wrong == []


async def test_nothing_is_cut_off_on_any_screen(page: Page) -> None:
    """What is wider than the page scrolls in a region of its own, which the keyboard reaches."""
    for width, height in SCREENS:
        await page.set_viewport_size({"width": width, "height": height})
        for specimen in SERVICE_SPECIMENS:
            await show_service(page, specimen, "ja")
            assert await page.evaluate("document.documentElement.scrollWidth") <= width, (specimen.name, width)


async def test_the_keyboard_reaches_everything_in_order(page: Page) -> None:
    """Language, acts, tables; each shows where it is."""
    forced = next(each for each in SERVICE_SPECIMENS if each.name == "service-forced")
    await show_service(page, forced, "en")
    reached = []
    for _ in range(7):
        await page.keyboard.press("Tab")
        reached.append(
            await page.evaluate("[document.activeElement.value, getComputedStyle(document.activeElement).outlineStyle]")
        )
    acts = ["pause", "test", "confirm", "sign_out"]
    assert [value for value, _ in reached if value] == acts
    assert {style for _, style in reached} == {"solid"}
