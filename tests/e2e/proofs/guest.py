"""A person before the kiosk's own browser: looks at the page in Chromium, taps what it shows, uses card and coins."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Awaitable, Callable, Mapping

from playwright.async_api import Browser, Error, Page, Playwright
from playwright.async_api import TimeoutError as PageTimeoutError

from konbini.simulation.cash.running import RejectedError
from konbini.simulation.demo.town_running import RunningTown
from tests.e2e.proofs.marked_card import PinCard

__all__ = ["Guest", "page_of"]

_LOOK_SECONDS = 0.05
_BROWSER_SECONDS = 120.0
_CONNECT_MILLISECONDS = 20_000
_AGAIN_SECONDS = 5.0
_TAP_MILLISECONDS = 5000
_COIN = 100


async def page_of(playwright: Playwright, port: int, state: str = "start") -> tuple[Browser, Page]:
    """Reach the page that the kiosk's browser shows, through its debugging port; waits until it is in this state.

    A browser that is being ended may still take a connection, and then show nothing more: each look is short.
    """
    until = time.monotonic() + _BROWSER_SECONDS
    seen = "no browser"
    while time.monotonic() < until:
        try:
            browser = await playwright.chromium.connect_over_cdp(
                f"http://127.0.0.1:{port}", timeout=_CONNECT_MILLISECONDS
            )
        except Error as error:
            seen = error.message
            await asyncio.sleep(_LOOK_SECONDS)
            continue
        try:
            page = browser.contexts[0].pages[0]
            await page.locator(f"html[data-state='{state}']").wait_for(timeout=_TAP_MILLISECONDS)
        except (Error, IndexError) as error:
            seen = f"{error}: {[await _text(each) for context in browser.contexts for each in context.pages]}"
            await browser.close()
        else:
            return browser, page
    raise AssertionError(seen)


async def _text(page: Page) -> str:
    try:
        return f"{page.url} {await page.locator('html').inner_text(timeout=_TAP_MILLISECONDS)}"
    except Error as error:
        return error.message


class Guest:
    """One resident, for one visit; the whole household is asked for, and the names are looked at."""

    def __init__(self, town: RunningTown, own: PinCard, page: Page) -> None:
        """Stand before the screen, the card in hand."""
        self._town = town
        self._own = own
        self.page = page
        self.copies = 1
        self._acted, self._acted_at = "", 0.0
        self._is_laid = False
        self.shown = ""
        """What the page said when the names were shown."""
        self.pages: list[str] = []
        """Every page that was there when something was to be done, whole."""

    async def go_to(self, *states: str) -> str:
        """Do what each screen asks for until one of these states is shown; that one is left as it is."""
        while (state := await self.state()) not in states:
            await self._do(state)
        return state

    async def go_on(self, *states: str) -> str:
        """Do what the present screen asks for, and go to one of these states."""
        await self._do(await self.state())
        return await self.go_to(*states)

    async def state(self) -> str:
        """Give the screen's state."""
        return await self.page.locator("html").get_attribute("data-state") or ""

    async def tap(self, act: str) -> None:
        """Tap the first button whose act begins so, once the page takes taps, and wait until it is another."""
        html = self.page.locator("html")
        await self.page.locator("html:not([aria-busy=true])").wait_for(state="attached")
        version = await html.get_attribute("data-version")
        button = self.page.locator(f"main button[name=act][value^='{act}']").first
        while True:
            await self._stay()
            try:
                await button.click(timeout=_TAP_MILLISECONDS)
            except PageTimeoutError:
                if not await self._stay():
                    raise
            else:
                break
        with contextlib.suppress(PageTimeoutError):  # a tap while the page changed is lost, and made again
            changed = self.page.locator(f"html:not([data-version='{version}'])")
            await changed.wait_for(state="attached", timeout=_TAP_MILLISECONDS)

    async def _stay(self) -> bool:
        """Say that somebody is still here where the page asks: a search of memory may take longer than its patience."""
        here = self.page.locator("[role=alertdialog] button[value=here]")
        asks = bool(await here.count())
        if asks:
            with contextlib.suppress(PageTimeoutError):  # the page changed meanwhile
                await here.first.click(timeout=_TAP_MILLISECONDS)
        return asks

    async def _do(self, state: str) -> None:
        """Act once on each step, and once more after a while, as people do; where the kiosk works by itself, wait."""
        step = await self.page.locator("html").get_attribute("data-step") or ""
        patience = _AGAIN_SECONDS if state != "card" else math.inf
        if step == self._acted and time.monotonic() - self._acted_at < patience:
            await asyncio.sleep(_LOOK_SECONDS)
            return
        self._acted, self._acted_at = step, time.monotonic()
        self.pages.append(await self.page.content())
        doing: Mapping[str, Callable[[], Awaitable[object]]] = {
            "start": lambda: self.tap("language.ja"),
            "notice": lambda: self.tap("agree"),
            "ward": lambda: self.tap("ward."),
            "card": self._put_card,
            "pin": self._enter_pin,
            "take card": self._town.slot.pull,
            "refused, take card": self._town.slot.pull,
            "kind": lambda: self.tap("kind."),
            "scope": self._choose_household,
            "options": self._answer_options,
            "check": self._check,
            "pay": self._pay,
            "take paper": self._take_paper,
            "end": lambda: self.tap("finish"),
            "refused": lambda: self.tap("finish"),
        }
        if state in doing:
            await doing[state]()
        await asyncio.sleep(_LOOK_SECONDS)

    async def _put_card(self) -> None:
        """Lay the card down, once; it stays until the screen asks for it back."""
        if not self._is_laid:
            self._is_laid = True
            self._town.slot.insert(self._own.card)

    async def type_pin(self) -> None:
        """Press the keys; the PIN then stands in the page, as dots, and goes nowhere before the way on is tapped.

        Raises:
            PageTimeoutError: the page changed meanwhile.
        """
        await self._stay()
        for key in ("clear", *self._own.pin):
            await self.page.locator(f"button[data-key='{key}']").click(timeout=_TAP_MILLISECONDS)

    async def _enter_pin(self) -> None:
        """Type it and go on; where the page changed meanwhile, begin again."""
        with contextlib.suppress(PageTimeoutError):
            await self.type_pin()
            await self.page.locator("main button.decide").click(timeout=_TAP_MILLISECONDS)
            left = self.page.locator("html:not([data-state=pin])")
            await left.wait_for(state="attached", timeout=_TAP_MILLISECONDS)

    async def _choose_household(self) -> None:
        """Tap the whole household where it is offered."""
        whole = self.page.locator("button[value='scope.3']")
        await self.tap("scope.3" if await whole.count() else "scope.")

    async def _answer_options(self) -> None:
        """Have every option left out but those that stand chosen."""
        for group in await self.page.locator("main fieldset").all():
            await group.locator("input[type=radio][value=omit]").check(force=True)
        await self.page.locator("main button.decide").click()
        await self.page.locator("html:not([data-state=options])").wait_for(state="attached")

    async def _check(self) -> None:
        for copies in range(2, self.copies + 1):
            await self.tap(f"copies.{copies}")
        await self.show_names()
        self.pages.append(await self.page.content())
        await self.tap("confirm")

    async def show_names(self) -> None:
        """Have the names shown, and read them."""
        if await self.page.locator("button[value='names.shown']").count():
            await self.tap("names.shown")
            await self.page.locator("button[value='names.hidden']").wait_for()
        self.shown = await self.page.locator("main").inner_text()

    async def _pay(self) -> None:
        while await self.state() == "pay":
            with contextlib.suppress(RejectedError):  # the slot is shut until the kiosk asks, and when it has enough
                await self._town.coins.hands.drop(_COIN)
            await asyncio.sleep(_LOOK_SECONDS)

    async def _take_paper(self) -> None:
        self._town.printer.take_paper()
