"""A person at the real kiosk who goes as far as is wanted, and does on the way what each screen asks."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping

import aiohttp

from konbini.process.clock import SystemClock
from konbini.simulation.card.applet import Card
from konbini.simulation.cash.running import RejectedError
from konbini.simulation.demo.robot import Errand, Robot, Seen, VisitFailedError
from konbini.simulation.demo.town_running import RunningTown
from konbini.simulation.terminal import running as terminals
from konbini.simulation.town.people import Townsperson

__all__ = ["Visitor"]

_LOOK_SECONDS = 0.03
_EXACT = 100
_AGAIN = ("pay", "out of service")
"""Screens that are acted upon as long as they are shown."""


class Visitor(Robot):
    """Reads the screen in English and does what it asks, until a screen that is waited for.

    Attributes:
        pin, coin: what is typed and dropped.
        errand: what is asked for.
        coins: whether anything is dropped, or held against the terminal, at all.
        approved: whether the issuer of the card that is held against a terminal says yes.
        card: what is laid on the reader; None before it is known, and then it is one's own.
        seconds: how long the way to a screen may take.
    """

    def __init__(self, town: RunningTown, person: Townsperson, session: aiohttp.ClientSession) -> None:
        super().__init__(town, person, session, language="en")
        self.town = town
        self.person = person
        self.pin = person.pin
        self.errand = Errand()
        self.coin = _EXACT
        self.coins = True
        self.approved = True
        self.card: Card | None = None
        self.seconds = 120.0

    async def reach(self, *states: str) -> Seen:
        """Go on until one of these screens is shown; gives that screen.

        Raises:
            VisitFailedError: it is not shown in time.
        """
        done, seen = "", Seen()
        try:
            async with asyncio.timeout(self.seconds):
                while True:
                    with contextlib.suppress(aiohttp.ClientError):  # between two visits nobody answers
                        seen = await self.look()
                        if seen.state in states:
                            return seen
                        if seen.state in _AGAIN or seen.step + seen.state != done:
                            done = seen.step + seen.state
                            await self._do(seen)
                    await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError as error:
            raise VisitFailedError(f"{seen.state} where {' or '.join(states)} was due: {seen.heading}") from error

    async def act(self) -> None:
        """Do what the present screen asks for."""
        await self._do(await self.look())

    async def watch(self, *states: str, texts: frozenset[str] = frozenset()) -> Seen:
        """Wait until one of these screens is shown, with one of these texts where there are any.

        Touches nothing meanwhile but coins that the screen says are left: whether they fall before or after the visit's
        last screen is the device's pace.

        Raises:
            VisitFailedError: it is not shown in time.
        """
        seen = Seen()
        try:
            async with asyncio.timeout(self.seconds):
                while seen.state not in states or (texts and texts.isdisjoint(seen.text)):
                    await asyncio.sleep(_LOOK_SECONDS)
                    with contextlib.suppress(aiohttp.ClientError):
                        seen = await self.look()
                        if seen.state == "coins left" and seen.state not in states:
                            await self.take_coins()
        except TimeoutError as error:
            raise VisitFailedError(f"{seen.state} where {' or '.join(states)} was due: {seen.heading}") from error
        return seen

    async def leave(self) -> None:
        """Let the kiosk be free again."""
        await self.reach("start")

    async def asked(self) -> None:
        """Wait until the slot is open.

        Raises:
            TimeoutError: it never is.
        """
        device = self.town.cash(SystemClock())
        async with asyncio.timeout(self.seconds):
            while (await device.state()).asking is None:  # noqa: ASYNC110 - the event is in another program
                await asyncio.sleep(_LOOK_SECONDS)

    async def drop(self) -> None:
        """Drop one coin as soon as the slot takes it.

        Raises:
            TimeoutError: it never does.
        """
        async with asyncio.timeout(self.seconds):
            while True:
                try:
                    await self.town.coins.hands.drop(_EXACT)
                except RejectedError:
                    await asyncio.sleep(_LOOK_SECONDS)
                else:
                    return

    async def _do(self, seen: Seen) -> None:
        doing: Mapping[str, Callable[[], Awaitable[object]]] = {
            "start": lambda: self.tap(seen, "language.en"),
            "notice": lambda: self.tap(seen, "agree"),
            "ward": lambda: self.tap(seen, _first(seen, "ward.")),
            "card": self._lay_card,
            "pin": lambda: self.tap(seen, "pin", pin=self.pin),
            "take card": self.town.slot.pull,
            "refused, take card": self.town.slot.pull,
            "card left": self.town.slot.pull,
            "kind": lambda: self.tap(seen, _first(seen, self.errand.kind)),
            "scope": lambda: self.tap(seen, self.errand.scope if self.errand.scope in seen.acts else "scope.1"),
            "options": lambda: self.tap(seen, "options", **dict.fromkeys(seen.radios, "omit")),
            "check": lambda: self.tap(seen, self.errand.at_check(seen)),
            "pay": self._pay_one,
            "take paper": self.take_paper,
            "paper left": self.take_paper,
            "out of service": self.take_paper,
            "coins left": self.take_coins,
            "end": lambda: self.tap(seen, self.errand.at_end(seen)),
            "refused": lambda: self.tap(seen, "finish"),
        }
        if seen.state in doing:
            await doing[seen.state]()

    async def _lay_card(self) -> None:
        if self.town.slot.card is None:
            if self.card is None:
                self.card = await self.town.card_of(self.person)
            self.town.slot.insert(self.card)

    async def _pay_one(self) -> None:
        """Drop one coin, or hold a card against the terminal.

        Where there is no change for a coin, coins of the exact sum follow.
        """
        if not self.coins:
            return
        if self.town.terminal is not None:
            with contextlib.suppress(terminals.RejectedError, OSError):  # it does not ask yet, or no more; it is off
                await self.town.terminal.hands.present(approved=self.approved)
            return
        try:
            await self.town.coins.hands.drop(self.coin)
        except RejectedError as rejected:
            if str(rejected) == "NO-CHANGE":
                self.coin = _EXACT


def _first(seen: Seen, prefix: str) -> str:
    for act in seen.acts:
        if act.startswith(prefix):
            return act
    raise VisitFailedError(f"{seen.state} offers no {prefix}")
