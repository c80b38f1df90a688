"""A resident that is a robot: reads the kiosk's screen as a browser without scripts does, and uses hands and card.

It knows nothing but the pages, and acts on what they offer; a screen that it does not know ends the visit.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

import aiohttp

from konbini.simulation.cash.running import RejectedError
from konbini.simulation.demo.town_running import RunningTown
from konbini.simulation.terminal import running as terminals
from konbini.simulation.town.people import Townsperson

__all__ = ["Errand", "Robot", "Seen", "VisitFailedError", "until_free"]

_LOOK_SECONDS = 0.04
_VISIT_SECONDS = 90.0
_FREE_SECONDS = 60.0
_COIN = 100


class VisitFailedError(Exception):
    """The visit did not go as it should; the text names the screen."""


@dataclass(slots=True)
class Seen:
    """What a page offers: its state, its heading, its hidden fields, and the acts that can be tapped."""

    state: str = ""
    version: str = ""
    heading: str = ""
    token: str = ""
    step: str = ""
    acts: list[str] = field(default_factory=list)
    radios: list[str] = field(default_factory=list)
    copies: int = 0
    text: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Errand:
    """What a resident has come for, certificate after certificate; what is done is taken off.

    Attributes:
        kind: how the act begins that asks for the present certificate.
        scope: the act that says whom a certificate shows, where that is asked.
        copies: how many of the first certificate.
        add: the kinds that are to be paid together with it.
        more: the kinds that are asked for once these are taken.
    """

    kind: str = "kind."
    scope: str = "scope.1"
    copies: int = 1
    add: list[str] = field(default_factory=list)
    more: list[str] = field(default_factory=list)

    def at_check(self, seen: Seen) -> str:
        """Give the act: one copy more, another certificate beside this one, or the payment."""
        if seen.copies < self.copies:
            return f"copies.{seen.copies + 1}"
        self.copies = 1
        if self.add and "add" in seen.acts:
            self.kind = self.add.pop(0)
            return "add"
        return "confirm"

    def at_end(self, seen: Seen) -> str:
        """Give the act: another certificate, or none."""
        if self.more and "more" in seen.acts:
            self.kind = self.more.pop(0)
            return "more"
        return "finish"


class _Reader(HTMLParser):
    """Reads one page."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = Seen()
        self._in_heading = self._in_count = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what a robot needs of a tag."""
        given = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.seen.state, self.seen.version = given.get("data-state", ""), given.get("data-version", "")
        elif tag == "h1":
            self._in_heading = True
        elif tag == "output":
            self._in_count = True
        elif tag == "input" and given.get("name") in ("token", "step"):
            setattr(self.seen, given["name"], given.get("value", ""))
        elif tag == "input" and given.get("type") == "radio":
            self.seen.radios.append(given["name"])
        elif given.get("name") == "act":
            self.seen.acts.append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        """Leave the heading, or the count of copies."""
        if tag == "h1":
            self._in_heading = False
        elif tag == "output":
            self._in_count = False

    def handle_data(self, data: str) -> None:
        """Keep the words."""
        if self._in_heading:
            self.seen.heading += data.strip()
        if self._in_count:
            self.seen.copies = int("".join(sign for sign in data if sign.isdecimal()) or 0)
        if data.strip():
            self.seen.text.append(data.strip())


class Robot:
    """One resident at the kiosk, for one visit."""

    def __init__(
        self, town: RunningTown, person: Townsperson, session: aiohttp.ClientSession, *, language: str = "ja"
    ) -> None:
        self._town = town
        self._person = person
        self._session = session
        self._language = language
        self._screen = town.screen.rstrip("/")

    async def visit(self, errand: Errand) -> Seen:
        """Go through a whole visit; returns the last screen before the kiosk is empty again.

        Raises:
            VisitFailedError: a screen that leads nowhere, or too long a visit.
        """
        last = Seen()
        try:
            async with asyncio.timeout(_VISIT_SECONDS):
                seen = await self._wait("", ("start",))
                while True:
                    last = last if seen.state == "wiping" else seen
                    await self._act(seen, errand)
                    seen = await self._wait(seen.step + seen.state)
                    if seen.state == "start" and last.state in ("end", "refused"):
                        return last
        except TimeoutError as error:
            raise VisitFailedError(f"stuck at {last.state}: {last.heading}") from error

    async def look(self) -> Seen:
        """Read the page that is shown now."""
        return await _read(self._session, self._screen)

    async def tap(self, seen: Seen, act: str, **values: str) -> None:
        """Send one form of a page."""
        fields = {"token": seen.token, "step": seen.step, "act": act, **values}
        headers = {"Origin": self._screen, "Sec-Fetch-Site": "same-origin"}
        body = "&".join(f"{name}={value}" for name, value in fields.items())
        async with self._session.post(
            f"{self._screen}/act",
            data=body.encode(),
            headers={**headers, "Content-Type": "application/x-www-form-urlencoded"},
            allow_redirects=False,
        ):
            pass  # what follows is read from the page

    async def _wait(self, seen: str, wanted: tuple[str, ...] = ()) -> Seen:
        """Wait until the page is another, or one of the wanted states."""
        while True:
            try:
                found = await self.look()
            except aiohttp.ClientError:
                await asyncio.sleep(_LOOK_SECONDS)  # between two visits nobody answers
                continue
            if found.state in wanted or (not wanted and found.step + found.state != seen):
                return found
            await asyncio.sleep(_LOOK_SECONDS)

    async def _act(self, seen: Seen, errand: Errand) -> None:
        """Do what this screen asks for; where the kiosk works by itself, wait."""
        doing: Mapping[str, Callable[[], Awaitable[object]]] = {
            "start": lambda: self.tap(seen, f"language.{self._language}"),
            "notice": lambda: self.tap(seen, "agree"),
            "ward": lambda: self.tap(seen, _first(seen, "ward.")),
            "card": self._put_card,
            "pin": lambda: self._enter_pin(seen),
            "take card": self._town.slot.pull,
            "refused, take card": self._town.slot.pull,
            "card left": self._town.slot.pull,
            "kind": lambda: self.tap(seen, _first(seen, errand.kind)),
            "scope": lambda: self.tap(seen, errand.scope if errand.scope in seen.acts else _first(seen, "scope.")),
            "options": lambda: self.tap(seen, "options", **dict.fromkeys(seen.radios, "omit")),
            "check": lambda: self.tap(seen, errand.at_check(seen)),
            "pay": lambda: self._pay(seen),
            "take paper": self.take_paper,
            "paper left": self.take_paper,
            "coins left": self.take_coins,
            "end": lambda: self.tap(seen, errand.at_end(seen)),
            "refused": lambda: self.tap(seen, "finish"),
        }
        if seen.state in doing:
            await doing[seen.state]()

    async def _put_card(self) -> None:
        self._town.slot.insert(await self._town.card_of(self._person))

    async def _enter_pin(self, seen: Seen) -> None:
        await self.tap(seen, "pin", pin=self._person.pin)

    async def take_paper(self) -> None:
        """Take what lies in the tray."""
        self._town.printer.take_paper()

    async def take_coins(self) -> None:
        """Take what lies in the dish."""
        await self._town.coins.hands.take_coins()

    async def _pay(self, seen: Seen) -> None:
        """Drop coins until the screen is another; or hold one's own card against the terminal, as soon as it asks."""
        terminal = self._town.terminal
        while (await self.look()).step == seen.step:
            # Slot and terminal are shut until the kiosk asks, and again when it has enough.
            with contextlib.suppress(RejectedError, terminals.RejectedError):
                if terminal is None:
                    await self._town.coins.hands.drop(_COIN)
                else:
                    await terminal.hands.present()
            await asyncio.sleep(_LOOK_SECONDS)


async def until_free(town: RunningTown, session: aiohttp.ClientSession) -> None:
    """Wait until the kiosk shows its first screen.

    Raises:
        VisitFailedError: it does not.
    """
    seen = Seen()
    try:
        async with asyncio.timeout(_FREE_SECONDS):
            while seen.state != "start":
                await asyncio.sleep(_LOOK_SECONDS)
                with contextlib.suppress(aiohttp.ClientError):  # its first visit is not ready yet
                    seen = await _read(session, town.screen.rstrip("/"))
    except TimeoutError as error:
        raise VisitFailedError(f"the kiosk is not free: {seen.heading or 'no answer'}") from error


async def _read(session: aiohttp.ClientSession, screen: str) -> Seen:
    async with session.get(f"{screen}/") as response:
        reader = _Reader()
        reader.feed(await response.text())
    return reader.seen


def _first(seen: Seen, prefix: str) -> str:
    for act in seen.acts:
        if act.startswith(prefix):
            return act
    raise VisitFailedError(f"{seen.state} offers no {prefix}")
