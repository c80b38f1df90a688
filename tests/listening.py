"""Somebody who cannot see: hears what the kiosk says, has the keypad under the fingers, and knows nothing else.

Neither the page's elements nor the visit behind it is looked at. What is heard comes from the player's own events, once
an utterance has been said to its end; whatever is to be done follows from the words.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from playwright.async_api import Page

__all__ = ["Ears", "Wishes", "go_by_ear"]

_LISTEN = """
for (const kind of ["saying", "said", "cut", "mute"]) {
  document.addEventListener(kind, ({ detail }) => window.hear(kind, detail));
}
"""
_HURRY = """
for (const name of ["playbackRate", "defaultPlaybackRate"]) {
  const { get, set } = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, name);
  Object.defineProperty(HTMLMediaElement.prototype, name, {
    get() { return get.call(this) / HURRY; }, set(rate) { set.call(this, rate * HURRY); },
  });
}
"""
_SECONDS = 60.0
_MOST_STEPS = 40
_NUMBER = re.compile(r"\d+")


class Ears:
    """What was said, in its order, and a finger on the keypad.

    Args:
        page: what speaks.
        hurry: by how much the browser plays faster than it is told to; whole visits take minutes otherwise.
    """

    def __init__(self, page: Page, hurry: int = 1) -> None:
        self._page = page
        self._hurry = hurry
        self._said: asyncio.Queue[str] = asyncio.Queue()
        self.begun: list[str] = []
        self.heard: list[str] = []
        self.cut: list[str] = []
        self.mute: list[str] = []

    async def open(self) -> None:
        """Listen to every page that comes from here on."""
        await self._page.expose_function("hear", self._hear)
        await self._page.add_init_script(_LISTEN + _HURRY.replace("HURRY", str(self._hurry)))

    def _hear(self, kind: str, words: str) -> None:
        {"saying": self.begun, "said": self.heard, "cut": self.cut, "mute": self.mute}[kind].append(words)
        if kind == "said":
            self._said.put_nowait(words)

    @property
    def speaks(self) -> bool:
        """Whether something is being said."""
        return len(self.begun) > len(self.heard) + len(self.cut)

    async def next(self) -> str:
        """Hear one utterance to its end."""
        async with asyncio.timeout(_SECONDS):
            return await self._said.get()

    async def until(self, *words: str) -> str:
        """Hear on until an utterance has one of these words."""
        while True:
            utterance = await self.next()
            if any(each in utterance for each in words):
                return utterance

    async def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            await self._page.keyboard.press(key)

    def forget(self) -> None:
        """Listen to what comes from now on."""
        while not self._said.empty():
            self._said.get_nowait()

    async def step_to(self, words: str) -> str:
        """Step down from choice to choice until one has these words."""
        for _ in range(_MOST_STEPS):
            self.forget()
            await self.press("ArrowDown")
            utterance = await self.next()
            if words in utterance:
                return utterance
        raise AssertionError(f"no choice says {words!r}: {self.heard}")

    async def take(self, words: str) -> None:
        """Step to a choice and take it."""
        await self.step_to(words)
        await self.press("Enter")

    async def take_by_number(self, words: str) -> None:
        """Listen on until a choice has these words, press the number that was said, hear it again, take it."""
        utterance = await self.until(words)
        number = _NUMBER.match(utterance)
        assert number is not None, utterance
        self.forget()
        await self.press(*number[0])
        assert words in await self.next()
        await self.press("Enter")

    async def tick(self, words: str, *, becomes: str) -> None:
        """Step to a choice that is ticked, tick it, and hear that it is."""
        await self.step_to(words)
        self.forget()
        await self.press("Enter")
        assert becomes in await self.until(words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What somebody wants who goes by ear alone: for the words of a screen, what to do then; and when it is over."""

    answers: Mapping[str, Callable[[], Awaitable[object]]]
    last: str


async def go_by_ear(ears: Ears, wishes: Wishes) -> None:
    """Hear a screen, do what its words ask for, and so on until the last one is answered."""
    while True:
        utterance = await ears.next()
        for words, answer in wishes.answers.items():
            if words in utterance:
                await answer()
                if words == wishes.last:
                    return
                break
