"""A slot of the virtual reader: where a hand lays a card, takes it off, or swaps it.

Owns what lies there and the line that carries its answers. A card that lies on the reader while pcscd is restarted
is still there afterwards: the slot connects again until the card is taken off. `swap` exchanges the card behind the
standing line, which is what happens to a kiosk when it is done within one poll of the reader (400 ms): PC/SC notices
nothing, the handle talks to the other card.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import NoReturn

from konbini.simulation.card import link
from konbini.simulation.card.applet import Card
from konbini.simulation.card.habits import Armed, Garble, Habit, Mute, Pull, Swap
from konbini.simulation.card.latency import MEASURED_LATENCY, LatencyModel

__all__ = ["ReaderSlot"]

_RECONNECT_SECONDS = 0.05
_PIN_FILE = 0x0018
"""Of the authentication half, on every card of ours."""


class ReaderSlot:
    """One slot.

    Args:
        port: the loopback port of this slot (`pcsc.PrivatePcscd.ports`).
        latency: how long the card takes over its commands.
    """

    def __init__(self, port: int, *, latency: LatencyModel = MEASURED_LATENCY) -> None:
        self._port = port
        self._latency = latency
        self._card: Card | None = None
        self._line: asyncio.Task[None] | None = None
        self._armed = Armed()
        self._atr: bytes | None = None
        self._locks = False
        self._locked: list[Card] = []

    @property
    def card(self) -> Card | None:
        """What lies there."""
        return self._card

    @property
    def atr(self) -> bytes:
        """The answer to reset: the lying card's, or the one that the reader makes of every card."""
        return self._present().atr if self._atr is None else self._atr

    def reset(self) -> None:
        """The reader reset the card, or switched its power."""
        self._present().reset()

    def insert(self, card: Card) -> None:
        """Lay a card on the reader; raises RuntimeError when one lies there."""
        if self._line is not None and not self._line.done():
            raise RuntimeError("a card lies in this slot")
        card.reset()
        self._lock(card)
        self._card = card
        self._line = asyncio.create_task(self._keep_line(), name=f"card in slot {self._port}")

    async def pull(self) -> None:
        """Take the card off, whatever it is doing; nothing happens when the slot is empty."""
        line, self._line = self._line, None
        if line is not None:
            line.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await line
        self._leave()

    def swap(self, card: Card, *, mimic: bool = False) -> None:
        """Exchange the card within one poll of the reader; see `habits.Swap`."""
        card.reset()
        if mimic:
            card.mimic(self._present())
        self._present().reset()
        self._card = card

    def arm(self, habit: Habit) -> None:
        """Make this habit happen at the command it names."""
        self._armed.arm(habit)

    def disarm(self) -> None:
        """Forget the habits that have not happened yet."""
        self._armed.disarm()

    def show_atr(self, atr: bytes | None) -> None:
        """Let every card that is laid here answer a reset so; None: as it does."""
        self._atr = atr

    def lock_pins(self) -> None:
        """Let every card of ours that is laid here, and the one that lies here, have no try left."""
        self._locks = True
        if self._card is not None:
            self._lock(self._card)

    def unlock_pins(self) -> None:
        """Give those cards their tries back."""
        self._locks = False
        while self._locked:
            self._locked.pop().unlock(_PIN_FILE)

    @contextlib.asynccontextmanager
    async def holding(self, card: Card) -> AsyncIterator[None]:
        """The card lies there for the length of the block."""
        self.insert(card)
        try:
            yield
        finally:
            await self.pull()

    async def answer(self, command: bytes) -> bytes:
        """Answer one command as the lying card, with its habits and in its own time (see `link.Occupant`)."""
        habit = self._armed.at(command)
        match habit:
            case Mute():
                await self._stay_mute()
            case Pull():
                raise link.CardGone("the card was pulled in the middle of a command")
            case Swap():
                self.swap(habit.to, mimic=habit.mimic)
        response = self._present().transmit(command)
        await asyncio.sleep(self._latency.seconds(command, response))
        return habit.how(response) if isinstance(habit, Garble) else response

    async def _keep_line(self) -> None:
        """Serve the reader while the card lies here, through every restart of pcscd."""
        while self._card is not None:
            with contextlib.suppress(ConnectionRefusedError, ConnectionResetError, BrokenPipeError):
                await self._serve_once()
            if self._card is not None:
                self.reset()
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _serve_once(self) -> None:
        with contextlib.closing(await link.connect(self._port)) as sock:
            try:
                await link.serve(sock, self)
            except link.CardGone:
                self._leave()

    def _lock(self, card: Card) -> None:
        if self._locks and card.has_pin(_PIN_FILE):
            card.lock(_PIN_FILE)
            self._locked.append(card)

    def _present(self) -> Card:
        if self._card is None:
            raise RuntimeError("the slot is empty")
        return self._card

    def _leave(self) -> None:
        if self._card is not None:
            self._card.reset()
        self._card = None

    @staticmethod
    async def _stay_mute() -> NoReturn:
        while True:
            await asyncio.Event().wait()
