"""The coin device in the same process: its own program (`konbini.simulation.cash.box`) without sockets and file.

Its state outlives its power in a memory of this process. It works on while a kiosk's process dies in the middle of a
payout.
"""

from __future__ import annotations

import asyncio

from konbini.process.clock import Clock
from konbini.simulation.cash.box import Box
from konbini.simulation.cash.machine import Machine
from konbini.simulation.cash.memory import FULL_HOPPER
from konbini.simulation.cash.running import Hands
from konbini.simulation.world.counter.life import Being, Home, check
from konbini.simulation.world.counter.witness import Flow

__all__ = ["CashLine", "SimulatedCash"]


class _Kept:
    """A memory that lives as long as this object."""

    def __init__(self) -> None:
        self.machine = Machine(hopper=FULL_HOPPER)

    def load(self) -> Machine:
        return self.machine

    def keep(self, machine: Machine) -> None:
        self.machine = machine


class SimulatedCash:
    """One coin device, and a person's hands at it.

    Args:
        flow: told of each piece that goes in and comes out.
        clock: what a falling coin takes; the world's.
        home: where it works.
        coin_seconds: how long that is.
    """

    def __init__(self, flow: Flow, clock: Clock, home: Home, *, coin_seconds: float = 0.1) -> None:
        self._flow = flow
        self._clock = clock
        self.box = Box(_Kept(), clock, coin_seconds=coin_seconds)
        self.cut = False
        """Its cable to the kiosk is pulled."""
        self.hands = Hands(self._ask_hands)
        """Whatever breaks, is broken by these; what a person puts in and takes goes by the methods below."""
        self._home = home

    @property
    def machine(self) -> Machine:
        """Its state in truth."""
        return self.box.machine

    def line(self, being: Being | None) -> CashLine:
        """Give the way to it for one process."""
        return CashLine(self, being)

    async def drop(self, who: str, yen: int) -> None:
        """Put one coin or note into the slot.

        Raises:
            RejectedError: it falls through.
        """
        await self.hands.drop(yen)
        self._flow.money_moved(who, yen, self._clock.now())

    async def take(self, who: str) -> int:
        """Take everything out of the dish and return how many yen it was."""
        yen = await self.hands.take_coins()
        if yen:
            self._flow.money_moved(who, -yen, self._clock.now())
        return yen

    async def answer(self, question: str) -> bytes:
        """Answer the kiosk; what moves coins goes on when whoever asked has gone."""
        line = f"{question}\n".encode("ascii")
        if question == "STATE":
            return await self.box.answer_kiosk(line)
        return await asyncio.shield(self._home.start(self.box.answer_kiosk(line)))

    async def _ask_hands(self, question: str, *, most_bytes: int) -> bytes:
        del most_bytes
        return await self.box.answer_hands(f"{question}\n".encode("ascii"))


class CashLine:
    """A `konbini.kiosk.controller.Ask` to a simulated coin device, for one process."""

    def __init__(self, cash: SimulatedCash, being: Being | None) -> None:
        self._cash = cash
        self._being = being

    async def __call__(self, question: str, *, most_bytes: int) -> bytes:
        """See `Ask`.

        Raises:
            ConnectionRefusedError: the cable is pulled.
        """
        del most_bytes  # the device is honest in the length of its lines
        check(self._being)
        if self._cash.cut:
            raise ConnectionRefusedError("no device answers")
        answer = await self._cash.answer(question)
        check(self._being)
        return answer
