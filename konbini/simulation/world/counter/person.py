"""A person at a kiosk: sees the page that is up, does what it asks for or what their habits are, and goes home.

They know nothing but the views, and act on what these offer; a page that changed under their finger ignores the tap, as
it does in the shop. They stand there from their first look to their going (`Flow.standing`).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from konbini.kiosk.session.action import (
    Action,
    Cancel,
    ChooseLanguage,
    ChooseSize,
    EnterPin,
    StillHere,
)
from konbini.kiosk.session.entry_views import CardLeftView, CardView, CoinsLeftView, StartView
from konbini.kiosk.session.flow import Event, State, knows
from konbini.kiosk.session.look import Language, TextSize
from konbini.kiosk.session.order_views import EndView, OutcomeView, PayView, TakePaperView
from konbini.kiosk.session.view import View
from konbini.simulation.card.applet import Card
from konbini.simulation.cash.running import RejectedError
from konbini.simulation.world.counter.answers import Answers, Gone
from konbini.simulation.world.counter.glass import Seen
from konbini.simulation.world.counter.habits import Errand, Habits
from konbini.simulation.world.counter.kiosk import Counter
from konbini.simulation.world.counter.witness import NOBODY, Sheet

__all__ = ["Person", "Stay", "Visitor"]

_SMALLEST = 10
_SHUT_SECONDS = 0.3
"""From a coin that fell through to the next try: the slot opens when the kiosk asks."""
_MOST_REJECTED = 40
_DARK_SECONDS = 20.0
"""How long somebody waits whose screen went dark."""
_PATIENCE_SECONDS = 900.0
"""After which anybody goes home, whatever the screen shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody.

    Attributes:
        name: what the world calls them.
        card: what they lay on the reader.
        pin: its PIN, digits.
        ward: the code of the municipality that they choose; empty: the first that is offered.
        habits: how they go about it.
        other_card: what is slipped in where their card is swapped.
    """

    name: str
    card: Card
    pin: str = field(repr=False)
    ward: str = ""
    habits: Habits
    other_card: Card | None = None


@dataclass(slots=True, kw_only=True)
class Stay:
    """How their stay went.

    Attributes:
        last: the last page that said how it ended, None where they went before.
        states: the screens that they saw, in their order.
        sheets: what they took out of the exit.
        paid_in, got_back: yen through the slot and out of the dish.
    """

    last: EndView | OutcomeView | None = None
    states: list[State] = field(default_factory=list)
    sheets: list[Sheet] = field(default_factory=list)
    paid_in: int = 0
    got_back: int = 0


class Visitor:
    """One person's stay at one kiosk."""

    def __init__(self, counter: Counter, person: Person, errand: Errand, chance: random.Random) -> None:
        self._counter = counter
        self._person = person
        self._habits = person.habits
        self._chance = chance
        self._answers = Answers(errand, person.habits, pin=person.pin, ward=person.ward)
        self._coins = list(person.habits.coins)
        self._done: dict[str, None] = {}
        """Habits that were had already."""
        self.stay = Stay()

    async def visit(self) -> Stay:
        """Wait for one's turn and until the kiosk is free, go through a visit, and go home."""
        async with self._counter.queue:
            try:
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    seen = await self._free()
                    self._counter.flow.standing = self._person.name
                    await self._go_through(seen)
            except (Gone, TimeoutError):
                pass
            finally:
                await self._go()
        return self.stay

    async def _free(self) -> Seen:
        """Wait for the first screen; a card that somebody before forgot is handed to the staff, who are not called."""
        seen: Seen | None = None
        while True:
            seen = await self._counter.glass.after(seen)
            if isinstance(seen.view, StartView):
                return seen
            if isinstance(seen.view, OutcomeView) and seen.view.card_on_reader:
                await self._counter.clock.sleep(_DARK_SECONDS)
                self._counter.slot.pull()

    async def _go_through(self, seen: Seen) -> None:
        """Act page after page, until their visit is over."""
        page: Seen | None = seen
        while page is not None:
            seen = page
            state = seen.view.state
            if not self.stay.states or self.stay.states[-1] is not state:
                self.stay.states.append(state)
            if isinstance(seen.view, EndView | OutcomeView):
                self.stay.last = seen.view
            await self._act(seen)
            page = await self._counter.glass.next(seen)
        if self.stay.last is None:
            await self._pick_up()

    async def _pick_up(self) -> None:
        """Wait before a dark screen, and take along what comes out or lies there."""
        await self._counter.clock.sleep(_DARK_SECONDS)
        if self._counter.slot.card is self._person.card:
            self._counter.slot.pull()
        if self._counter.printer.exit:
            await self._take_paper()
        await self._take_coins()

    async def _act(self, seen: Seen) -> None:
        """Do what this page asks for, or what a habit wants; where the kiosk works by itself, wait."""
        if await self._odd(seen):
            return
        view = seen.view
        if view.idle is not None and not self._habits.waits_out:
            self._counter.glass.tap(seen, StillHere())
        hand = self._hand(view)
        if hand is not None:
            await hand()
            return
        action = self._answers.to(view)
        if action is not None:
            await self._tap(seen, action)

    async def _tap(self, seen: Seen, action: Action) -> None:
        """Think, and touch what was seen, twice where that is their way."""
        await self._think()
        if self._habits.fiddles:
            self._counter.glass.tap(seen, ChooseSize(size=self._chance.choice(tuple(TextSize))))
        self._counter.glass.tap(seen, action)
        if self._habits.taps_twice and not isinstance(action, EnterPin):
            self._counter.glass.tap(seen, action)

    async def _think(self) -> None:
        await self._counter.clock.sleep(self._chance.uniform(*self._habits.think))

    async def _odd(self, seen: Seen) -> bool:
        """Do what nobody asked for; true where the page was answered with it."""
        habits, state = self._habits, seen.view.state
        if state is habits.changes_language_at and self._first("language"):
            await self._think()
            self._counter.glass.tap(seen, ChooseLanguage(language=_other(seen.view.language)))
            return True
        if state is habits.pulls_card_at and self._first("pull"):
            self._counter.slot.pull()
        if state is habits.swaps_card_at and self._person.other_card is not None and self._first("swap"):
            self._counter.slot.swap(self._person.other_card)
        if state is habits.leaves_at:
            await self._think()
            raise Gone
        if state is habits.cancels_at and knows(state, Event.CANCEL) and self._first("cancel"):
            await self._tap(seen, Cancel())
            return True
        return False

    def _first(self, habit: str) -> bool:
        """Whether this habit was not had yet."""
        if habit in self._done:
            return False
        self._done[habit] = None
        return True

    def _hand(self, view: View) -> Callable[[], Awaitable[None]] | None:  # noqa: PLR0911 - a table of the screens
        """Give what a hand does on this screen, None where it taps or waits."""
        match view:
            case CardView():
                return self._lay_card
            case PayView():
                return self._pay
            case TakePaperView():
                return self._take_paper
            case CoinsLeftView():
                return self._take_coins
            case CardLeftView():
                return self._take_card
            case OutcomeView(card_on_reader=True):
                return self._take_card
            case _ if view.state is State.TAKE_CARD:
                return self._take_card
        return None

    async def _lay_card(self) -> None:
        await self._think()
        slot = self._counter.slot
        if slot.card is None:
            slot.insert(self._person.card)

    async def _take_card(self) -> None:
        if self._habits.leaves_card:
            raise Gone
        await self._counter.clock.sleep(self._habits.card_after)
        self._counter.slot.pull()

    async def _take_paper(self) -> None:
        if self._habits.leaves_paper:
            raise Gone
        await self._counter.clock.sleep(self._habits.paper_after)
        self.stay.sheets.extend(self._counter.printer.take(self._person.name))

    async def _take_coins(self) -> None:
        if self._habits.leaves_coins:
            raise Gone
        self.stay.got_back += await self._counter.cash.take(self._person.name)

    async def _pay(self) -> None:
        """Put one piece in; it falls through where the slot is shut, jammed, or has no change for it."""
        for _ in range(_MOST_REJECTED):
            piece = self._coins[0] if self._coins else _SMALLEST
            try:
                await self._counter.cash.drop(self._person.name, piece)
            except RejectedError as rejected:
                if str(rejected) == "NO-CHANGE":
                    self._coins = [_SMALLEST]
                await self._counter.clock.sleep(_SHUT_SECONDS)
                if not self._pays():
                    return
            else:
                self.stay.paid_in += piece
                if len(self._coins) > 1:
                    self._coins.pop(0)
                return

    def _pays(self) -> bool:
        seen = self._counter.glass.look()
        return seen is not None and isinstance(seen.view, PayView)

    async def _go(self) -> None:
        """Go home; what fell into the dish is taken along by who stayed to the end."""
        if self.stay.last is not None and not self._habits.leaves_coins:
            await self._take_coins()
        self._counter.flow.standing = NOBODY


def _other(language: Language) -> Language:
    languages = tuple(Language)
    return languages[(languages.index(language) + 1) % len(languages)]
