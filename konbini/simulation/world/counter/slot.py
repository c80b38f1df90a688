"""A card reader in the same process, and the hand that lays cards on it; the card's session is production's.

What lies there and what the reader believes are two things: it looks every 0.4 s, as pcscd does. A card that is taken
and another that is laid there between two looks go unnoticed, and the handle talks to the other card. Cards are the
applets of `konbini.simulation.card`, with their habits, at the seam of single commands.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import TypeVar

from konbini.kiosk.card.apdu import Answer, Octets
from konbini.kiosk.card.ports import CardSession, Presence
from konbini.kiosk.card.profiles import PROFILES, CardProfile
from konbini.kiosk.card.session import hold_card
from konbini.process.clock import Clock
from konbini.protocol.errors import Code, Refused
from konbini.simulation.card.applet import Card
from konbini.simulation.card.habits import Armed, Garble, Mute, Pull, Swap
from konbini.simulation.world.counter.life import Being, Home, check

__all__ = ["SimulatedReader", "Slot"]

_Result = TypeVar("_Result")
_LOOK_SECONDS = 0.4
_WATCHDOG_SECONDS = 5.0
"""As long as production's worker waits for a card."""
_STATUS_WORD = 2


class _MuteCardError(Exception):
    """The card does not answer, and never will."""


class Slot:
    """One reader, and what lies on it; `clock` paces its looks, which it does at `home`."""

    def __init__(self, clock: Clock, home: Home) -> None:
        self._clock = clock
        self._home = home
        self.card: Card | None = None
        """What lies there."""
        self.seen = False
        """Whether the reader believes that something does."""
        self.events = 0
        """How often it saw one come or go."""
        self.plugged = True
        self.armed = Armed()
        """What a card will do at which command."""
        self.holder: object | None = None
        """Who holds the card exclusively."""
        self._moved = asyncio.Event()

    def insert(self, card: Card) -> None:
        """Lay a card on the reader.

        Raises:
            RuntimeError: one lies there.
        """
        if self.card is not None:
            raise RuntimeError("a card lies there")
        card.reset()
        self.card = card
        self._home.start(self._look())

    def pull(self) -> None:
        """Take the card off, whatever it is doing."""
        if self.card is not None:
            self.card.reset()
            self.card = None
            self._home.start(self._look())

    def swap(self, card: Card, *, mimic: bool = False) -> None:
        """Exchange the card within one look; with `mimic` it stands as if its PIN had been verified."""
        card.reset()
        if self.card is not None:
            if mimic:
                card.mimic(self.card)
            self.card.reset()
        self.card = card

    def unplug(self) -> None:
        """Pull the reader's own cable."""
        self.plugged = False
        self._wake()

    def plug(self) -> None:
        """Put it in again."""
        self.plugged = True
        self._wake()

    def let_go(self, holder: object) -> None:
        """Take the power off the card, where this one holds it."""
        if self.holder is holder:
            self.holder = None
            if self.card is not None:
                self.card.reset()

    async def moved(self) -> None:
        """Wait until the reader sees something else."""
        await self._moved.wait()

    async def _look(self) -> None:
        await self._clock.sleep(_LOOK_SECONDS)
        there = self.card is not None
        if there != self.seen:
            self.seen = there
            self.events += 1
            self._wake()

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()


class SimulatedReader:
    """A `konbini.kiosk.card.ports.CardReader` on a slot, for one process.

    Args:
        slot: the reader.
        clock: what a card takes over its answers.
        being: whose; what it holds is let go at its death.
        profiles: the cards it takes.
        card_seconds: what a card takes over each of opening, PIN and signature.
    """

    def __init__(
        self,
        slot: Slot,
        clock: Clock,
        being: Being | None,
        *,
        profiles: tuple[CardProfile, ...] = PROFILES,
        card_seconds: float = 0.3,
    ) -> None:
        self._slot = slot
        self._clock = clock
        self._being = being
        self._profiles = profiles
        self._card_seconds = card_seconds

    async def open(self) -> CardSession:
        """See `ports.CardReader.open`."""
        contact = _Contact(self._slot, self._being)
        if self._being is not None:
            self._being.at_death(lambda: self._slot.let_go(contact))
        worker = _Worker(self._clock, self._card_seconds, self._being)
        return await hold_card(worker, contact, self._profiles)

    async def presence(self) -> AsyncGenerator[Presence, None]:
        """See `ports.CardReader.presence`."""
        last: Presence | None = None
        while True:
            presence = Presence(reader=self._slot.plugged, card=self._slot.plugged and self._slot.seen)
            if presence != last:
                last = presence
                yield presence
            await self._slot.moved()


class _Contact:
    """The way to the card (`konbini.kiosk.card.session.Contact`)."""

    def __init__(self, slot: Slot, being: Being | None) -> None:
        self._slot = slot
        self._being = being
        self._events = 0

    def take(self) -> None:
        slot = self._slot
        if not slot.plugged:
            raise Refused(Code.READER_UNAVAILABLE, "no reader")
        if not slot.seen or slot.card is None:
            raise Refused(Code.NO_CARD)
        if slot.holder is not None:
            raise Refused(Code.READER_UNAVAILABLE, "another process holds the card")
        slot.holder, self._events = self, slot.events

    def transmit(self, command: Octets) -> Answer:
        check(self._being)
        slot, frame = self._slot, bytes(command)
        habit = slot.armed.at(frame)
        match habit:
            case Mute():
                raise _MuteCardError
            case Pull():
                slot.pull()
            case Swap():
                slot.swap(habit.to, mimic=habit.mimic)
        if not slot.plugged:
            raise Refused(Code.READER_UNAVAILABLE, "no reader")
        if slot.card is None or slot.events != self._events:
            raise Refused(Code.CARD_REMOVED)
        answer = slot.card.transmit(frame)
        answer = habit.how(answer) if isinstance(habit, Garble) else answer
        if len(answer) < _STATUS_WORD:
            raise Refused(Code.CARD_FAULT, "an answer without a status word")
        return Answer(data=answer[:-_STATUS_WORD], status=int.from_bytes(answer[-_STATUS_WORD:], "big"))

    def let_go(self) -> None:
        if self._being is None or self._being.alive:
            self._slot.let_go(self)


class _Worker:
    """Does one job after another, each in a card's time (`konbini.kiosk.card.session.Worker`)."""

    def __init__(self, clock: Clock, seconds: float, being: Being | None) -> None:
        self._clock = clock
        self._seconds = seconds
        self._being = being
        self._stuck = False

    async def run(self, job: Callable[[], _Result]) -> _Result:
        if self._stuck:
            raise Refused(Code.CARD_MUTE, "an earlier command is still unanswered")
        await self._clock.sleep(self._seconds)
        check(self._being)
        try:
            return job()
        except _MuteCardError:
            self._stuck = True
        await self._clock.sleep(_WATCHDOG_SECONDS - self._seconds)
        raise Refused(Code.CARD_MUTE, f"no answer within {_WATCHDOG_SECONDS} s")

    async def finish(self, last: Callable[[], None]) -> None:
        last()
